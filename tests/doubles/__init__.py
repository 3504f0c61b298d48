"""Services that answer on a private bus as the real ones do."""

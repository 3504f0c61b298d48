"""The Linux host: its network managers, its kernel and its settings."""

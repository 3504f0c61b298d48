"""The link governor as a daemon: observe the host, decide, apply, explain, undo."""

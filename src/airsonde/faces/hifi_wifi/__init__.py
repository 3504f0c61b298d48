"""The drop-in `hifi-wifi` command: its words, served by the link governor."""

"""Channel state information: its words, and what is decided from it. Pure."""

"""The agent: one daemon that runs what a configuration asks for."""

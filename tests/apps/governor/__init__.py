"""The governor: its parts alone, and the whole daemon in a network namespace."""

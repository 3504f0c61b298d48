"""Compose drivers, radios and domains into what a user asks for."""

"""How frames are kept in files: one module a format, one registry."""

"""Everything about one chip family, a folder each."""

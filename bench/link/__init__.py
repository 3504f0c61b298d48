"""The link policies against their neighbours, on the same traces."""

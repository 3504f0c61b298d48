"""Ways in: parse, make one call, print."""

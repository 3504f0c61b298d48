"""The built-in simulator: invented measurements for demonstrations and tests, marked as such."""

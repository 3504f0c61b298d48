"""Public contract suites: who writes a radio or a format inherits its tests."""

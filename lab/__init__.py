"""Laboratories: worlds that tests run in."""

"""Thin code that touches the world and has no opinions."""

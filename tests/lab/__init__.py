"""Tests that need the virtual laboratory."""

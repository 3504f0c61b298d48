"""Tests that run inside the guest, where the drivers meet what they drive."""

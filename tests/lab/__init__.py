"""Tests that run inside the virtual laboratory, against real daemons and a real Wi-Fi stack."""

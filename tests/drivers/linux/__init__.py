"""Tests of the drivers for the Linux host."""

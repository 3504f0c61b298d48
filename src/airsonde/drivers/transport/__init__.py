"""Bytes in and out: files, UDP, serial ports."""

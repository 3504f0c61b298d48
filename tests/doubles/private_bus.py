"""A D-Bus daemon of a test's own."""

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def private_bus(folder):
    """The address of a bus that ends with the block."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("dbus-daemon is not installed")
    address = f"unix:path={folder}/bus"
    process = subprocess.Popen(
        [daemon, "--session", "--nofork", "--nopidfile", "--nosyslog", f"--address={address}", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": ""},
    )  # fmt: skip
    try:
        assert process.stdout.readline().startswith(b"unix:path=")
        yield address, lambda: process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()

"""Network namespaces for tests: the real kernel, apart from the host's network."""

import ctypes
import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


@contextmanager
def network_namespace():
    """Let this thread stand in a new network namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if _libc.unshare(_CLONE_NEWNET):
        os.close(home)
        pytest.skip("network namespaces are not permitted here")
    try:
        yield
    finally:
        assert _libc.setns(home, _CLONE_NEWNET) == 0
        os.close(home)


@contextmanager
def veth(name="v0", peer="v1"):
    """A namespace with a pair of connected interfaces that are up."""
    with network_namespace():
        ip("link", "add", name, "type", "veth", "peer", "name", peer)
        ip("link", "set", name, "up")
        ip("link", "set", peer, "up")
        yield name


def command(name, *words):
    """Run a tool of the host; what it prints."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run([path, *words], check=True, capture_output=True, text=True).stdout


def ip(*words):
    return command("ip", *words)


def tc(*words):
    return command("tc", *words)

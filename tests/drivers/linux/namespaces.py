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


@contextmanager
def gateway_behind_veth():
    """A namespace whose default gateway 10.9.0.1 (fd09::1) is another namespace, behind v0."""
    there = f"airsonde-test-{os.getpid()}"
    with veth():
        ip("netns", "add", there)
        try:
            ip("link", "set", "v1", "netns", there)
            beyond = ("netns", "exec", there, "ip")
            ip(*beyond, "addr", "add", "10.9.0.1/24", "dev", "v1")
            ip(*beyond, "addr", "add", "fd09::1/64", "dev", "v1", "nodad")
            ip(*beyond, "link", "set", "v1", "up")
            ip("addr", "add", "10.9.0.2/24", "dev", "v0")
            ip("addr", "add", "fd09::2/64", "dev", "v0", "nodad")
            ip("route", "add", "default", "via", "10.9.0.1", "metric", "600")
            ip("-6", "route", "add", "default", "via", "fd09::1", "dev", "v0")
            yield there
        finally:
            ip("netns", "del", there)


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

"""A governed host with a radio, a gateway, and a slow line behind that, on which something flows."""

import json
import os
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress

from tests.apps.governor.governed import governed_host, inside
from tests.drivers.linux.namespaces import ip

OWN = "02:00:00:00:00:aa"
OTHER = "02:00:00:00:01:aa"
FAR, PORT = "10.10.0.2", 5001


@contextmanager
def household(folder):
    """The host; its radio stands in `radio.json`, its upload fills the queue of the line."""
    with governed_host(folder) as host, ExitStack() as stack:
        radio = {"bssid": OWN, "scan": 0, "power_save": True,
                 "heard": {OWN: (5180, -58), OTHER: (5500, -63)}}  # fmt: skip
        (folder / "radio.json").write_text(json.dumps(radio))
        gateway, far = (f"airsonde-{what}-{os.getpid()}" for what in ("gw", "far"))
        for name in (gateway, far):
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
        _joined(host.namespace, gateway, far)
        over = threading.Event()
        upload = threading.Thread(target=_upload, args=(host.namespace, far, over))
        upload.start()
        stack.callback(upload.join)
        stack.callback(over.set)
        yield host


def _joined(home, gateway, far):
    """wlan0 – gateway – slow line – far."""
    ip("-n", home, "link", "set", "lo", "up")
    ip("-n", home, "link", "set", "peer0", "netns", gateway)
    ip("-n", gateway, "link", "add", "line", "type", "veth", "peer", "name", "end", "netns", far)
    for namespace, ifname, address in (
        (home, "wlan0", "10.9.0.2/24"),
        (gateway, "peer0", "10.9.0.1/24"),
        (gateway, "line", "10.10.0.1/24"),
        (far, "end", f"{FAR}/24"),
    ):
        ip("-n", namespace, "addr", "add", address, "dev", ifname)
        ip("-n", namespace, "link", "set", ifname, "up")
    ip("-n", home, "route", "add", "default", "via", "10.9.0.1")
    ip("-n", far, "route", "add", "default", "via", "10.10.0.1")
    slow = ("tc", "qdisc", "add", "dev", "line", "root", "tbf")
    ip("netns", "exec", gateway, *slow, "rate", "6mbit", "burst", "20k", "latency", "45ms")
    ip("netns", "exec", gateway, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def _upload(home, far, over):
    listening = inside(far, lambda: socket.create_server((FAR, PORT)))
    sending = inside(home, lambda: socket.create_connection((FAR, PORT), timeout=5))
    taking, _ = listening.accept()
    with listening, sending, taking:
        taker = threading.Thread(target=_take, args=(taking,))
        taker.start()
        sending.settimeout(0.5)
        while not over.is_set():
            with suppress(TimeoutError):
                sending.send(bytes(30_000))
        sending.shutdown(socket.SHUT_WR)
        taker.join()


def _take(taking):
    while taking.recv(1 << 16):
        pass

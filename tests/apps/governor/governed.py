"""A host of a test's own: a network namespace, a private bus with doubles, and the daemon in it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from airsonde.drivers.linux.ethtool import features
from airsonde.drivers.linux.interface import Interface
from airsonde.link.tuning import SYSCTLS
from tests.doubles.networkmanager import NetworkManagerDouble
from tests.doubles.private_bus import private_bus
from tests.drivers.linux.namespaces import _CLONE_NEWNET, _libc, ip, needs_root, tc

SOURCE = Path(__file__).parents[3] / "src"
LIMIT_S = 15.0

__all__ = ["GovernedHost", "governed_host", "needs_root"]

CONFIG = """
[governor]
tick_s = 0.5
state_dir = "{folder}/state"
run_dir = "{folder}/run"
{more}
[governor.tuning]
driver_options = false
interrupts = false
iwd = false
"""


class Doubles:
    """The doubles' own event loop, in a thread."""

    def __init__(self, address):
        self.address = address
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.manager = None

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(LIMIT_S)

    def start(self):
        self.manager = self.run(NetworkManagerDouble.start(self.address))

    def stop(self):
        if self.manager is not None:
            self.run(self.manager.stop())
            self.manager = None

    def change(self, work):
        async def there():
            return work(self.manager)

        return self.run(there())

    def close(self):
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class GovernedHost:
    """What a test does to the host, and what it sees of it."""

    def __init__(self, folder, namespace, doubles):
        self.folder, self.namespace, self.doubles = folder, namespace, doubles
        self.config = folder / "airsonde.toml"
        self.configure()
        self.daemon = None

    def configure(self, more=""):
        self.config.write_text(CONFIG.format(folder=self.folder, more=more))

    def environment(self):
        return {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "DBUS_SYSTEM_BUS_ADDRESS": self.doubles.address,
        }

    def command(self, *words):
        """The words that run airsonde in the namespace, with an /etc/sysctl.d of the test's."""
        own = f"mount --bind {self.folder}/sysctl.d /etc/sysctl.d"
        return ["ip", "netns", "exec", self.namespace, "sh", "-c", f'{own} && exec "$@"', "sh",
                sys.executable, *words]  # fmt: skip

    def start(self, *options):
        words = ("-m", "airsonde", "link", "run", "--config", str(self.config), *options)
        self.daemon = subprocess.Popen(
            self.command(*words),
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.daemon

    def governs(self, *options):
        """Start the daemon and wait until it has decided everything once; its status."""
        self.start(*options)
        return self.until(lambda: (s := self.status()) and _decided(s) and s)

    def end(self, number=signal.SIGTERM):
        """Exit status and what the daemon said."""
        self.daemon.send_signal(number)
        _, said = self.daemon.communicate(timeout=LIMIT_S)
        return self.daemon.returncode, said

    def airsonde(self, *words):
        return subprocess.run(
            self.command("-m", "airsonde", "link", *words, "--config", str(self.config)),
            env=self.environment(), capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip

    def ask(self, question):
        """What the socket answers, None while there is none."""
        from airsonde.apps.governor.status_socket import ask
        from airsonde.core.errors import DriverError

        try:
            return ask(self.folder / "run", question)
        except DriverError:
            return None

    def status(self):
        return self.ask("status")

    def until(self, condition, limit_s=LIMIT_S):
        limit = time.monotonic() + limit_s
        while time.monotonic() < limit:
            if found := condition():
                return found
            if self.daemon is not None and self.daemon.poll() is not None:
                pytest.fail(f"the daemon ended: {self.daemon.communicate()}")
            time.sleep(0.02)
        pytest.fail(f"nothing within {limit_s} s; last: {json.dumps(self.status())[:2000]}")

    def inside(self, work):
        """Call something while this thread stands in the namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY)
        try:
            assert _libc.setns(there, _CLONE_NEWNET) == 0
            return work()
        finally:
            assert _libc.setns(home, _CLONE_NEWNET) == 0
            os.close(there)
            os.close(home)

    def target(self, ifname):
        """How a journal names an interface of the namespace."""
        return self.inside(lambda: Interface.named(ifname)).target

    def offloads(self, ifname="wlan0"):
        told = self.inside(lambda: features(Interface.named(ifname)))
        return {name: feature.active for name, feature in told.items()}

    def sysctls(self):
        def read():
            paths = {n: Path("/proc/sys") / n.replace(".", "/") for n in SYSCTLS}
            return {n: p.read_text().split() for n, p in paths.items() if p.exists()}

        return self.inside(read)

    def snapshot(self):
        """Everything the daemon may change here."""
        files = {p.name: p.read_bytes() for p in (self.folder / "sysctl.d").iterdir()}
        links = ip("-n", self.namespace, "-br", "link")
        return tc("-n", self.namespace, "qdisc"), links, self.offloads(), self.sysctls(), files

    def close(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.communicate()


def _decided(status):
    return any(d.get("action") == "set_power_save" for d in status["decisions"])


@contextmanager
def governed_host(folder):
    """A host with a connected wlan0 that NetworkManager manages."""
    namespace = f"airsonde-gov-{os.getpid()}"
    (folder / "sysctl.d").mkdir()
    with ExitStack() as stack:
        address, _ = stack.enter_context(private_bus(folder))
        ip("netns", "add", namespace)
        stack.callback(ip, "netns", "del", namespace)
        ip("-n", namespace, "link", "add", "wlan0", "type", "veth", "peer", "name", "peer0")
        for name in ("wlan0", "peer0"):
            ip("-n", namespace, "link", "set", name, "up")
        doubles = Doubles(address)
        stack.callback(doubles.close)
        doubles.start()
        host = GovernedHost(folder, namespace, doubles)
        stack.callback(host.close)
        yield host

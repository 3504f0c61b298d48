"""The daemon as a process, and what a host does to it: sleep, renames, unplugging, full memory."""

import asyncio
from pathlib import Path

import pytest

from airsonde.drivers.linux.ethtool import Offload
from tests.apps.governor.governed import governed_host, needs_root
from tests.doubles import services

pytestmark = needs_root


@pytest.fixture
def host(tmp_path):
    with governed_host(tmp_path) as host:
        yield host


def test_the_process_is_small(host):
    host.governs()
    process = Path(f"/proc/{host.daemon.pid}")
    resident_kib = int((process / "status").read_text().split("VmRSS:")[1].split()[0])
    assert resident_kib < 40 * 1024
    mapped = (process / "maps").read_text()
    assert "/libcrypto" not in mapped
    assert "dbus_fast" in mapped


def slowly(host):
    """Let the daemon look every half minute only: what is sooner, an event brought about."""
    host.configure("busy_mbit = 0\n")
    host.config.write_text(host.config.read_text().replace("tick_s = 0.5", "tick_s = 30.0"))


def test_what_was_lost_over_sleep_is_set_again_on_waking(host):
    slowly(host)
    login = services.Login()
    offered = services.offered(
        host.doubles.address, services.LOGIN, ("/org/freedesktop/login1", login)
    )
    bus = host.doubles.run(offered)
    before = host.snapshot()
    host.governs()
    offload = "tx-generic-segmentation"
    host.inside(lambda: asyncio.run(Offload().write(f"{host.target('wlan0')}/{offload}", True)))
    host.doubles.change(lambda _: login.PrepareForSleep(True))
    host.doubles.change(lambda nm: nm.wireless.emit_properties_changed({"Bitrate": 6000}))
    host.until(lambda: host.status()["interfaces"]["wlan0"]["bitrate_mbit"] == 6)
    assert host.offloads()[offload] is True
    host.doubles.change(lambda _: login.PrepareForSleep(False))
    host.until(lambda: host.offloads()[offload] is False)
    assert host.end()[0] == 0
    assert host.snapshot() == before
    host.doubles.change(lambda _: bus.disconnect())

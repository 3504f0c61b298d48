"""The daemon as a process, and what a host does to it: sleep, renames, unplugging, full memory."""

import asyncio
from pathlib import Path

import pytest

from airsonde.drivers.linux.ethtool import Offload
from tests.apps.governor.governed import governed_host, needs_root
from tests.doubles import services
from tests.drivers.linux.namespaces import ip

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


def test_a_service_that_may_not_act_as_users_says_so(host):
    service = ["setpriv", "--bounding-set=-all,+net_admin,+net_raw,+sys_admin"]
    host.command, command = lambda *words: [*service, *command(*words)], host.command
    status = host.governs()
    assert (
        status["missing"][-1]
        == "games in GameMode are not seen: their users' buses need CAP_SETUID"
    )


def test_a_rename_is_followed_and_undone_under_the_new_name(host):
    before = host.offloads()
    host.governs()
    ip("-n", host.namespace, "link", "set", "wlan0", "name", "wlan7")
    host.doubles.change(lambda nm: nm.rename("wlan7"))
    host.until(lambda: list(host.status()["interfaces"]) == ["wlan7"])
    host.until(lambda: host.ask("explain")["reasons"].get("wlan7"))
    changed = [c["target"] for c in host.status()["changed"] if c["kind"] == "offload"]
    assert len(changed) == len(set(changed)) > 0
    code, said = host.end()
    assert code == 0, said
    assert host.offloads("wlan7") == before


def test_a_read_only_etc_is_said_and_the_rest_is_done(host):
    host.prepared = "mount -o remount,bind,ro /etc/sysctl.d"
    before = host.snapshot()
    status = host.governs()
    assert host.sysctls()["net.ipv4.tcp_ecn"] == ["1"]
    notes = [d["note"] for d in status["decisions"] if "note" in d]
    assert "cannot write /etc/sysctl.d/90-airsonde.conf: the file system is read-only" in notes
    assert status["files"] == []
    assert host.snapshot()[4] == {}
    code, said = host.end()
    assert code == 0, said
    assert host.snapshot() == before

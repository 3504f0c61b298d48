"""The doctor as a command, on hosts that lack something; each in a mount namespace of its own."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from airsonde.apps.governor import doctor
from tests.apps.governor.governed import LIMIT_S, SOURCE, Doubles, needs_root
from tests.doubles import services
from tests.doubles.private_bus import private_bus

pytestmark = needs_root

# /etc as it is with files of a test's own over it; /sys, where a test has one, instead
HOST = """
mount -t overlay overlay -o lowerdir=/etc,upperdir=$0/etc,workdir=$0/work /etc || exit 77
if [ -d $0/sys ]; then mount --bind $0/sys /sys || exit 77; fi
exec "$@"
"""


class Patient:
    def __init__(self, folder):
        self.folder = folder
        self.bus = "unix:path=/nonexistent"
        for name in ("etc", "work"):
            (folder / name).mkdir()

    def put(self, path, text):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def findings(self):
        done = subprocess.run(
            ["/usr/bin/unshare", "-m", "sh", "-c", HOST, str(self.folder), sys.executable, "-m",
             "airsonde", "link", "doctor", "--json"],
            env={**os.environ, "PYTHONPATH": str(SOURCE), "DBUS_SYSTEM_BUS_ADDRESS": self.bus},
            capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
        if done.returncode == 77:
            pytest.skip("mount namespaces are not permitted here")
        found = {f["name"]: f for f in json.loads(done.stdout)}
        assert done.returncode == any(f["ok"] is False for f in found.values())
        return found


@pytest.fixture
def patient(tmp_path):
    return Patient(tmp_path)


def test_what_another_tool_and_a_switch_force(patient):
    patient.put("sys/class/rfkill/rfkill0/type", "wlan\n")
    well = patient.findings()
    patient.put("etc/NetworkManager/conf.d/99-save.conf", "[connection]\nwifi.powersave = 3\n")
    patient.put("sys/class/rfkill/rfkill0/soft", "1\n")
    ill = patient.findings()
    remedies = {
        "power save by NetworkManager": "remove it or set 1 (ignore) there",
        "rfkill": "rfkill unblock wlan",
    }
    assert all(well[name]["ok"] for name in remedies)
    assert {name: ill[name]["remedy"] for name in remedies} == remedies


def test_without_a_bus_and_without_networkmanager(patient, tmp_path):
    found = patient.findings()
    assert (found["D-Bus"]["ok"], found["D-Bus"]["remedy"]) == (False, "start dbus")
    with private_bus(tmp_path) as (patient.bus, _):
        found = patient.findings()
        assert found["NetworkManager"]["remedy"] == "systemctl start NetworkManager"
        assert found["Wi-Fi backend"]["ok"] is False
        doubles = Doubles(patient.bus)
        doubles.start()
        offered = doubles.run(services.offered(patient.bus, services.IWD))
        found = patient.findings()
        doubles.change(lambda _: offered.disconnect())
        doubles.close()
    assert found["NetworkManager"]["ok"] is True
    assert found["Wi-Fi backend"]["found"] == "iwd: it chooses access points itself"


@pytest.mark.parametrize(
    ("chosen", "ok"),
    [("CONFIG_NET_SCH_CAKE=y\n", True), ("# CONFIG_NET_SCH_CAKE is not set\n", False),
     ("CONFIG_NET_SCH_CAKE=m\n", False), ("", None)],
)  # fmt: skip
def test_a_kernel_that_tells_how_it_was_built(tmp_path, chosen, ok):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(chosen.encode()))
    found = doctor.queue_module(tmp_path, doctor.CAKE)
    assert found.ok is ok
    assert bool(found.remedy) == (ok is False)


def test_a_configuration_that_is_cut_tells_nothing(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(b"CONFIG_NET_SCH_CAKE=y\n")[:-9])
    assert doctor.queue_module(tmp_path, doctor.CAKE).ok is None


@pytest.mark.parametrize(("country", "ok"), [("DE", True), ("00", False), ("99", False)])
def test_the_worlds_rules_are_no_country(country, ok):
    found = doctor.regulatory_domain(country)
    assert found.ok is ok
    assert ok or "iw reg set" in found.remedy

"""The daemon with a radio: it roams where the score wins, and puts the radio back."""

import json
import subprocess
import time

import pytest

from tests.apps.governor.governed import SOURCE, governed_host, needs_root
from tests.doubles import services

pytestmark = needs_root

LOUD, QUIET, FAR = (f"02:00:00:00:0{n}:aa" for n in range(3))
FAST_SCANS = "[link.roaming]\nscan_weak_s = 0.1\nscan_idle_s = 0.1\n"


class Station:
    """A governed host whose radio is a file and whose supplicant does as it is told."""

    def __init__(self, host):
        self.host = host
        self.file = host.folder / "radio.json"
        self.supplicant, exports = services.supplicant()
        offered = services.offered(host.doubles.address, services.WPA, *exports)
        self.bus = host.doubles.run(offered)
        self.tell(bssid=LOUD, scan=0, power_save=True,
                  heard={LOUD: (2437, -40), QUIET: (5180, -44), FAR: (5975, -75)})  # fmt: skip

    def tell(self, **words):
        told = json.loads(self.file.read_text()) if self.file.exists() else {}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps({**told, **words}))
        fresh.replace(self.file)

    def starts(self, more=""):
        self.host.config.write_text(self.host.config.read_text() + more)
        words = ("-m", "tests.doubles.radio", str(self.file), "link", "run")
        self.host.daemon = subprocess.Popen(
            self.host.command(*words, "--config", str(self.host.config)),
            env={**self.host.environment(), "PYTHONPATH": f"{SOURCE}:{SOURCE.parent}"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self.host.until(lambda: (s := self.host.status()) and s["interfaces"] and s)

    def scans_until(self, condition, limit=100):
        """Finish a scan, look, and again."""
        for scan in range(1, limit):
            self.tell(scan=scan)
            time.sleep(0.15)
            if condition():
                return scan
        return pytest.fail(f"nothing after {limit} scans; {self.host.ask('explain')}")

    def roams(self):
        return [d for d in self.host.status()["decisions"] if d.get("action") == "roam"]


@pytest.fixture
def station(tmp_path):
    with governed_host(tmp_path) as host:
        station = Station(host)
        yield station
        host.doubles.change(lambda _: station.bus.disconnect())


def test_v3_roams_after_three_observations(station):
    host = station.host
    host.configure('preset = "v3"\n')
    station.starts()
    station.tell(scan=1)
    host.until(lambda: station.supplicant.roams)
    station.tell(bssid=QUIET)
    host.until(lambda: host.status()["interfaces"]["wlan0"]["ap"]["bssid"] == QUIET)
    assert set(station.supplicant.roams) == {QUIET}
    assert station.roams()[0]["outcome"] == "asked the supplicant"
    assert station.roams()[0]["because"]["rule"] == "better for long enough"
    assert host.end()[0] == 0


def test_adaptive_roams_on_three_scans_and_verifies(station):
    host = station.host
    started = station.starts(FAST_SCANS)
    assert started["interfaces"]["wlan0"]["ap"]["signal_dbm"] == -40
    assert station.scans_until(lambda: station.supplicant.roams) >= 3
    station.tell(bssid=QUIET)
    host.until(lambda: host.status()["interfaces"]["wlan0"]["ap"]["bssid"] == QUIET)
    host.until(lambda: any(
        "verified: kept" in (d.get("because") or {}).get("rule", "")
        for d in host.ask("explain")["decisions"]
    ))  # fmt: skip
    assert station.supplicant.roams == [QUIET]
    assert host.end()[0] == 0


def test_it_stays_where_nothing_scores_better(station):
    station.tell(heard={LOUD: (2437, -40), QUIET: (5180, -56), FAR: (5975, -75)})
    station.host.configure('preset = "v3"\n')
    station.starts()
    station.tell(scan=1)
    station.host.until(lambda: station.host.status()["interfaces"]["wlan0"]["candidates"] == 3)
    time.sleep(2)
    assert station.supplicant.roams == []
    reasons = {r["policy"]: r for r in station.host.ask("explain")["reasons"]["wlan0"]}
    assert reasons["steering"]["rule"] == "nothing better"


def test_power_save_is_turned_off_on_mains_and_put_back(station):
    station.starts()
    station.host.until(lambda: json.loads(station.file.read_text())["power_save"] is False)
    status = station.host.status()
    assert status["interfaces"]["wlan0"]["bitrate_mbit"] == 433.3
    assert station.host.end()[0] == 0
    assert json.loads(station.file.read_text())["power_save"] is True

"""What a radio told belongs to the scan in which it was heard, however long scans take."""

import asyncio
from dataclasses import dataclass, field

import pytest

from airsonde.apps.governor.wifi_view import WifiView
from airsonde.core.ids import parse_mac
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.nl80211 import Happening
from airsonde.drivers.linux.wifi_facts import HeardBss, Station, Survey, WifiInterface

SECOND = 1_000_000_000
HERE, NEAR, LATE = (parse_mac(f"02:00:00:00:0{n}:00") for n in range(3))
UNKNOWN = dict.fromkeys(
    ("authorized", "tx_rate", "rx_rate", "tx_packets", "tx_retries", "tx_failed", "tx_duration_us",
     "rx_duration_us", "expected_mbit", "beacons_lost", "connected_s", "inactive_ms")
)  # fmt: skip


@dataclass
class Radio:
    """The kernel's answers; `last_s` is when a BSS was heard last."""

    now_s: float = 0
    surveyed: int = 0
    signal_dbm: int | None = -50
    average_dbm: int | None = None
    last_s: dict = field(default_factory=dict)

    async def stations(self, interface):
        levels = {"signal_dbm": self.signal_dbm, "signal_average_dbm": self.average_dbm}
        return [Station(address=HERE, **levels, **UNKNOWN)]

    async def interfaces(self):
        return [WifiInterface(index=3, name="wlan0", wiphy=0, is_station=True, address=bytes(6),
                              ssid=b"home", frequency_mhz=2437, width_mhz=20)]  # fmt: skip

    async def surveys(self, interface):
        self.surveyed += 1
        return [Survey(frequency_mhz=2437, in_use=True, noise_dbm=-95, active_ms=self.now_s * 1000,
                       busy_ms=self.now_s * 250, receiving_ms=None, transmitting_ms=0)]  # fmt: skip

    async def heard(self, interface):
        return [HeardBss(bssid=bssid, ssid=b"home", frequency_mhz=5180, signal_dbm=-44.0,
                         seen_ms_ago=round((self.now_s - last_s) * 1000), associated=False,
                         utilisation=None, stations=None)
                for bssid, last_s in self.last_s.items()]  # fmt: skip


class Watched:
    """A view of the radio at chosen times."""

    def __init__(self, **levels):
        self.radio = Radio(**levels)
        self.view = WifiView(self.radio, Interface(index=3, name="wlan0"))

    def told(self, at_s, happening=Happening.SCANNED):
        self.view.told(happening, at_s * SECOND)

    def look(self, at_s):
        self.radio.now_s = at_s
        return asyncio.run(self.view.look(at_s * SECOND))

    def of_this_scan(self, at_s):
        look = self.look(at_s)
        return {c.bssid for c in look.candidates if c.seen_scan_id == look.scan_id}


def test_what_a_long_scan_heard_first_belongs_to_it():
    watched = Watched()
    watched.told(100)
    watched.radio.last_s = {NEAR: 101, LATE: 139}  # a scan from 100.5 to 140 s
    watched.told(140)
    assert watched.of_this_scan(142) == {NEAR, LATE}


def test_what_was_heard_before_the_last_scan_ended_is_old():
    watched = Watched()
    watched.told(100)
    watched.radio.last_s = {NEAR: 99, LATE: 104}
    watched.told(105)
    assert watched.of_this_scan(105) == {LATE}


def test_what_only_an_aborted_scan_heard_is_old():
    watched = Watched()
    watched.told(100)
    watched.radio.last_s = {NEAR: 103, LATE: 112}
    watched.told(104, Happening.SCAN_ABORTED)
    watched.told(113)
    assert watched.of_this_scan(113) == {LATE}


def test_the_list_is_read_once_a_scan():
    watched = Watched()
    watched.radio.last_s = {NEAR: 99}
    watched.told(100)
    watched.look(101)
    watched.radio.last_s = {}
    assert [c.bssid for c in watched.look(110).candidates] == [NEAR]
    watched.told(120)
    assert watched.look(120).candidates == ()


@pytest.mark.parametrize(
    ("signal_dbm", "average_dbm", "shown"),
    [(-50, -55, -50), (None, -55, -55), (0, 0, None), (None, None, None)],
)
def test_before_the_first_frame_the_signal_is_unknown(signal_dbm, average_dbm, shown):
    ap = Watched(signal_dbm=signal_dbm, average_dbm=average_dbm).look(1).ap
    assert (ap.bssid, ap.signal_dbm) == (HERE, shown)


def test_how_busy_the_channel_is_is_asked_every_five_seconds():
    watched = Watched()
    shares = [watched.look(at_s).channel_busy for at_s in range(10, 22, 2)]
    assert shares == [None, None, None, 0.25, 0.25, 0.25]
    assert watched.radio.surveyed == 2

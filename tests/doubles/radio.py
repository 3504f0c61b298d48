"""A kernel's Wi-Fi for a daemon in a process of its own: what nl80211 would say stands in a file.

`python -m tests.doubles.radio FILE WORDS…` runs `airsonde WORDS…` with it. FILE holds `bssid`,
`scan` (counts finished scans), `power_save` and `heard` (BSSID to [MHz, dBm]).
"""

import asyncio
import json
import sys
from pathlib import Path

from airsonde.core.ids import parse_mac
from airsonde.drivers.linux import nl80211
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.wifi_facts import (
    Format,
    HeardBss,
    Rate,
    Station,
    Survey,
    WifiInterface,
)

SSID = b"home"


class Radio:
    """Answers as `Nl80211` does, for wlan0."""

    def __init__(self, path):
        self.path = path
        self.asked = 0

    def told(self):
        return json.loads(self.path.read_text())

    async def interfaces(self):
        told, index = self.told(), Interface.named("wlan0").index
        mhz = told["heard"][told["bssid"]][0]
        return [WifiInterface(index=index, name="wlan0", wiphy=0, is_station=True,
                              address=bytes(6), ssid=SSID, frequency_mhz=mhz, width_mhz=80)]  # fmt: skip

    async def stations(self, interface):
        told = self.told()
        dbm = told["heard"][told["bssid"]][1]
        rate = Rate(mbit=433.3, ppdu_format=Format.VHT, mcs=9, streams=1, width_mhz=80)
        unknown = dict.fromkeys(
            ("tx_duration_us", "rx_duration_us", "expected_mbit", "beacons_lost", "connected_s",
             "inactive_ms", "rx_rate", "signal_average_dbm", "tx_packets")
        )  # fmt: skip
        return [Station(address=parse_mac(told["bssid"]), authorized=True, signal_dbm=dbm,
                        tx_rate=rate, tx_retries=0, tx_failed=0, **unknown)]  # fmt: skip

    async def surveys(self, interface):
        self.asked += 1
        return [Survey(frequency_mhz=5180, in_use=True, noise_dbm=-95, active_ms=1000 * self.asked,
                       busy_ms=250 * self.asked, receiving_ms=None, transmitting_ms=0)]  # fmt: skip

    async def heard(self, interface):
        told = self.told()
        return [HeardBss(bssid=parse_mac(bssid), ssid=SSID, frequency_mhz=mhz, signal_dbm=dbm,
                         seen_ms_ago=100, associated=bssid == told["bssid"], utilisation=None,
                         stations=None)
                for bssid, (mhz, dbm) in told["heard"].items()]  # fmt: skip

    async def power_save(self, interface):
        return self.told()["power_save"]

    async def set_power_save(self, interface, *, enabled):
        fresh = self.path.with_suffix(".own")
        fresh.write_text(json.dumps({**self.told(), "power_save": enabled}))
        fresh.replace(self.path)

    async def aclose(self):
        pass


async def changes(path):
    """The kernel's news: a scan for every count in the file, an association for every move."""
    index = Interface.named("wlan0").index
    before = json.loads(path.read_text())
    while True:
        await asyncio.sleep(0.02)
        now = json.loads(path.read_text())
        if now["scan"] != before["scan"]:
            yield nl80211.WifiChange(happening=nl80211.Happening.SCANNED, index=index)
        if now["bssid"] != before["bssid"]:
            yield nl80211.WifiChange(happening=nl80211.Happening.ROAMED, index=index)
        before = now


def main():
    path = Path(sys.argv[1])

    async def opened(_kind):
        return Radio(path)

    nl80211.Nl80211.open = classmethod(opened)
    nl80211.wifi_changes = lambda: changes(path)
    sys.argv[1:] = sys.argv[2:]
    from airsonde.faces.cli.main import main as airsonde

    airsonde()


if __name__ == "__main__":
    main()

"""One station, connected by NetworkManager to the simulated network."""

import asyncio
import subprocess
import time

import pytest
from lab.hwsim import air

from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.nl80211 import Nl80211

PROFILE = "laboratory"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def signal(name, dbm):
    air.loudness(name, dbm)


def wait_for(condition, limit_s, pause_s=0.2):
    """What a condition gives once it holds; under emulation nothing has a fixed duration."""
    limit = time.monotonic() + limit_s
    while time.monotonic() < limit:
        if found := condition():
            return found
        time.sleep(pause_s)
    pytest.fail(f"nothing within {limit_s} s")


def bssid_of(ap):
    return run("ip", "netns", "exec", air.NAMESPACE, "cat", f"/sys/class/net/{ap}/address").strip()


async def associated():
    """The BSSID the kernel is associated with, None without an association."""
    nl80211 = await Nl80211.open()
    try:
        stations = await nl80211.stations(Interface.named("wlan0"))
    finally:
        await nl80211.aclose()
    return stations[0].address.hex(":") if stations else None


@pytest.fixture(scope="session")
def station():
    """The station's interface, associated and with an address."""
    if not air.STATE.exists():
        pytest.skip("the simulated radios are not up (python -m lab.hwsim)")
    if PROFILE not in run("nmcli", "-t", "-f", "NAME", "connection"):
        run("nmcli", "connection", "add", "type", "wifi", "ifname", "wlan0", "con-name", PROFILE,
            "ssid", air.SSID, "wifi-sec.key-mgmt", "wpa-psk", "wifi-sec.psk", air.PASSPHRASE,
            "connection.autoconnect", "no", "ipv6.method", "disabled")  # fmt: skip
    run("nmcli", "--wait", "90", "connection", "up", PROFILE)
    assert asyncio.run(associated())
    return Interface.named("wlan0")


@pytest.fixture(autouse=True)
def loud():
    """Every access point is heard at -40 dBm unless a test says otherwise."""
    yield
    for ap in air.APS if air.STATE.exists() else ():
        air.loudness(ap.name, -40)

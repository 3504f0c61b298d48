"""The Wi-Fi drivers against the guest's mac80211, NetworkManager and wpa_supplicant."""

import pytest

from lab.hwsim.inside.radios import ACCESS_POINTS, NEAR_DBM, SSID
from lab.hwsim.station import REPLY, active_bssid, bssid, link, roam, scan

pytestmark = pytest.mark.lab

# Primary channel's centre in MHz (IEEE 802.11, Annex E): 2.4 GHz from 2407, 5 from 5000, 6 from 5950
_BAND_STARTS_MHZ = {2: 2407, 5: 5000, 6: 5950}
FREQUENCIES_MHZ = {p.name: _BAND_STARTS_MHZ[p.band] + 5 * p.channel for p in ACCESS_POINTS}


def test_the_link_its_channel_and_the_survey_by_nl80211(connected):
    async def asked():
        from airsonde.drivers.linux.interface import Interface
        from airsonde.drivers.linux.nl80211 import Nl80211

        nl80211, wlan0 = await Nl80211.open(), Interface.named("wlan0")
        (peer,) = await nl80211.stations(wlan0)
        (own,) = [w for w in await nl80211.interfaces() if w.name == "wlan0"]
        surveys = await nl80211.surveys(wlan0)
        await nl80211.aclose()
        counted = peer.tx_packets, peer.tx_retries, peer.tx_rate and peer.tx_rate.mbit
        noises = [(s.in_use, s.noise_dbm) for s in surveys]
        return peer.address.hex(":"), peer.signal_dbm, counted, own.ssid.decode(), noises, (
            own.is_station, own.frequency_mhz)  # fmt: skip

    roam(connected, bssid(connected, "ap5"))
    connected.until(f"{REPLY} && iw dev wlan0 link | grep -q 'signal: {NEAR_DBM} '")
    address, dbm, (packets, retries, mbit), ssid, noises, (station, mhz) = connected.call(asked)
    assert address == bssid(connected, "ap5")
    assert dbm == NEAR_DBM
    assert packets > 0
    assert mbit > 0
    assert retries is not None
    assert ssid == SSID
    assert station
    assert mhz == FREQUENCIES_MHZ["ap5"]
    assert noises
    assert all(noise is None or -120 < noise < 0 for _, noise in noises)


def test_signals_of_a_scan_are_dbm(connected):
    async def heard():
        from airsonde.drivers.linux.interface import Interface
        from airsonde.drivers.linux.nl80211 import Nl80211

        nl80211 = await Nl80211.open()
        found = await nl80211.heard(Interface.named("wlan0"))
        await nl80211.aclose()
        return {b.bssid.hex(":"): (b.signal_dbm, b.frequency_mhz, b.associated) for b in found}

    roam(connected, bssid(connected, "ap5"))
    connected.radios("signal", "ap2", -77)
    far = bssid(connected, "ap2")
    for _ in range(5):  # a scan may miss beacons while the emulated processor is busy
        scan(connected)
        found = connected.call(heard)
        if found.get(far, [None])[0] == -77:
            break
    assert found[far] == [-77, FREQUENCIES_MHZ["ap2"], False]
    assert [address for address, (_, _, mine) in found.items() if mine] == [link(connected).bssid]


def test_power_save_is_turned_and_put_back(connected):
    async def turned(state, back):
        from pathlib import Path

        from airsonde.drivers.linux.interface import Interface
        from airsonde.drivers.linux.journal import Journal
        from airsonde.drivers.linux.nl80211 import Nl80211, PowerSave

        nl80211, journal = await Nl80211.open(), Journal.open(Path(state))
        knob, target = PowerSave(nl80211), Interface.named("wlan0").target
        if back:
            await journal.revert({"power_save": knob})
        else:
            await journal.turn(knob, target, not await knob.read(target))
        stands = await knob.read(target)
        journal.close()
        await nl80211.aclose()
        return stands

    shown = "iw dev wlan0 get power_save"
    state, before = connected.sh("mktemp -d").strip(), connected.sh(shown)
    turned_on = connected.call(turned, state, False)
    assert connected.sh(shown) != before
    assert connected.sh(shown).strip() == f"Power save: {'on' if turned_on else 'off'}"
    assert connected.call(turned, state, True) is not turned_on
    assert connected.sh(shown) == before


def test_facts_of_network_manager(connected):
    async def facts():
        from airsonde.drivers.linux.iwd import backend
        from airsonde.drivers.linux.message_bus import Bus
        from airsonde.drivers.linux.networkmanager import NetworkManager

        bus = await Bus.system()
        manager = await NetworkManager.open(bus)
        wlan0 = manager.device("wlan0")
        active = manager.access_point(wlan0.active_ap)
        listed = active in manager.access_points(wlan0)
        held_by = await backend(bus, "wlan0")
        await bus.aclose()
        return wlan0.activated, wlan0.driver, wlan0.profile_uuid, active.bssid, listed, held_by.name

    activated, driver, uuid, address, listed, held_by = connected.call(facts)
    assert activated
    assert driver == "mac80211_hwsim"
    assert uuid in connected.sh("nmcli -g UUID connection show --active").split()
    assert address.lower() == active_bssid(connected)
    assert listed
    assert held_by == "SUPPLICANT"


def test_a_scan_asked_for_is_followed(connected):
    async def scanned():
        import asyncio

        from airsonde.core.errors import DriverError
        from airsonde.drivers.linux.message_bus import Bus
        from airsonde.drivers.linux.networkmanager import NetworkManager

        bus = await Bus.system()
        manager = await NetworkManager.open(bus)
        before = manager.device("wlan0").last_scan_ms or 0
        async with asyncio.timeout(100):
            while True:
                try:
                    await manager.request_scan(manager.device("wlan0"))
                    break
                except DriverError as e:
                    if not e.transient:  # too soon after the last one
                        raise
                await asyncio.sleep(1)
            async for _ in manager.follow():
                if manager.device("wlan0").last_scan_ms > before:
                    break
        after = manager.device("wlan0").last_scan_ms
        await bus.aclose()
        return before, after

    before, after = connected.call(scanned)
    assert after > before


def test_the_supplicant_roams_to_an_access_point_that_is_not_preferred(connected):
    async def roamed(address):
        import asyncio

        from airsonde.drivers.linux.message_bus import Bus
        from airsonde.drivers.linux.networkmanager import NetworkManager
        from airsonde.drivers.linux.nl80211 import wifi_changes
        from airsonde.drivers.linux.supplicant import Supplicant

        seen = []

        async def watch():
            async for change in wifi_changes():
                seen.append(change.happening.name)  # noqa: PERF401

        bus = await Bus.system()
        supplicant, manager = Supplicant(bus), await NetworkManager.open(bus)
        watching = asyncio.create_task(watch())
        await asyncio.sleep(1)
        await supplicant.roam("wlan0", address)
        async with asyncio.timeout(60):
            async for _ in manager.follow():
                point = manager.access_point(manager.device("wlan0").active_ap)
                if point is not None and point.bssid.lower() == address:
                    break
            while (state := await supplicant.state("wlan0")).state != "completed":  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        watching.cancel()
        activated = manager.device("wlan0").activated
        await bus.aclose()
        return activated, state.state, state.bssid, seen

    target = bssid(connected, "ap2")
    roam(connected, bssid(connected, "ap5"))
    connected.radios("signal", "ap2", -62)
    scan(connected)
    connected.until(REPLY)
    activated, state, address, seen = connected.call(roamed, target)
    assert link(connected).bssid == target
    assert activated
    assert (state, address) == ("completed", target)
    assert {"ROAMED", "CONNECTED"} & set(seen)
    connected.until(REPLY)


def test_pinning_an_access_point_inside_a_checkpoint_is_the_fallback(connected):
    async def pinned(address):
        import asyncio

        from airsonde.drivers.linux.message_bus import Bus
        from airsonde.drivers.linux.networkmanager import NetworkManager
        from airsonde.drivers.linux.nm_settings import ProfileSetting

        bus = await Bus.system()
        manager = await NetworkManager.open(bus)
        wlan0, knob = manager.device("wlan0"), ProfileSetting(manager)
        target = f"{wlan0.profile_uuid}/802-11-wireless.bssid"
        async with manager.checkpoint([wlan0], 90):
            await knob.write(target, address)
            await manager.activate(wlan0, await manager.profile(wlan0.profile_uuid))
            async with asyncio.timeout(80):
                while True:
                    await manager.load()
                    device = manager.device("wlan0")
                    point = manager.access_point(device.active_ap)
                    if device.activated and point is not None and point.bssid.lower() == address:
                        break
                    await asyncio.sleep(0.5)
        await knob.write(target, None)
        left = await knob.read(target)
        await bus.aclose()
        return left

    target = bssid(connected, "ap2")
    roam(connected, bssid(connected, "ap5"))
    assert connected.call(pinned, target, limit_s=180) is None
    assert link(connected).bssid == target

"""The drivers against the real kernel, NetworkManager and wpa_supplicant."""

import asyncio
import json
import re

import pytest
from lab.hwsim import air

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.cake import Cake
from airsonde.drivers.linux.ethtool import AdaptiveRx
from airsonde.drivers.linux.gateway import default_gateways
from airsonde.drivers.linux.ingress import Ingress
from airsonde.drivers.linux.iwd import Backend, backend
from airsonde.drivers.linux.journal import Journal, Outcome
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.networkmanager import NetworkManager
from airsonde.drivers.linux.nl80211 import Happening, Nl80211, PowerSave, wifi_changes
from airsonde.drivers.linux.nm_settings import ProfileSetting
from airsonde.drivers.linux.probe import ArpProbe, EchoProbe
from airsonde.drivers.linux.rtnl import Rtnl
from airsonde.drivers.linux.supplicant import Supplicant
from airsonde.drivers.linux.tc import OUR_HANDLE, TrafficControl
from tests.lab.inside.conftest import associated, bssid_of, run, signal, wait_for

pytestmark = pytest.mark.lab


async def pinged(count, interval_s):
    """How many of so many echoes to the gateway came back."""
    ping = await asyncio.create_subprocess_exec(
        "ping", "-c", str(count), "-i", str(interval_s), air.GATEWAY, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await ping.communicate()
    return int(re.search(rb"(\d+) received", said)[1])


async def asked(question):
    nl80211 = await Nl80211.open()
    try:
        return await question(nl80211)
    finally:
        await nl80211.aclose()


def test_the_link_by_nl80211(station):
    (link,) = asyncio.run(asked(lambda w: w.stations(station)))
    assert link.signal_dbm == -40
    assert link.tx_rate.mbit > 0
    assert link.tx_packets > 0
    assert link.tx_retries is not None
    (wlan0,) = [w for w in asyncio.run(asked(lambda w: w.interfaces())) if w.name == "wlan0"]
    assert wlan0.is_station
    assert wlan0.ssid == air.SSID.encode()
    assert wlan0.frequency_mhz in {2437, 5180, 5745, 5975}


def test_channels_and_noise_by_nl80211(station):
    surveys = asyncio.run(asked(lambda w: w.surveys(station)))
    assert surveys
    assert all(s.noise_dbm is None or -120 < s.noise_dbm < 0 for s in surveys)


def test_signals_of_a_scan_are_dbm(station):
    signal("ap2", -77)
    run("nmcli", "device", "wifi", "rescan")

    def heard():
        found = {b.frequency_mhz: b for b in asyncio.run(asked(lambda w: w.heard(station)))}
        return found if 2437 in found and found[2437].signal_dbm == -77 else None

    found = wait_for(heard, 60, 1)
    assert found[2437].ssid == air.SSID.encode()
    assert found[2437].bssid.hex(":") == bssid_of("ap2")
    assert any(b.associated for b in found.values())


def test_power_save_is_turned_and_put_back(station, tmp_path):
    async def work(nl80211):
        knob, journal = PowerSave(nl80211), Journal.open(tmp_path)
        before = await knob.read(station.target)
        await journal.turn(knob, station.target, not before)
        told = run("iw", "dev", "wlan0", "get", "power_save")
        report = await journal.revert({"power_save": knob})
        journal.close()
        return before, told, [done.outcome for done in report], await knob.read(station.target)

    before, told, outcomes, after = asyncio.run(asked(work))
    assert told.strip() == f"Power save: {'off' if before else 'on'}"
    assert outcomes == [Outcome.RESTORED]
    assert after == before


def test_cake_stands_as_tc_reads_it_and_goes_again(station, tmp_path):
    async def work():
        rtnl, journal = await Rtnl.open(), Journal.open(tmp_path)
        control, ingress = TrafficControl(rtnl), Ingress(rtnl)
        before = run("tc", "qdisc"), run("ip", "-br", "link")
        await control.shape(journal, station, Cake(bandwidth_bit_s=50_000_000))
        first = run("tc", "qdisc", "show", "dev", "wlan0")
        await pinged(20, 0.02)
        await control.shape(journal, station, Cake(bandwidth_bit_s=7_500_000))
        second = run("tc", "qdisc", "show", "dev", "wlan0")
        state = await control.cake(station)
        told = json.loads(run("tc", "-s", "-j", "qdisc", "show", "dev", "wlan0"))[0]
        ifb = await ingress.redirect(journal, station)
        await control.shape(journal, ifb, Cake(bandwidth_bit_s=20_000_000, ingress=True, nat=False))
        await pinged(20, 0.02)
        received = await control.cake(ifb)
        report = await journal.revert({"qdisc": control, "ingress": ingress})
        journal.close()
        await rtnl.aclose()
        after = run("tc", "qdisc"), run("ip", "-br", "link")
        return before, first, second, state, told, received, report, after

    before, first, second, state, told, received, report, after = asyncio.run(work())
    assert re.search(
        r"qdisc cake a150: root refcnt \d+ bandwidth 50Mbit besteffort .*\bnat\b", first
    )
    assert re.search(
        r"qdisc cake a150: root refcnt \d+ bandwidth 7500Kbit besteffort .*\bnat\b", second
    )
    assert state.cake == Cake(bandwidth_bit_s=7_500_000)
    (tin,) = state.tins
    assert tin.sent_packets >= 20  # counters go on: the queue was changed, not replaced
    assert tin.sent_packets == told["tins"][0]["sent_packets"]
    assert tin.peak_delay_us == told["tins"][0]["peak_delay_us"]
    assert received.cake.ingress
    assert received.tins[0].sent_packets >= 10
    assert {done.outcome for done in report} == {Outcome.RESTORED}
    assert after == before


def test_fq_codel_stands_where_asked(station, tmp_path):
    async def work():
        rtnl, journal = await Rtnl.open(), Journal.open(tmp_path)
        control = TrafficControl(rtnl)
        await control.shape(journal, station, Cake(bandwidth_bit_s=1_000_000))
        await control.fair_queue(journal, station)
        told = run("tc", "qdisc", "show", "dev", "wlan0")
        await journal.revert({"qdisc": control})
        journal.close()
        await rtnl.aclose()
        return told

    assert "qdisc fq_codel a150: root" in asyncio.run(work())
    assert "a150" not in run("tc", "qdisc", "show", "dev", "wlan0")
    assert OUR_HANDLE == 0xA150 << 16


def test_a_cake_of_somebody_else_comes_back(station, tmp_path):
    run("tc", "qdisc", "replace", "dev", "wlan0", "root", "handle", "33:", "cake", "bandwidth",
        "9mbit", "diffserv8", "flowblind", "nowash", "overhead", "18", "rtt", "50ms")  # fmt: skip
    before = run("tc", "qdisc", "show", "dev", "wlan0")

    async def work():
        rtnl, journal = await Rtnl.open(), Journal.open(tmp_path)
        control = TrafficControl(rtnl)
        await control.shape(journal, station, Cake(bandwidth_bit_s=1_000_000))
        report = await journal.revert({"qdisc": control})
        journal.close()
        await rtnl.aclose()
        return report

    report = asyncio.run(work())
    after = run("tc", "qdisc", "show", "dev", "wlan0")
    run("tc", "qdisc", "del", "dev", "wlan0", "root")
    assert [done.outcome for done in report] == [Outcome.RESTORED]
    assert after == before


def test_networkmanagers_facts(station):
    async def work():
        bus = await Bus.system()
        try:
            manager = await NetworkManager.open(bus)
            wlan0 = manager.device("wlan0")
            return (
                wlan0,
                manager.access_point(wlan0.active_ap),
                manager.access_points(wlan0),
                await backend(bus, "wlan0"),
            )
        finally:
            await bus.aclose()

    wlan0, active, aps, held_by = asyncio.run(work())
    assert wlan0.activated
    assert wlan0.driver == "mac80211_hwsim"
    assert wlan0.profile_uuid
    assert active.bssid == asyncio.run(associated())
    assert active in aps
    assert held_by is Backend.SUPPLICANT


def test_a_scan_asked_for_is_followed(station):
    async def work():
        bus = await Bus.system()
        manager = await NetworkManager.open(bus)
        before = manager.device("wlan0").last_scan_ms
        try:
            async with asyncio.timeout(60):
                await _scan(manager)
                async for _ in manager.follow():
                    if manager.device("wlan0").last_scan_ms != before:
                        break
        finally:
            await bus.aclose()
        return before, manager

    before, manager = asyncio.run(work())
    assert manager.device("wlan0").last_scan_ms > (before or 0)


async def _scan(manager):
    """Ask until NetworkManager's limit lets it."""
    while True:
        await manager.load()
        try:
            return await manager.request_scan(manager.device("wlan0"))
        except DriverError as e:
            if not e.transient:
                raise
        await asyncio.sleep(1)


def test_a_roam_to_an_access_point_that_is_not_preferred(station):
    here = asyncio.run(associated())
    target = "ap5" if here != bssid_of("ap5") else "ap2"
    signal(target, -62)
    there = bssid_of(target)

    async def work():
        seen = []

        async def watch():
            async for change in wifi_changes():
                seen.append(change.happening)  # noqa: PERF401

        bus = await Bus.system()
        watching = asyncio.create_task(watch())
        try:
            supplicant, manager = Supplicant(bus), await NetworkManager.open(bus)
            pinging = asyncio.create_task(pinged(100, 0.1))
            await asyncio.sleep(1)
            await supplicant.roam("wlan0", there)
            async with asyncio.timeout(20):
                async for _ in manager.follow():
                    if manager.access_point(manager.device("wlan0").active_ap).bssid == there:
                        break
            received = await pinging
            state = await supplicant.state("wlan0")
            return manager.device("wlan0"), state, seen, received, await associated()
        finally:
            watching.cancel()
            await bus.aclose()

    device, state, seen, received, at = asyncio.run(work())
    assert at == there
    assert device.activated
    assert (state.state, state.bssid) == ("completed", there)
    assert {Happening.ROAMED, Happening.CONNECTED} & set(seen)
    assert received >= 95


def test_pinning_an_access_point_is_the_fallback(station):
    here = asyncio.run(associated())
    target = next(ap.name for ap in air.APS if ap.band != 6 and bssid_of(ap.name) != here)
    there = bssid_of(target)

    async def work():
        bus = await Bus.system()
        try:
            manager = await NetworkManager.open(bus)
            wlan0, knob = manager.device("wlan0"), ProfileSetting(manager)
            name = f"{wlan0.profile_uuid}/802-11-wireless.bssid"
            async with manager.checkpoint([wlan0], 90):
                await knob.write(name, there)
                await manager.activate(wlan0, await manager.profile(wlan0.profile_uuid))
                async with asyncio.timeout(60):
                    while await associated() != there or not manager.device("wlan0").activated:
                        await manager.load()
                        await asyncio.sleep(0.5)
            await knob.write(name, None)
            return await knob.read(name)
        finally:
            await bus.aclose()

    assert asyncio.run(work()) is None
    assert asyncio.run(associated()) == there


@pytest.mark.parametrize("kind", [EchoProbe, ArpProbe])
def test_the_gateway_is_found_and_answers(station, kind):
    async def work():
        rtnl = await Rtnl.open()
        (gateway,) = [g for g in await default_gateways(rtnl) if g.index == station.index]
        await rtnl.aclose()
        probe = kind.open(station, gateway.address)
        rtts = [await probe.rtt_ns(2.0) for _ in range(5)]
        probe.close()
        return gateway.address, rtts

    address, rtts = asyncio.run(work())
    assert address == air.GATEWAY
    assert any(rtt is not None and rtt > 0 for rtt in rtts)


def test_coalescing_on_wifi_is_a_capability(station):
    with pytest.raises(UnsupportedError):
        asyncio.run(AdaptiveRx().read(station.target))

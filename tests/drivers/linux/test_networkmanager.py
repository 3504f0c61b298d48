"""NetworkManager's driver against a double on a private bus."""

import asyncio
from contextlib import suppress

import pytest

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux import message_bus
from airsonde.drivers.linux.journal import Journal, Outcome
from airsonde.drivers.linux.message_bus import Bus, OwnerChanged
from airsonde.drivers.linux.networkmanager import NetworkManager
from airsonde.drivers.linux.nm_settings import ProfileSetting
from tests.doubles.networkmanager import (
    DEVICE,
    PROFILE,
    UUID,
    NetworkManagerDouble,
    ap_path,
)
from tests.doubles.private_bus import private_bus


def meet(tmp_path, work, **double):
    """Run `work(manager, double)` with a NetworkManager that runs."""

    async def run(address):
        other = await NetworkManagerDouble.start(address, **double)
        bus = await Bus.at(address)
        try:
            async with asyncio.timeout(10):
                return await work(await NetworkManager.open(bus), other)
        finally:
            await bus.aclose()
            await other.stop()

    with private_bus(tmp_path) as (address, _):
        return asyncio.run(run(address))


async def until(manager, condition):
    """Follow the manager until something holds."""
    async for change in manager.follow():
        if condition():
            return change
    return None


def test_devices_and_access_points_as_facts(tmp_path):
    async def work(manager, double):
        return manager.version, manager.devices(), manager.access_points(manager.device("wlan0"))

    version, (wlan0,), aps = meet(tmp_path, work)
    assert version == "1.52.1"
    assert (wlan0.ifname, wlan0.kind, wlan0.driver) == ("wlan0", 2, "mac80211_hwsim")
    assert wlan0.activated
    assert wlan0.metered is False
    assert wlan0.portal is False
    assert (wlan0.profile_uuid, wlan0.bitrate_mbit, wlan0.last_scan_ms) == (UUID, 866.7, None)
    assert wlan0.active_ap == ap_path(0)
    assert [ap.bssid[12:] for ap in aps] == ["02:aa", "01:aa", "00:aa"]
    assert (aps[0].ssid, aps[0].frequency_mhz, aps[0].last_seen_s) == (b"home", 5975, None)
    assert (aps[1].max_mbit, aps[1].bandwidth_mhz, aps[1].last_seen_s) == (540.0, None, 5)


def test_changes_are_followed(tmp_path):
    async def work(manager, double):
        async def change():
            await asyncio.sleep(0.05)
            double.wireless.emit_properties_changed({"Bitrate": 6000})
            double.plug_in("eth7")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(change())
            await until(manager, lambda: manager.device("eth7"))
        return manager.device("wlan0").bitrate_mbit

    assert meet(tmp_path, work) == 6.0


def test_an_unplugged_device_is_gone(tmp_path):
    async def work(manager, double):
        double.plug_in("eth7")
        await manager.load()
        assert manager.device("eth7")

        async def change():
            await asyncio.sleep(0.05)
            double.unplug()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(change())
            await until(manager, lambda: not manager.device("eth7"))
        return [device.ifname for device in manager.devices()]

    assert meet(tmp_path, work) == ["wlan0"]


def test_a_restart_is_survived(tmp_path):
    async def run(address):
        first = await NetworkManagerDouble.start(address)
        bus = await Bus.at(address)
        manager = await NetworkManager.open(bus)
        seen = []

        async def follow():
            async for change in manager.follow():
                if isinstance(change, OwnerChanged):
                    seen.append((change.owner is not None, len(manager.devices())))
                    if len(seen) == 3:
                        return

        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(follow())
            await asyncio.sleep(0.05)
            await first.stop()
            await asyncio.sleep(0.05)
            second = await NetworkManagerDouble.start(address)
        await bus.aclose()
        await second.stop()
        return seen

    with private_bus(tmp_path) as (address, _):
        assert asyncio.run(run(address)) == [(True, 1), (False, 0), (True, 1)]


def test_signals_of_an_impostor_are_not_believed(tmp_path):
    async def work(manager, double):
        from dbus_fast import Message, Variant

        liar = await Bus.at(f"unix:path={tmp_path}/bus")

        async def lie():
            await asyncio.sleep(0.05)
            body = [
                "org.freedesktop.NetworkManager.Device.Wireless",
                {"Bitrate": Variant("u", 1000)},
                [],
            ]
            for destination in (None, manager._service.bus.connection.unique_name):
                message = Message.new_signal(
                    DEVICE, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body
                )
                message.destination = destination
                await liar.connection.send(message)
            await liar.aclose()
            double.plug_in("eth7")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lie())
            await until(manager, lambda: manager.device("eth7"))
        return manager.device("wlan0").bitrate_mbit

    assert meet(tmp_path, work) == 866.7


def test_a_bus_that_dies_ends_the_news_with_a_transient_error(tmp_path):
    async def run(address, kill):
        double = await NetworkManagerDouble.start(address)
        bus = await Bus.at(address)
        manager = await NetworkManager.open(bus)

        async def follow():
            async for _ in manager.follow():
                kill()

        with pytest.raises(DriverError) as caught:
            await follow()
        assert caught.value.transient
        with pytest.raises(DriverError, match="is gone"):
            await manager.load()
        await bus.aclose()
        with suppress(EOFError):
            await double.stop()

    with private_bus(tmp_path) as (address, kill):
        asyncio.run(run(address, kill))


def test_more_signals_than_are_read_end_the_news(tmp_path, monkeypatch):
    monkeypatch.setattr(message_bus, "_MOST_WAITING", 5)

    async def work(manager, double):
        async def follow():
            async for _ in manager.follow():
                for bitrate in range(1000, 1020):
                    double.wireless.emit_properties_changed({"Bitrate": bitrate})
                await asyncio.sleep(0.05)  # meanwhile they pile up

        with pytest.raises(DriverError, match="signals were lost") as caught:
            await follow()
        return caught.value.transient

    assert meet(tmp_path, work)


def test_scans_respect_the_limit(tmp_path):
    async def work(manager, double):
        await manager.request_scan(manager.device("wlan0"))
        await manager.load()
        with pytest.raises(DriverError, match="too soon") as soon:
            await manager.request_scan(manager.device("wlan0"))
        double.wireless.last_scan, double.refuses_scans = -1, True
        await manager.load()
        with pytest.raises(DriverError, match="not allowed immediately") as refused:
            await manager.request_scan(manager.device("wlan0"))
        return double.calls, soon.value.transient, refused.value.transient

    assert meet(tmp_path, work) == ([("scan",)], True, True)


def test_a_setting_is_turned_in_memory_and_put_back(tmp_path):
    async def work(manager, double):
        knob = ProfileSetting(manager)
        journal = Journal.open(tmp_path / "state", "b1")
        before = dict(double.profile.settings["802-11-wireless"])
        for name, value in (("ipv6.method", "disabled"), ("802-11-wireless.bssid", "02:00:00:00:01:aa"),
                            ("802-11-wireless.assigned-mac-address", "permanent"), ("802-11-wireless.powersave", 2)):  # fmt: skip
            await journal.turn(knob, f"{UUID}/{name}", value)
        wireless = double.profile.settings["802-11-wireless"]
        assert wireless["bssid"].value == bytes.fromhex("0200000001aa")
        assert wireless["assigned-mac-address"].value == "permanent"
        assert wireless["powersave"].value == 2
        assert "cloned-mac-address" not in wireless
        assert double.profile.settings["ipv6"]["method"].value == "disabled"
        report = await journal.revert({"nm_setting": knob})
        journal.close()
        assert {done.outcome for done in report} == {Outcome.RESTORED}
        assert {c for c in double.calls if c[0] == "update2"} == {("update2", 2)}
        assert double.profile.settings["ipv6"]["method"].value == "auto"
        wireless = double.profile.settings["802-11-wireless"]
        assert wireless.keys() == before.keys() - {"cloned-mac-address"}
        assert wireless["assigned-mac-address"].value == "random"

    meet(tmp_path, work)


def test_settings_and_profiles_that_are_not_there(tmp_path):
    async def work(manager, double):
        knob = ProfileSetting(manager)
        with pytest.raises(DriverError, match="no setting that airsonde turns"):
            await knob.read(f"{UUID}/802-11-wireless-security.psk")
        with pytest.raises(UnsupportedError, match="is gone"):
            await knob.read("nobody/ipv6.method")
        with pytest.raises(DriverError, match="cannot be"):
            await knob.write(f"{UUID}/802-11-wireless.bssid", "zz")
        return double.calls

    assert meet(tmp_path, work) == []


def test_a_checkpoint_keeps_what_went_well_and_undoes_the_rest(tmp_path):
    async def work(manager, double):
        knob, wlan0 = ProfileSetting(manager), manager.device("wlan0")
        async with manager.checkpoint([wlan0], 30):
            await knob.write(f"{UUID}/ipv6.method", "ignore")
        assert await knob.read(f"{UUID}/ipv6.method") == "ignore"

        async def fail():
            async with manager.checkpoint([wlan0], 30):
                await knob.write(f"{UUID}/ipv6.method", "disabled")
                await manager.activate(wlan0, PROFILE, ap_path(1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await knob.read(f"{UUID}/ipv6.method") == "ignore"
        return [call for call in double.calls if call[0] != "update2"]

    checkpoint = ("checkpoint", (DEVICE,), 30)
    assert meet(tmp_path, work) == [
        checkpoint,
        ("keep", "/org/freedesktop/NetworkManager/Checkpoint/1"),
        checkpoint,
        ("activate", PROFILE, DEVICE, ap_path(1)),
        ("rollback", "/org/freedesktop/NetworkManager/Checkpoint/1"),
    ]


def test_without_networkmanager(tmp_path):
    async def run(address):
        bus = await Bus.at(address)
        with pytest.raises(UnsupportedError):
            await NetworkManager.open(bus)
        await bus.aclose()

    with private_bus(tmp_path) as (address, _):
        asyncio.run(run(address))


def test_without_a_bus(tmp_path):
    with pytest.raises(DriverError, match="cannot connect to D-Bus"):
        asyncio.run(Bus.at(f"unix:path={tmp_path}/none"))
    with pytest.raises(DriverError, match="cannot connect to D-Bus"):
        asyncio.run(Bus.at("sorcery"))


def test_many_access_points(tmp_path):
    async def work(manager, double):
        return len(manager.access_points(manager.device("wlan0")))

    assert meet(tmp_path, work, aps=60) == 60

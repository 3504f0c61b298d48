"""wpa_supplicant, iwd, GameMode and logind against doubles on a private bus."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from airsonde.core.errors import UnsupportedError
from airsonde.drivers.linux.gamemode import follow_games, games
from airsonde.drivers.linux.iwd import Backend, Iwd, IwdPlan, backend, put_plan
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.knobs import WholeFile
from airsonde.drivers.linux.logind import Sleep, sleeps
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.supplicant import Supplicant
from tests.doubles import services
from tests.doubles.private_bus import private_bus


@asynccontextmanager
async def connected(address, *doubles):
    """A bus with services that end with the block."""
    others = [await services.offered(address, name, *exports) for name, exports in doubles]
    bus = await Bus.at(address)
    try:
        async with asyncio.timeout(10):
            yield bus
    finally:
        await bus.aclose()
        for other in others:
            other.disconnect()
            await other.wait_for_disconnect()


def test_the_supplicant_tells_where_it_is_and_roams(tmp_path):
    interface, exports = services.supplicant()

    async def run(address):
        async with connected(address, (services.WPA, exports)) as bus:
            supplicant = Supplicant(bus)
            state = await supplicant.state("wlan0")
            await supplicant.roam("wlan0", "02:00:00:00:02:aa")
            with pytest.raises(UnsupportedError, match="does not manage wlan1"):
                await supplicant.roam("wlan1", "02:00:00:00:02:aa")
            interface.bss = "/fi/w1/wpa_supplicant1/Interfaces/0/BSSs/99"
            return state, (await supplicant.state("wlan0")).bssid, await backend(bus, "wlan0")

    with private_bus(tmp_path) as (address, _):
        state, left, held_by = asyncio.run(run(address))
    assert (state.state, state.bssid, state.signal_dbm) == ("completed", "02:00:00:00:01:aa", -61)
    assert state.disconnect_reason == -15
    assert left is None
    assert interface.roams == ["02:00:00:00:02:aa"]
    assert held_by is Backend.SUPPLICANT


def test_iwd_is_found_and_tells_of_the_link(tmp_path):
    async def run(address):
        _, exports = services.supplicant()
        async with connected(
            address, (services.IWD, services.iwd()), (services.WPA, exports)
        ) as bus:
            with pytest.raises(UnsupportedError, match="does not manage wlan1"):
                await Iwd(bus).link("wlan1")
            return (
                await backend(bus, "wlan0"),
                await backend(bus, "wlan1"),
                await Iwd(bus).link("wlan0"),
            )

    with private_bus(tmp_path) as (address, _):
        held_by, other, link = asyncio.run(run(address))
    assert (held_by, other) == (Backend.IWD, Backend.NONE)
    assert (link.bssid, link.frequency_mhz, link.signal_dbm) == ("02:00:00:00:01:aa", 5180, -55)
    assert (link.tx_mbit, link.rx_mbit) == (433.3, None)


def test_nobody_holds_an_interface(tmp_path):
    async def run(address):
        async with connected(address) as bus:
            with pytest.raises(UnsupportedError, match="does not run"):
                await Supplicant(bus).state("wlan0")
            assert not await Iwd(bus).manages("wlan0")
            return await backend(bus, "wlan0"), await games(bus)

    with private_bus(tmp_path) as (address, _):
        assert asyncio.run(run(address)) == (Backend.NONE, frozenset())


def test_iwds_settings_are_written_beside_the_users(tmp_path):
    path = tmp_path / "main.conf"
    path.write_text("# mine\n[General]\nEnableNetworkConfiguration=true\n")
    plan = IwdPlan(disable_roaming_scan=True, roam_threshold_dbm=-75, band_modifier_6ghz=1.2)
    journal = Journal.open(tmp_path / "state", "b1")
    assert asyncio.run(put_plan(journal, plan, path))
    assert not asyncio.run(put_plan(journal, plan, path))
    assert path.read_text().splitlines() == [
        "# mine",
        "[General]",
        "EnableNetworkConfiguration=true",
        "RoamThreshold=-75",
        "",
        "[Scan]",
        "DisableRoamingScan=true",
        "",
        "[Rank]",
        "BandModifier6GHz=1.2",
    ]
    asyncio.run(journal.revert({"file": WholeFile()}))
    journal.close()
    assert path.read_text() == "# mine\n[General]\nEnableNetworkConfiguration=true\n"


def test_games_are_followed(tmp_path):
    async def run(address):
        double = services.GameMode()
        exports = [("/com/feralinteractive/GameMode", double)]
        async with connected(address, (services.GAMEMODE, exports)) as bus:
            seen = []
            async for found in follow_games(bus):
                seen.append(found)
                if len(seen) == 3:
                    return seen
                double.register(100 + len(seen))
        return None

    with private_bus(tmp_path) as (address, _):
        assert asyncio.run(run(address)) == [frozenset(), {101}, {101, 102}]


@pytest.mark.parametrize(
    "answer", [[], [("s", "x")], [("u", 7)], [("(iss)", [1, "a", "b"])], [("(ss)", ["1", "a"])]]
)
def test_a_false_gamemode_names_no_games(tmp_path, answer):
    from dbus_fast import Variant

    async def run(address):
        double = services.FalseGameMode([Variant(*told) for told in answer])
        exports = [("/com/feralinteractive/GameMode", double)]
        async with connected(address, (services.GAMEMODE, exports)) as bus:
            return await games(bus)

    with private_bus(tmp_path) as (address, _):
        assert asyncio.run(run(address)) == frozenset()


def test_sleep_and_waking_are_told(tmp_path):
    async def run(address):
        login = services.Login()
        async with connected(
            address, (services.LOGIN, [("/org/freedesktop/login1", login)])
        ) as bus:
            seen = []

            async def follow():
                async for sleep in sleeps(bus):
                    seen.append(sleep)
                    if len(seen) == 2:
                        return

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(follow())
                await asyncio.sleep(0.05)
                login.PrepareForSleep(True)
                login.PrepareForSleep(False)
            return seen

    with private_bus(tmp_path) as (address, _):
        assert asyncio.run(run(address)) == [Sleep.GOING, Sleep.AWAKE]

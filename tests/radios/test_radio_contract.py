"""One controller, one contract, every radio; what each binding does beyond it."""

import asyncio
from types import SimpleNamespace

import pytest

from airsonde.apps.mesh.listening_radio import ListeningRadio
from airsonde.core.channel import Band, from_primary
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.core.ids import parse_mac
from airsonde.drivers.linux.commands import driver_of, run_command
from airsonde.drivers.linux.interface import Interface
from airsonde.mesh.packets import RawCsi
from airsonde.radios.esp32.ops import FirmwareRadio
from airsonde.radios.linux.ops import LinuxRadio
from airsonde.radios.nexmon import commands, ops
from airsonde.radios.nexmon.ops import NexmonRadio
from airsonde.radios.sim.ops import SimRadio
from airsonde.radios.sim.scene import Motion, Scene
from airsonde.testing.radio_contract import RadioContract

SECOND = 1_000_000_000


class Clock:
    """A clock that goes on by a tenth of a second whenever it is read."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += SECOND // 10
        return self.now


class TalkingFirmware(FirmwareRadio):
    """A node that sends two frames whenever somebody looks."""

    async def health(self):
        for seq in range(2):
            self.heard(RawCsi(7, 1, 2, 2462, seq, -50, -94, 0, bytes(4)))
        return await super().health()


class Questions:
    """A card on channel 6 that tells more busy time whenever it is asked."""

    def __init__(self):
        self.asked = 0

    async def interfaces(self):
        return [SimpleNamespace(index=3, frequency_mhz=2437, width_mhz=20, is_station=True)]

    async def stations(self, interface):
        return [SimpleNamespace(signal_dbm=-58)]

    async def surveys(self, interface):
        self.asked += 1
        return [
            SimpleNamespace(frequency_mhz=2437, in_use=True, noise_dbm=-93,
                            active_ms=1000 * self.asked, busy_ms=250 * self.asked),
            SimpleNamespace(frequency_mhz=2462, in_use=False, noise_dbm=None,
                            active_ms=None, busy_ms=None),
        ]  # fmt: skip

    async def aclose(self):
        self.asked = 0


class TestSimulated(RadioContract):
    def radio(self):
        return SimRadio(seed=3, loss=0.1, drift_ppm=20)


class TestListening(RadioContract):
    def radio(self):
        return ListeningRadio("the capture a.pcap")


class TestFirmware(RadioContract):
    def radio(self):
        return TalkingFirmware(Clock())


class TestLinux(RadioContract):
    def radio(self):
        return LinuxRadio(Interface(index=3, name="wlan0"), Questions())


class TestNexmon(RadioContract):
    @pytest.fixture(autouse=True)
    def _on_a_raspberry_pi(self, monkeypatch):
        monkeypatch.setattr(ops, "driver_of", lambda ifname: "brcmfmac")
        self.ran = []

    def radio(self):
        async def run(command, /):
            self.ran.append(command)

        return NexmonRadio("wlan0", run)

    def test_commands_bring_it_up_and_leave_it_as_it_was(self):
        async def use():
            radio = self.radio()
            await radio.open()
            await radio.set_channel(149, 80)
            await radio.aclose()

        asyncio.run(use())
        assert self.ran[0] == ("ip", "link", "set", "wlan0", "up")
        assert [c[1:3] for c in self.ran[1:]] == [
            ("-Iwlan0", "-s500"), ("-Iwlan0", "-m1"), ("-Iwlan0", "-s500"),
            ("-Iwlan0", "-s500"), ("-Iwlan0", "-m0"),
        ]  # fmt: skip
        assert self.ran[4][-1] == f"-v{commands.csi_parameters(None)}"


@pytest.mark.parametrize(
    ("number", "width", "text"),
    [(60, 20, "PNABEQAAAQAOUrNUz6wAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
     (149, 80, "m+ABEQAAAQAOUrNUz6wAAAAAAAAAAAAAAAAAAAAAAAAAAA==")],
)  # fmt: skip
def test_parameters_are_those_of_makecsiparams(number, width, text):
    """`makecsiparams -c <channel> -C 1 -N 1 -m 0e:52:b3:54:cf:ac`, as published by its users."""
    channel = from_primary(Band.GHZ_5, number, width)
    assert commands.csi_parameters(channel, only=(parse_mac("0e:52:b3:54:cf:ac"),)) == text


def test_nexmon_is_refused_elsewhere():
    radio = NexmonRadio("lo", run_command)
    with pytest.raises(UnsupportedError, match="lo is no Broadcom radio of a Raspberry Pi"):
        asyncio.run(radio.open())
    assert driver_of("../../etc") is None


def test_commands_that_fail_say_which():
    for command, said in (
        (("no-such-program-xyz",), "no program no-such-program-xyz"),
        (("sh", "-c", "echo reason >&2; exit 3"), "reason"),
    ):
        with pytest.raises(DriverError, match=said):
            asyncio.run(run_command(command))


def test_firmware_radio_tells_what_its_node_sends():
    clock = Clock()
    radio = FirmwareRadio(clock)

    async def use():
        await radio.open()
        for i in range(40):
            radio.heard(RawCsi(7, 1, 2, 2462, i, -50 - i % 3, -94, 0, bytes(4)))
        return await radio.health()

    health = asyncio.run(use())
    assert (health.channel, health.rssi_median_dbm, health.noise_dbm) == (11, -51, -94)
    assert health.pkt_yield == 10


def test_a_linux_card_tells_signal_and_busy_time():
    async def use():
        radio = LinuxRadio(Interface(index=3, name="wlan0"), Questions())
        await radio.open()
        await radio.health()
        health = await radio.health()
        await radio.aclose()
        return health

    health = asyncio.run(use())
    assert (health.channel, health.bw_mhz, health.rssi_median_dbm) == (6, 20, -58)
    assert health.busy == {6: 0.25}
    with pytest.raises(UnsupportedError, match="no Wi-Fi interface"):
        asyncio.run(LinuxRadio(Interface(index=4, name="eth0"), Questions()).open())


def test_simulated_frames_are_seeded_paced_and_lost():
    def frames(loss, seed=1):
        radio = SimRadio(Scene(motion=Motion.WALKER), seed=seed, loss=loss)

        async def use():
            await radio.open()
            out = []
            for tick in range(50):
                out += radio.frames(tick * SECOND // 10)
            return out, await radio.health()

        return asyncio.run(use())

    whole, health = frames(0.0)
    count = sum(len(b) for b in whole)
    assert 470 <= count <= 510
    assert 90 <= health.pkt_yield <= 110
    assert sum(len(b) for b in frames(0.5)[0]) < 0.6 * count
    assert all((a.csi == b.csi).all() for a, b in zip(whole, frames(0.0)[0], strict=True))
    times = [t for b in whole for t in b.t_ns.tolist()]
    assert times == sorted(times)


def test_a_simulated_radio_off_its_channel_is_another_lane():
    async def use():
        radio = SimRadio()
        await radio.open()
        radio.frames(0)
        first = radio.frames(SECOND // 10)
        await radio.set_channel(11, 20)
        second = radio.frames(2 * SECOND // 10) + radio.frames(3 * SECOND // 10)
        await radio.set_csi(enabled=False)
        assert radio.frames(4 * SECOND // 10) == []
        return first[0].lane, second[0].lane

    before, after = asyncio.run(use())
    assert (before.number, before.channel.primary) == (0, 36)
    assert (after.number, after.channel.primary) == (1, 11)

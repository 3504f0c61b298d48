"""A Raspberry Pi with nexmon_csi firmware, as the mesh commands its radio."""

from airsonde.core.channel import Channel, band_of, from_primary
from airsonde.core.errors import ConfigError, DriverError, UnsupportedError
from airsonde.drivers.linux.commands import CommandRunner, driver_of
from airsonde.mesh.model import CaptureProfile, RadioMode
from airsonde.mesh.observation import RadioHealth
from airsonde.radios.nexmon import commands

_DRIVERS = ("brcmfmac",)
_START = (36, 80)


class NexmonRadio:
    """`run` carries commands out; frames come to UDP port 5500 and are read from there."""

    def __init__(self, ifname: str, run: CommandRunner) -> None:
        self._ifname = ifname
        self._run = run
        self._channel = _channel(*_START)
        self._open = False

    async def open(self) -> None:
        """Raises UnsupportedError on an interface that no such firmware can run on."""
        driver = driver_of(self._ifname)
        if driver not in _DRIVERS:
            said = "there is none" if driver is None else f"its driver is {driver}"
            raise UnsupportedError(
                f"{self._ifname} is no Broadcom radio of a Raspberry Pi ({said});"
                " nexmon_csi needs one, other radios have a binding of their own"
            )
        for command in commands.begin(self._ifname, self._channel):
            await self._run(command)
        await self._run(commands.monitor(self._ifname, enabled=True))
        self._open = True

    async def set_channel(self, channel: int, bw_mhz: int) -> None:
        self._demand_open()
        there = _channel(channel, bw_mhz)
        await self._run(commands.collect(self._ifname, there))
        self._channel = there

    async def set_mode(self, mode: RadioMode) -> None:
        self._demand_open()
        if mode in {RadioMode.ACTIVE_PROBE, RadioMode.CALIBRATION}:
            raise UnsupportedError("nexmon_csi listens; let another node send the probes")
        wanted = self._channel if mode is RadioMode.PASSIVE_RX else None
        await self._run(commands.collect(self._ifname, wanted))

    async def set_profile(self, profile: CaptureProfile) -> None:
        """Every frame of the channel is measured, whatever the profile."""
        self._demand_open()
        if profile is CaptureProfile.ACTIVE_PROBE:
            raise UnsupportedError("nexmon_csi listens; let another node send the probes")

    async def set_csi(self, *, enabled: bool) -> None:
        self._demand_open()
        await self._run(commands.collect(self._ifname, self._channel if enabled else None))

    async def health(self) -> RadioHealth:
        """The channel; how many frames come and how strong is told by them."""
        if not self._open:
            return RadioHealth(open=False)
        primary, width = self._channel.primary, self._channel.width_mhz
        return RadioHealth(open=True, channel=primary, bw_mhz=width)

    async def aclose(self) -> None:
        if self._open:
            self._open = False
            await self._run(commands.collect(self._ifname, None))
            await self._run(commands.monitor(self._ifname, enabled=False))

    def _demand_open(self) -> None:
        if not self._open:
            raise DriverError(f"{self._ifname} is not open")


def _channel(number: int, bw_mhz: int) -> Channel:
    try:
        return from_primary(band_of(number), number, bw_mhz, above=True)
    except ConfigError as e:
        raise UnsupportedError(str(e)) from None

"""A Wi-Fi card that Linux manages, as the mesh sees it: its signal and how busy channels are.

The channel is that of its access point and belongs to who manages the network; no card tells its
CSI by nl80211. So it only reports.
"""

from dataclasses import dataclass
from typing import Protocol

from airsonde.core.channel import number_of
from airsonde.core.errors import ConfigError, DriverError, UnsupportedError
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.nl80211 import Nl80211
from airsonde.drivers.linux.wifi_facts import Station, Survey, WifiInterface
from airsonde.mesh.model import CaptureProfile, RadioMode
from airsonde.mesh.observation import RadioHealth


class WifiQuestions(Protocol):
    """What is asked of nl80211."""

    async def interfaces(self) -> list[WifiInterface]: ...
    async def stations(self, interface: Interface) -> list[Station]: ...
    async def surveys(self, interface: Interface) -> list[Survey]: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Times:
    active_ms: int
    busy_ms: int


class LinuxRadio:
    """One interface; `wifi` None: the kernel is asked, once it is opened."""

    def __init__(self, interface: Interface, wifi: WifiQuestions | None = None) -> None:
        self._interface = interface
        self._wifi = wifi
        self._times: dict[int, _Times] = {}
        self._busy: dict[int, float] = {}
        self._open = False

    async def open(self) -> None:
        """Raises UnsupportedError for what is no Wi-Fi interface."""
        self._wifi = self._wifi or await Nl80211.open()
        if await self._own() is None:
            raise UnsupportedError(f"{self._interface.name} is no Wi-Fi interface")
        self._open = True

    async def set_channel(self, channel: int, bw_mhz: int) -> None:
        raise UnsupportedError(
            f"{self._interface.name} is on its access point's channel, not on {channel}"
            f" ({bw_mhz} MHz); use a radio that measures CSI for that"
        )

    async def set_mode(self, mode: RadioMode) -> None:
        if mode is not RadioMode.PASSIVE_RX:
            raise UnsupportedError(f"{self._interface.name} only reports")

    async def set_profile(self, profile: CaptureProfile) -> None:
        if profile is not CaptureProfile.PASSIVE_LOW_RATE:
            raise UnsupportedError(f"{self._interface.name} measures no CSI in any profile")

    async def set_csi(self, *, enabled: bool) -> None:
        if enabled:
            raise UnsupportedError(f"{self._interface.name} tells no CSI by nl80211")

    async def health(self) -> RadioHealth:
        """Signal now, and busy shares since this was asked before."""
        own = await self._own() if self._open else None
        if own is None or self._wifi is None:
            return RadioHealth(open=False)
        stations = await self._wifi.stations(self._interface)
        noise: int | None = None
        for survey in await self._wifi.surveys(self._interface):
            self._note(survey)
            noise = survey.noise_dbm if survey.in_use else noise
        signal = [s.signal_dbm for s in stations if s.signal_dbm is not None]
        return RadioHealth(
            open=True,
            channel=_channel(own.frequency_mhz),
            bw_mhz=own.width_mhz,
            rssi_median_dbm=signal[0] if own.is_station and signal else None,
            noise_dbm=noise,
            busy=dict(self._busy),
        )

    async def aclose(self) -> None:
        if self._wifi is not None and self._open:
            await self._wifi.aclose()
        self._open = False

    async def _own(self) -> WifiInterface | None:
        if self._wifi is None:
            raise DriverError(f"{self._interface.name} is not open")
        found = await self._wifi.interfaces()
        return next((i for i in found if i.index == self._interface.index), None)

    def _note(self, survey: Survey) -> None:
        channel = _channel(survey.frequency_mhz)
        if channel is None or survey.active_ms is None or survey.busy_ms is None:
            return
        now = _Times(survey.active_ms, survey.busy_ms)
        before = self._times.get(channel, _Times(0, 0))
        self._times[channel] = now
        active_ms = now.active_ms - before.active_ms
        if active_ms > 0:
            share = (now.busy_ms - before.busy_ms) / active_ms
            self._busy[channel] = min(1.0, max(0.0, share))


def _channel(mhz: int | None) -> int | None:
    try:
        return None if mhz is None else number_of(mhz)[1]
    except ConfigError:
        return None

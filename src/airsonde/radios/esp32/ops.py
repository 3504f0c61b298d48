"""An ESP32 node with existing firmware, as far as it can be commanded: it cannot.

That firmware has no receive path: channel and rate are what was written to its flash. What it
sends says how it fares.
"""

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Final

from airsonde.core.errors import UnsupportedError
from airsonde.mesh.messages import Health
from airsonde.mesh.model import CaptureProfile, RadioMode
from airsonde.mesh.observation import RadioHealth
from airsonde.mesh.packets import RawCsi
from airsonde.radios.esp32.decode import channel_number

_SECOND_NS: Final = 1_000_000_000
_KEPT: Final = 64
_HT20_MHZ: Final = 20


class FirmwareRadio:
    """Give it what its node sends; `now_ns` is the clock those are stamped with."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._open = False
        self._second: int | None = None
        self._counted = 0
        self._yield: float | None = None
        self._channel: int | None = None
        self._rssi: deque[int] = deque(maxlen=_KEPT)
        self._noise_dbm: float | None = None

    def heard(self, packet: RawCsi | Health) -> None:
        """Take one packet of the node."""
        if isinstance(packet, Health):
            self._channel = packet.channel or self._channel
            return
        self._turn()
        self._counted += 1
        self._channel = channel_number(packet.freq_mhz) or self._channel
        self._rssi.append(packet.rssi_dbm)
        self._noise_dbm = packet.noise_dbm or self._noise_dbm

    async def open(self) -> None:
        self._open = True

    async def set_channel(self, channel: int, bw_mhz: int) -> None:
        raise UnsupportedError(
            f"firmware of ESP32 nodes takes no orders: for channel {channel} ({bw_mhz} MHz) set"
            " csi_channel in its flash (NVS csi_cfg) and restart it"
        )

    async def set_mode(self, mode: RadioMode) -> None:
        if mode is not RadioMode.PASSIVE_RX:
            raise UnsupportedError("firmware of ESP32 nodes only listens")

    async def set_profile(self, profile: CaptureProfile) -> None:
        raise UnsupportedError(
            f"firmware of ESP32 nodes chooses its profile itself, not {profile.name.lower()}"
        )

    async def set_csi(self, *, enabled: bool) -> None:
        if not enabled:
            raise UnsupportedError("firmware of ESP32 nodes streams its CSI always")

    async def health(self) -> RadioHealth:
        if not self._open:
            return RadioHealth(open=False)
        self._turn()
        return RadioHealth(
            open=True,
            pkt_yield=self._yield,
            channel=self._channel,
            bw_mhz=_HT20_MHZ if self._channel else None,
            rssi_median_dbm=median(self._rssi) if self._rssi else None,
            noise_dbm=self._noise_dbm,
        )

    async def aclose(self) -> None:
        self._open = False

    def _turn(self) -> None:
        """Count by whole seconds."""
        second = self._now_ns() // _SECOND_NS
        if second == self._second:
            return
        if self._second is not None:
            self._yield = float(self._counted) if second == self._second + 1 else 0.0
        self._second, self._counted = second, 0

"""What the mesh needs from the world: a radio, a network, a clock. Time comes as numbers."""

from typing import Protocol

from airsonde.mesh.identity import Address
from airsonde.mesh.model import CaptureProfile, RadioMode
from airsonde.mesh.observation import RadioHealth


class RadioOps(Protocol):
    """One radio. What it cannot do raises UnsupportedError, what failed DriverError."""

    async def open(self) -> None: ...
    async def set_channel(self, channel: int, bw_mhz: int) -> None: ...
    async def set_mode(self, mode: RadioMode) -> None: ...
    async def set_profile(self, profile: CaptureProfile) -> None: ...
    async def set_csi(self, *, enabled: bool) -> None: ...
    async def health(self) -> RadioHealth:
        """The last whole window; an unknown number is None, never 0."""

    async def aclose(self) -> None: ...


class Transport(Protocol):
    """Datagrams to and from peers."""

    async def receive(self) -> list[tuple[bytes, Address]]:
        """At least one datagram, and whatever else has come by then."""

    async def send(self, data: bytes, peer: Address | None = None) -> None:
        """To one peer, or to all of them."""

    async def aclose(self) -> None: ...


class Clock(Protocol):
    """A monotonic clock."""

    def now_ns(self) -> int: ...

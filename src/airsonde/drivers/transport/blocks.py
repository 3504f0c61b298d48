"""Payloads as they arrive: many in one buffer, and what every live source offers."""

from dataclasses import dataclass
from typing import Protocol

from airsonde.csi.model import I64, U8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PayloadBlock:
    """n payloads at `starts` with `sizes` (int64[n]) in `data`, received at `t_ns` (Unix time).

    `data` is the source's own buffer: it holds these bytes until the next block is asked for.
    """

    data: U8
    starts: I64
    sizes: I64
    t_ns: I64

    def __len__(self) -> int:
        return len(self.starts)


class LiveSource(Protocol):
    """A socket or a port that delivers payloads."""

    @property
    def name(self) -> str:
        """Where it listens, as people write it."""

    @property
    def lost(self) -> int | None:
        """Payloads dropped before they could be read; None: nobody counts them."""

    async def receive(self) -> PayloadBlock:
        """Wait for payloads; at least one is returned. Raises DriverError when the source fails.

        It may be cancelled at any time without a loss.
        """

    def take(self) -> PayloadBlock:
        """What is there already, which may be nothing."""

    async def aclose(self) -> None: ...

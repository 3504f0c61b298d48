"""What the CSI runtime needs from whoever turns bytes into frames."""

from dataclasses import dataclass
from typing import Protocol

from airsonde.csi.model import I64, U8, FrameBatch, Tally


@dataclass(frozen=True, slots=True)
class Fed:
    """Frames out of one block, and how many of its bytes are done with."""

    batches: list[FrameBatch]
    consumed: int


class Decoder(Protocol):
    """Bytes of one capture in, batches out; it remembers lanes and counts, and touches nothing.

    The caller keeps what was not consumed and offers it again, with more behind it. Frames do not
    depend on where the bytes were cut. With `final` nothing more will come: everything is
    consumed, an incomplete last record is counted as skipped. Bad records are skipped and counted;
    DecodeError means that the bytes as a whole are not what this decoder reads.
    """

    @property
    def tally(self) -> Tally: ...
    @property
    def chip(self) -> str | None: ...
    @property
    def warnings(self) -> list[str]: ...

    def feed(self, data: memoryview, *, final: bool = False) -> Fed: ...


class PayloadDecoder(Protocol):
    """One live payload in, its frame out."""

    def decode(self, data: bytes, t_ns: int) -> FrameBatch:
        """Decode one payload. Raises DecodeError with the reason when it is not a good one."""


class DatagramDecoder(Protocol):
    """Many live payloads in one buffer; bad ones are counted, never raised."""

    @property
    def tally(self) -> Tally: ...
    @property
    def chip(self) -> str | None: ...

    def decode_block(self, data: U8, starts: I64, sizes: I64, t_ns: I64) -> list[FrameBatch]:
        """Decode n payloads at `starts` with `sizes` (int64[n]) received at `t_ns` (int64[n]).

        The batches own their memory: the caller may reuse `data` (uint8) afterwards.
        """

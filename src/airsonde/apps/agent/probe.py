"""Listen to a live source for a moment and say what comes, and what to do when nothing does."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from airsonde.apps.python_api import datagram_decoder, payload_decoder
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Family
from airsonde.drivers.transport.blocks import LiveSource

_SAMPLES: Final = 8
_GUESSED: Final = (Family.NEXMON, Family.ESP32, Family.SIM)
SENDERS: Final = {
    Family.NEXMON: "arm the extractor (`nexutil -Iwlan0 -s500 …`) on the access point's channel; "
    "`tcpdump -ni wlan0 dst port 5500` must show packets",
    Family.ESP32: "check that the board runs and has joined this network, and that this machine is "
    "its target address",
}


@dataclass(slots=True, kw_only=True)
class Probe:
    """What came in `seconds`; `others` are families that can read what `family` cannot.

    `arrived` datagrams reached the machine over `ifname`, None where nobody could look.
    """

    family: Family
    received: int = 0
    decoded: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    printable: float = 1.0
    others: tuple[Family, ...] = ()
    arrived: int | None = None
    ifname: str | None = None

    def finding(self, *, lines: bool) -> tuple[bool, str, str | None]:
        """Whether all is well, what was found, and the remedy; `lines`: it should be text."""
        if not self.received:
            return False, *self._silence()
        if self.decoded:
            return True, f"{self.decoded} of {self.received} payloads are frames", None
        if self.others:
            other = self.others[0].value
            return False, f"what comes is of an {other} radio", f'set family = "{other}"'
        reason = self.skipped.most_common(1)[0][0] if self.skipped else "unknown"
        if lines and self.printable < 0.7:
            return False, "what comes is no text", "the baud rate is wrong; try 115200 or 921600"
        return False, f"none of {self.received} payloads is a frame: {reason}", "update the sender"

    def _silence(self) -> tuple[str, str]:
        """What is known of nothing, and the remedy."""
        sender = SENDERS.get(self.family, "check that the sender runs")
        if self.arrived is None:
            return "nothing came", f"{sender}; does a firewall drop it (`nft list ruleset`)?"
        if not self.arrived:
            return "nothing came, nor did anything reach this machine for that port", sender
        found = f"nothing came, but {self.arrived} datagrams for that port reached {self.ifname}"
        return found, (
            "a firewall drops them (`nft list ruleset`): accept the port in its input chain; or "
            "they go to another address than the source's host"
        )


async def listened(source: LiveSource, family: Family, seconds: float) -> Probe:
    """Listen. Raises DriverError when the source fails."""
    decoder, probe, samples = datagram_decoder(family), Probe(family=family), []
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left_s):
                block = await source.receive()
        except TimeoutError:
            break
        decoder.decode_block(block.data, block.starts, block.sizes, block.t_ns)
        rows = zip(block.starts.tolist(), block.sizes.tolist(), strict=True)
        samples += [bytes(block.data[at : at + size]) for at, size in rows]
        samples = samples[-_SAMPLES:]
    probe.received, probe.decoded = decoder.tally.records, decoder.tally.decoded
    probe.skipped = decoder.tally.skipped
    probe.printable = _printable(b"".join(samples))
    probe.others = tuple(f for f in _GUESSED if f is not family and _reads(f, samples))
    return probe


def _reads(family: Family, samples: list[bytes]) -> bool:
    """Whether a family can decode most of some payloads."""
    good = 0
    for sample in samples:
        try:
            payload_decoder(family).decode(sample, 0)
        except DecodeError:
            continue
        good += 1
    return 2 * good > len(samples)


def _printable(data: bytes) -> float:
    return sum(0x20 <= b < 0x7F or b in b"\r\n\t" for b in data) / len(data) if data else 1.0

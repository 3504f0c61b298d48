"""Files of ADR-018 datagrams, one behind the other, as a UDP sink writes them."""

from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.csi.model import Family
from airsonde.radios.esp32.decode import Adr018Decoder


def _matches(head: Head) -> bool:
    """A datagram of the family at the very front, and one of CSI in the first stretch."""
    if not (head.data[1:4] == b"\x00\x11\xc5" and 1 <= head.data[0] <= 7):
        return False
    trial = Adr018Decoder("")
    trial.feed(memoryview(head.data), final=head.complete)
    return trial.tally.decoded > 0


def _reader(path: Path, options: OpenOptions) -> Reader:
    decoder = Adr018Decoder(options.source or path.stem, options.chip)
    return StreamReader(path, Family.ESP32, decoder)


FORMATS = (CaptureFormat(name="adr018", suffixes=(".bin",), matches=_matches, reader=_reader),)

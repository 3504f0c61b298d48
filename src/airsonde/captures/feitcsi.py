"""Captures of FeitCSI (.csi)."""

from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.csi.chain import sound_share
from airsonde.csi.model import Family
from airsonde.radios.feitcsi.decode import FeitcsiDecoder
from airsonde.radios.feitcsi.layout import FeitShape


def _matches(head: Head) -> bool:
    if sound_share(head.data, FeitShape(), final=head.complete) < 0.5:
        return False
    decoder = FeitcsiDecoder()
    decoder.feed(memoryview(head.data), final=head.complete)
    return decoder.tally.decoded > 0


def _reader(path: Path, options: OpenOptions) -> Reader:
    return StreamReader(path, Family.FEITCSI, FeitcsiDecoder(options.source or path.name))


FORMATS = (CaptureFormat(name="feitcsi", suffixes=(".csi",), matches=_matches, reader=_reader),)

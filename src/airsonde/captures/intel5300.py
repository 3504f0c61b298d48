"""Logs of the Linux 802.11n CSI Tool (.dat)."""

from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.csi.chain import sound_share
from airsonde.csi.model import Family
from airsonde.radios.intel5300.decode import Intel5300Decoder
from airsonde.radios.intel5300.layout import IntelShape


def _matches(head: Head) -> bool:
    if sound_share(head.data, IntelShape(), final=head.complete) < 0.5:
        return False
    decoder = Intel5300Decoder()
    decoder.feed(memoryview(head.data), final=head.complete)
    return decoder.tally.decoded > 0


def _reader(path: Path, options: OpenOptions) -> Reader:
    return StreamReader(path, Family.INTEL5300, Intel5300Decoder(options.source or path.name))


FORMATS = (CaptureFormat(name="intel5300", suffixes=(".dat",), matches=_matches, reader=_reader),)

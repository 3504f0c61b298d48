"""Logs of the Atheros CSI Tool (.dat)."""

from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.csi.chain import sound_share
from airsonde.csi.model import Family
from airsonde.radios.atheros.decode import AtherosDecoder, byte_order
from airsonde.radios.atheros.layout import AtherosShape


def _matches(head: Head) -> bool:
    shape = AtherosShape(byte_order(head.data))
    return sound_share(head.data, shape, final=head.complete) >= 0.5


def _reader(path: Path, options: OpenOptions) -> Reader:
    return StreamReader(path, Family.ATHEROS, AtherosDecoder(options.source or path.name))


FORMATS = (CaptureFormat(name="atheros", suffixes=(".dat",), matches=_matches, reader=_reader),)

"""Captures of PicoScenes (.csi)."""

from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.csi.chain import sound_share
from airsonde.csi.model import Family
from airsonde.radios.picoscenes.decode import PicoscenesDecoder
from airsonde.radios.picoscenes.layout import PicoShape


def _matches(head: Head) -> bool:
    return sound_share(head.data, PicoShape(), final=head.complete) >= 0.5


def _reader(path: Path, options: OpenOptions) -> Reader:
    return StreamReader(path, Family.PICOSCENES, PicoscenesDecoder(options.source or path.name))


FORMATS = (CaptureFormat(name="picoscenes", suffixes=(".csi",), matches=_matches, reader=_reader),)

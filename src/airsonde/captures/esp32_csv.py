"""CSI lines of ESP32 firmware in text files, with or without header, wrapped or not."""

from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.captures.text_heads import first_lines
from airsonde.csi.model import Family
from airsonde.radios.esp32.columns import header_columns
from airsonde.radios.esp32.csv_decoder import CsvDecoder


def _matches(head: Head) -> bool:
    """A row with values in brackets, or one header line and nothing more."""
    lines = first_lines(head)
    for line in lines:
        at = line.find(b"CSI_DATA,")
        if at >= 0 and line.count(b",", at, line.find(b"[", at)) >= 10:
            return True
    return bool(lines) and head.complete and header_columns(lines[0].strip()) is not None


def _reader(path: Path, options: OpenOptions) -> Reader:
    decoder = CsvDecoder(options.source or path.stem, options.chip)
    return StreamReader(path, Family.ESP32, decoder)


FORMATS = (CaptureFormat(name="esp32-csv", suffixes=(".csv",), matches=_matches, reader=_reader),)

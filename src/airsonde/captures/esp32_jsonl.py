"""JSON lines of ESP32 recorders: datagrams or amplitudes, four dialects."""

import json
from pathlib import Path

from airsonde.captures.model import CaptureFormat, Head, OpenOptions, Reader
from airsonde.captures.stream import StreamReader
from airsonde.captures.text_heads import first_lines
from airsonde.csi.model import Family
from airsonde.radios.esp32.json_decoder import JsonDecoder


def _matches(head: Head) -> bool:
    """Among the first lines one object that measures, or that is a datagram of the family."""
    return any(_measures(line) for line in first_lines(head))


def _measures(line: bytes) -> bool:
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if str(fields.get("magic")).lower().startswith("0xc511000"):
        return True
    values = fields.get("amplitude", fields.get("subcarriers"))
    listed = isinstance(values, list) and ("node_id" in fields or "timestamp" in fields)
    return ("iq_hex" in fields and "node_id" in fields) or listed


def _reader(path: Path, options: OpenOptions) -> Reader:
    decoder = JsonDecoder(options.source or path.stem, options.chip)
    return StreamReader(path, Family.ESP32, decoder)


FORMATS = (
    CaptureFormat(name="esp32-jsonl", suffixes=(".jsonl",), matches=_matches, reader=_reader),
)

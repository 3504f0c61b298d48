"""One JSON line of an ESP32 recording, of any of four dialects, as a row or a reason.

A: datagrams re-wrapped (`iq_hex` without its header; the RSSI beside it is no RSSI).
B: the same with wrong offsets: the last 12 header bytes lead `iq_hex` and hold the true numbers.
C: amplitudes as `subcarriers`, with host time. D: amplitudes as `amplitude`, nothing else.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from airsonde.csi.model import F32
from airsonde.radios.esp32.decode import HEADER, SIBLINGS, channel_number
from airsonde.radios.esp32.layout import KNOWN_COUNTS

_MAGICS = {0xC5110000 + code: reason for code, reason in SIBLINGS.items()}
_KINDS = {"vitals": "vitals packet", "feature": "feature packet"}
_HEADER_TAIL = 12  # bytes of it from the frequency on
_MOST_AMPLITUDES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement; None: the line does not say, NaN: it says that it does not know."""

    t_ns: int | None
    node: int | None = None
    pairs: bytes = b""
    amplitudes: F32 | None = None
    channel: int | None = None
    rssi_dbm: float | None = None
    noise_dbm: float | None = None
    seq: int | None = None
    repaired: bool = False


def parse_row(line: bytes) -> Row | str:
    """The row of a line, or why it holds none."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(fields, dict):
        return "not a row"
    if "iq_hex" in fields:
        return _measured(fields)
    amplitudes = fields.get("amplitude", fields.get("subcarriers"))
    if isinstance(amplitudes, list):
        return _amplitudes(fields, amplitudes)
    return _other_packet(fields)


def _measured(fields: dict[str, Any]) -> Row | str:
    try:
        pairs = bytes.fromhex(fields["iq_hex"])
    except (ValueError, TypeError):
        return "iq_hex is not hexadecimal"
    if "ts_ns" in fields and (len(pairs) - _HEADER_TAIL) // 2 in KNOWN_COUNTS:
        return _repaired(fields, pairs)
    if len(pairs) % 2 or len(pairs) // 2 not in KNOWN_COUNTS:
        return "ragged row"
    truthful = "ts_ns" in fields
    return Row(
        t_ns=_time_ns(fields),
        node=_whole(fields.get("node_id")),
        pairs=pairs,
        channel=_whole(fields.get("channel")),
        rssi_dbm=_dbm(fields.get("rssi")) if truthful else None,
    )


def _repaired(fields: dict[str, Any], pairs: bytes) -> Row | str:
    """A row of dialect B: what leads its values is the rest of the datagram's header."""
    header = np.frombuffer(bytes(HEADER.itemsize - _HEADER_TAIL) + pairs, HEADER, count=1)[0]
    channel = channel_number(int(header["mhz"]))
    if len(pairs) % 2 or channel is None:
        return "ragged row"
    return Row(
        t_ns=_time_ns(fields),
        node=_whole(fields.get("node_id")),
        pairs=pairs[_HEADER_TAIL:],
        channel=channel,
        rssi_dbm=float(header["rssi"]),
        noise_dbm=float(header["noise"]),
        seq=int(header["seq"].astype(np.int32)),
        repaired=True,
    )


def _amplitudes(fields: dict[str, Any], amplitudes: list[Any]) -> Row | str:
    try:
        with np.errstate(over="ignore"):
            values = np.array(amplitudes, dtype=np.float64).astype(np.float32)
    except (ValueError, TypeError, OverflowError):
        return "amplitudes are not numbers"
    if values.ndim != 1 or not 0 < len(values) <= _MOST_AMPLITUDES:
        return "ragged row"
    if not np.isfinite(values).all():
        return "amplitudes are not numbers"
    return Row(
        t_ns=_time_ns(fields),
        node=_whole(fields.get("node_id")),
        amplitudes=values,
        channel=_whole(fields.get("channel")),
        rssi_dbm=_dbm(fields["rssi"]) if "rssi" in fields else None,
        noise_dbm=_dbm(fields["noise_floor"]) if "noise_floor" in fields else None,
    )


def _other_packet(fields: dict[str, Any]) -> str:
    kind = fields.get("type")
    if isinstance(kind, str) and kind in _KINDS:
        return _KINDS[kind]
    try:
        return _MAGICS.get(int(str(fields.get("magic")), 16), "not a row")
    except ValueError:
        return "not a row"


def _time_ns(fields: dict[str, Any]) -> int | None:
    """`ts_ns`, else `timestamp` in seconds, whose float holds no more than microseconds."""
    exact = _whole(fields.get("ts_ns"), limit=2**63 - 1)
    if exact is not None:
        return exact
    seconds = _number(fields.get("timestamp"))
    return None if seconds is None or abs(seconds) > 9e9 else round(seconds * 1e6) * 1000


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: object, limit: int = 2**31 - 1) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        return None
    return value


def _dbm(value: object) -> float:
    """A power; 0 is what these writers put where they have none."""
    number = _number(value)
    return number if number is not None and -128 <= number < 0 else math.nan

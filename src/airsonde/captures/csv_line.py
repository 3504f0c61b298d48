"""The words of one line of a CSV capture, and how they are read."""

import csv
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from airsonde.csi.model import Verdict

COLUMNS: Final = (
    "lane",
    "index",
    "t_ns",
    "source",
    "transmitter",
    "family",
    "ppdu",
    "channel",
    "width_mhz",
    "n_rx",
    "n_tx",
    "rx",
    "tx",
    "rssi_dbm",
    "noise_dbm",
    "seq",
    "verdict",
    "quality",
    "reasons",
    "subcarriers",
    "valid",
    "i",
    "q",
)
HEADER: Final = ",".join(COLUMNS).encode()
REASON_BREAK: Final = "; "

NO_FRAME: Final = "line that is no frame"
NOT_FINITE: Final = "value that is not finite"
MISMATCH: Final = "vector length mismatch"
_VECTORS: Final = 4  # the last columns, never in quotes
_MOST_CHAINS: Final = 64
_VERDICTS: Final = {verdict.name.lower(): int(verdict) for verdict in Verdict}
_FLOATS = msgspec.json.Decoder(list[float])
_UNKNOWN: Final = float("nan")


class LaneKey(NamedTuple):
    """The words of a lane as they stand in its lines."""

    number: str
    source: str
    transmitter: str
    family: str
    ppdu: str
    channel: str
    width_mhz: str
    n_rx: int
    n_tx: int
    subcarriers: bytes
    valid: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One receive and transmit chain of a frame; `chain` counts receive chains first."""

    lane: LaneKey
    index: int
    t_ns: int
    chain: int
    rssi_dbm: float
    noise_dbm: float
    seq: int | None
    verdict: int | None
    quality: float
    reasons: tuple[str, ...]
    i: list[float]
    q: list[float]


def read_line(text: bytes) -> Line | str:
    """One line, or why it is none."""
    parts = text.rsplit(b",", _VECTORS)
    if len(parts) <= _VECTORS:
        return NO_FRAME
    head, subcarriers, valid, i_text, q_text = parts
    try:
        i, q = _floats(i_text), _floats(q_text)
        words = dict(zip(COLUMNS[:-_VECTORS], _split(head), strict=True))
        line = _line(words, (subcarriers, valid), i, q)
    except (ValueError, LookupError, csv.Error, msgspec.DecodeError):
        return NOT_FINITE if b"null" in i_text + q_text else NO_FRAME
    sizes = {len(i), len(q), len(valid), subcarriers.count(b" ") + 1}
    return line if len(sizes) == 1 else MISMATCH


def _line(
    words: dict[str, str], tones: tuple[bytes, bytes], i: list[float], q: list[float]
) -> Line:
    n_rx, n_tx, rx, tx = (int(words[name]) for name in ("n_rx", "n_tx", "rx", "tx"))
    if not (0 <= rx < n_rx and 0 <= tx < n_tx and n_rx * n_tx <= _MOST_CHAINS):
        raise ValueError("no such chain")
    lane = LaneKey(
        words["lane"],
        words["source"],
        words["transmitter"],
        words["family"],
        words["ppdu"],
        words["channel"],
        words["width_mhz"],
        n_rx,
        n_tx,
        *tones,
    )
    reasons = words["reasons"]
    return Line(
        lane=lane,
        index=_whole(words["index"], 63),
        t_ns=_whole(words["t_ns"], 63),
        chain=rx * n_tx + tx,
        rssi_dbm=_level(words["rssi_dbm"]),
        noise_dbm=_level(words["noise_dbm"]),
        seq=_whole(words["seq"], 31) if words["seq"] else None,
        verdict=_VERDICTS[words["verdict"]] if words["verdict"] else None,
        quality=_level(words["quality"]),
        reasons=tuple(reasons.split(REASON_BREAK)) if reasons else (),
        i=i,
        q=q,
    )


def _split(head: bytes) -> list[str]:
    text = head.decode()
    return next(csv.reader([text], strict=True)) if '"' in text else text.split(",")


def _floats(text: bytes) -> list[float]:
    return _FLOATS.decode(b"[%b]" % text.replace(b" ", b","))


def _whole(text: str, bits: int) -> int:
    value = int(text)
    if not -(1 << bits) <= value < 1 << bits:
        raise ValueError("number too large")
    return value


def _level(text: str) -> float:
    return float(text) if text else _UNKNOWN

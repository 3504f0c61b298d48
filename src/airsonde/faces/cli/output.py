"""How every command prints: JSON on one side, people on the other."""

import json
import sys
from datetime import UTC, datetime
from typing import Any, Final

import click

from airsonde.captures.summary import LaneSummary

_YEAR_2000_NS: Final = 946_684_800_000_000_000
_YEAR_9999_NS: Final = 253_370_764_800_000_000_000


def print_json(value: Any) -> None:
    """Print one JSON document: pretty on a terminal, compact in a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False))


def print_line(value: Any) -> None:
    """Print one JSON document on one line, at once: whoever follows the stream sees it now."""
    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def time_text(t_ns: int) -> str:
    """UTC to the millisecond where it is Unix time, seconds where the clock began at zero."""
    if not _YEAR_2000_NS <= t_ns < _YEAR_9999_NS:
        return f"{t_ns / 1e9:>20.3f} s"
    at = datetime.fromtimestamp(t_ns / 1e9, UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{t_ns // 1_000_000 % 1000:03d}"


def count_of(number: int, word: str) -> str:
    """`1 lane`, `3 lanes`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def lane_line(lane: LaneSummary) -> str:
    """One lane on one line."""
    words = [f"#{lane.lane}", lane.transmitter or "any transmitter"]
    if lane.channel or lane.center_mhz:
        where = f"channel {lane.channel}" if lane.channel else f"{lane.center_mhz} MHz"
        words.append(f"{where} ({lane.band} GHz) {lane.width_mhz} MHz")
    words += [w for w in (lane.ppdu, lane.training) if w]
    words.append(f"{lane.n_rx}x{lane.n_tx}x{lane.subcarriers} ({lane.valid_subcarriers} valid)")
    rate = f" at {lane.rate_hz:.1f}/s" if lane.rate_hz else ""
    words.append(f"{count_of(lane.frames, 'frame')}{rate}")
    if lane.rssi_dbm:
        words.append(f"RSSI {lane.rssi_dbm[0]:.0f}…{lane.rssi_dbm[1]:.0f} dBm")
    return "  ".join(words)

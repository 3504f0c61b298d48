"""Find the CSI rows in a block of text, whatever stands around them.

A row begins with `CSI_DATA,` and ends before the next one or with its line, so that a lost line
break costs one row. Its values stand in brackets, behind commas.
"""

from dataclasses import dataclass

import numpy as np

from airsonde.csi.model import I64, U8, Bools

_MARK = np.frombuffer(b"CSI_DATA,", dtype=np.uint8)
_UNDERSCORE_AT = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowSpans:
    """N rows: where each begins, where its brackets are (`whole` False: it has none)."""

    start: I64
    opening: I64
    closing: I64
    whole: Bools


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The rows of a block, and the lines that hold none: int64[M, 2], start and stop."""

    rows: RowSpans
    other: I64


def find_rows(text: U8, odd: I64) -> Lines:
    """Locate rows and other lines that are not blank; `text` ends in a line break.

    `odd` are the positions of all characters but digits, signs, spaces and commas.
    """
    letters = text[odd]
    breaks = odd[letters == ord("\n")]
    starts = _marks(text, odd[letters == ord("_")] - _UNDERSCORE_AT)
    line_of = np.searchsorted(breaks, starts)
    stop = np.minimum(breaks[line_of], np.append(starts[1:], len(text)))
    opening = _next(odd[letters == ord("[")], starts, len(text))
    closing = _next(odd[letters == ord("]")], opening, len(text))
    rows = RowSpans(start=starts, opening=opening, closing=closing, whole=closing < stop)
    begins = np.append(0, breaks[:-1] + 1)
    bare = np.ones(len(breaks), dtype=np.bool_)
    bare[line_of] = False
    bare &= breaks - begins > (text[begins] == ord("\r"))
    return Lines(rows=rows, other=np.stack([begins[bare], breaks[bare]], axis=1))


def _marks(text: U8, at: I64) -> I64:
    """Those of the positions `at` where a row is marked to begin."""
    at = at[(at >= 0) & (at + len(_MARK) <= len(text))]
    marked: I64 = at[(text[at[:, None] + np.arange(len(_MARK))] == _MARK).all(axis=1)]
    return marked


def _next(sorted_positions: I64, after: I64, none: int) -> I64:
    """The first of `sorted_positions` behind each of `after`; `none` where there is none."""
    found: I64 = np.append(sorted_positions, none)[np.searchsorted(sorted_positions, after)]
    return found


def count_between(positions: I64, start: I64, stop: I64) -> tuple[I64, I64]:
    """Number of the first of sorted `positions` at or behind `start`, and how many until `stop`."""
    first = np.searchsorted(positions, start)
    return first, np.searchsorted(positions, stop) - first

"""What a run's raw samples say: delay added, time until it is short again, capacity used."""

import statistics
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.link.bottleneck import Script

BAD_MS = 30.0
_IDLE_S = (-2.0, -0.2)  # before the load starts
_EDGE_S = 0.05
_MEDIAN = 2  # samples on each side
_SPACING_S = 0.02  # of probes: the one after is short
_NEVER_S = 0.5

Delays = Sequence[tuple[float, float | None]]
"""(s since the load started, round trip in ms; None: lost)"""
Passed = Sequence[tuple[float, float, float]]
"""(s since the load started, bytes up, bytes down)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`settled_s`: from the first fall of the rate until below 30 ms for good; None: never.

    For good is until the rate changes again, below is the running median of five probes, and never
    is less than half a second before that change.
    """

    p50_ms: float
    p95_ms: float
    over_30: float
    lost: float
    settled_s: float | None
    up: float
    down: float


def figures(script: Script, seconds: float, delays: Delays, passed: Passed) -> Figures:
    """Figures of the whole run; a lost probe counts as over 30 ms, raises ValueError without any.

    `up` and `down` are the shares of the bottleneck's capacity that were used.
    """
    idle_ms = _idle_ms(delays)
    added = [
        (t_s, None if ms is None else ms - idle_ms)
        for t_s, ms in delays
        if 0 <= t_s < seconds - _EDGE_S
    ]
    answered = sorted(ms for _, ms in added if ms is not None)
    if not answered:
        raise ValueError("no probe was answered")
    over = sum(ms is None or ms >= BAD_MS for _, ms in added)
    capacity = 125e3 * sum(mbit * held_s for mbit, held_s in _spans(script, seconds))
    return Figures(
        p50_ms=answered[len(answered) // 2],
        p95_ms=answered[min(len(answered) - 1, int(0.95 * len(answered)))],
        over_30=over / len(added),
        lost=1 - len(answered) / len(added),
        settled_s=_settled_s(script, seconds, added),
        up=(_at(passed, seconds)[1] - _at(passed, 0)[1]) / capacity,
        down=(_at(passed, seconds)[2] - _at(passed, 0)[2]) / capacity,
    )


def _idle_ms(delays: Delays) -> float:
    quiet = [ms for t_s, ms in delays if ms is not None and _IDLE_S[0] < t_s < _IDLE_S[1]]
    return statistics.median(quiet)


def _spans(script: Script, seconds: float) -> list[tuple[float, float]]:
    """(Mbit/s, s it was held)"""
    edges = [*script, (seconds, 0.0)]
    return [(before[1], after[0] - before[0]) for before, after in pairwise(edges)]


def _settled_s(script: Script, seconds: float, added: Delays) -> float | None:
    """Of the running median, so that one late probe does not count."""
    edges = [*script, (seconds, float("inf"))]
    falls = [i for i in range(1, len(script)) if script[i][1] < script[i - 1][1]]
    if not falls:
        return None
    begin_s, end_s = edges[falls[0]][0], edges[falls[0] + 1][0]
    span = [(t, float("inf") if ms is None else ms) for t, ms in added if begin_s <= t < end_s]
    smooth = [
        (t_s, statistics.median(ms for _, ms in span[max(0, i - _MEDIAN) : i + _MEDIAN + 1]))
        for i, (t_s, _) in enumerate(span)
    ]
    long_s = [t_s for t_s, ms in smooth if ms >= BAD_MS]
    if not long_s:
        return 0.0
    return None if long_s[-1] >= end_s - _NEVER_S else long_s[-1] - begin_s + _SPACING_S


def _at(passed: Passed, second: float) -> tuple[float, float, float]:
    """The sample nearest to a second."""
    after = bisect_left(passed, second, key=lambda row: row[0])
    return min(passed[max(0, after - 1) : after + 1], key=lambda row: abs(row[0] - second))

"""Breathing against what is known: `python -m bench.sensing.breathing [--sensitivity]`."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from random import Random

import numpy as np

import airsonde
from airsonde.csi.breathing.answer import BreathingAnswer, answer
from airsonde.csi.breathing.decision import BreathingLimits
from airsonde.csi.detectors.breathing import BreathingDetector, BreathingDetectorLimits
from airsonde.csi.events import BreathingReading, Window
from airsonde.csi.model import FrameBatch
from airsonde.csi.windowing import Windowing
from airsonde.csi.windows import WindowShape
from bench.inputs import recording
from bench.sensing.breathing_injected import injected
from bench.sensing.breathing_truths import TRUTHS, Truth, belt, gyroscope_bpm

Lanes = dict[int, list[Window]]
_WRONG_COSTS = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """One recording: what is known, what was said, and every reading of every lane."""

    truth: Truth
    found: BreathingAnswer
    lanes: list[list[BreathingReading]]

    @property
    def wrong(self) -> bool:
        said, known = self.found.bpm, self.truth.bpm
        return said is not None and (not self.truth.may_answer or _off(said, known) > 1)

    @property
    def right(self) -> bool:
        said = self.found.bpm
        return said is not None and self.truth.bpm is not None and not self.wrong

    @property
    def verdict(self) -> str:
        if self.truth.bpm is not None:
            met = self.found.bpm is not None and _off(self.found.bpm, self.truth.bpm) <= 0.5
            return "met" if met else "MISSED"
        if not self.truth.may_answer:
            return "MISSED" if self.wrong else "met"
        return "unknown" if self.found.bpm is not None else "met"


def _off(said: float, known: float | None) -> float:
    return 0.0 if known is None else abs(said - known)


def cut(blocks: Iterator[Sequence[FrameBatch]]) -> Lanes:
    """Windows of one second by lane."""
    windowing, lanes = Windowing(WindowShape(hop=1.0)), Lanes()
    seen = [window for block in blocks for window in windowing.feed(block)]
    for window in (*seen, *windowing.flush()):
        if isinstance(window, Window):
            lanes.setdefault(window.lane.number, []).append(window)
    return lanes


def heard(
    lanes: Lanes, limits: BreathingDetectorLimits | None = None
) -> list[list[BreathingReading]]:
    """Readings of every lane, with the one at its end."""
    readings = []
    for windows in lanes.values():
        detector = BreathingDetector(limits)
        steps = [detector.step(window) for window in windows]
        last = detector.conclude()
        readings.append([*steps, *([last] if last else [])])
    return readings


def scored(truth: Truth, lanes: Lanes, limits: BreathingDetectorLimits | None = None) -> Scored:
    readings = heard(lanes, limits)
    return Scored(truth, answer(readings), readings)


def fresh(readings: Sequence[BreathingReading]) -> list[BreathingReading]:
    """One reading of each evaluation."""
    return [next(group) for _, group in groupby(readings, key=lambda reading: reading.numbers)]


def captures() -> dict[Truth, Lanes]:
    """The windows of every recording that is on this machine."""
    found = {truth: recording(truth.name) for truth in TRUTHS}
    return {t: cut(airsonde.open(path).reader().blocks()) for t, path in found.items() if path}


def print_answers(results: Sequence[Scored]) -> None:
    print("\n## Breathing, one answer a recording (bpm)\n")
    print("| recording | known | said | interval | confidence | reason | error | |")
    print("|---|---|---|---|---|---|---|---|")
    for s in results:
        known = s.truth.bpm if s.truth.bpm is not None else "?" if s.truth.may_answer else "none"
        said, span = s.found.bpm, s.found.interval_bpm
        error = "" if said is None or s.truth.bpm is None else f"{said - s.truth.bpm:+.2f}"
        interval = "" if span is None else f"{span[0]:.1f} … {span[1]:.1f}"
        print(
            f"| {s.truth.short} | {known} | {'' if said is None else said} | {interval} "
            f"| {s.found.confidence:.2f} | {s.found.reason or ''} | {error} | {s.verdict} |"
        )
    kinds = {
        "known": [s for s in results if s.truth.bpm is not None],
        "none may be claimed": [s for s in results if not s.truth.may_answer],
        "unknown": [s for s in results if s.truth.bpm is None and s.truth.may_answer],
    }
    for kind, members in kinds.items():
        silent = sum(s.found.bpm is None for s in members)
        print(f"\n{kind}: {len(members)} recordings, abstained {silent}", end="")
    print(f"\n\nThe gyroscope's own spectrum of sn1: {gyroscope_bpm('sn1.csv')} bpm")


def print_reliability(results: Sequence[Scored]) -> None:
    """Single evaluations (every 10 s), by the confidence they state."""
    pairs = [
        (reading, s.truth)
        for s in results
        if s.truth.bpm is not None or not s.truth.may_answer
        for lane in s.lanes
        for reading in fresh(lane)
    ]
    print("\n## Reliability of single evaluations\n")
    print("| confidence | claims | within 1 bpm | interval holds |\n|---|---|---|---|")
    for low, high in ((0.8, 0.9), (0.9, 0.99), (0.99, 1.01)):
        claims = [(r, t) for r, t in pairs if r.bpm is not None and low <= r.confidence < high]
        near = [t.bpm is not None and _off(r.bpm or 0, t.bpm) <= 1 for r, t in claims]
        held = [
            t.bpm is not None and r.interval_bpm is not None
            and r.interval_bpm[0] <= t.bpm <= r.interval_bpm[1]
            for r, t in claims
        ]  # fmt: skip
        print(f"| {low:g} … {min(high, 1):g} | {len(claims)} | {_part(near)} | {_part(held)} |")
    silent = [r.bpm is None for r, _ in pairs]
    print(f"\nabstained in {_part(silent)} of {len(pairs)} evaluations")


def _part(flags: Sequence[bool]) -> str:
    return f"{np.mean(flags):.2f}" if flags else "-"


def print_belt() -> None:
    found = belt()
    if found is None:
        return
    (readings,) = heard(cut(iter([[found.frames]])))
    print("\n## Belt, evaluations of up to 60 s\n")
    for reading in fresh(readings):
        span_s = float(reading.numbers["span_s"] or 0)
        end_s = reading.t_ns / 1e9
        known = f"{found.bpm(end_s - span_s, end_s):.1f}" if span_s > 15 else "-"
        print(f"- {span_s:.0f} s: belt {known}, said {reading.bpm}, {reading.reason}")


def print_injected(trials: int = 160) -> None:
    made = injected(trials, Random(1))
    if not made:
        return
    print("\n## A chest put into an empty room, by the strength of its reflection\n")
    print("| strength | tried | answered | within 1 bpm | confidence | interval holds |")
    print("|---|---|---|---|---|---|")
    answers = [answer(heard(cut(iter([[one.frames]])))) for one in made]
    for low, high in ((0.025, 0.05), (0.05, 0.1), (0.1, 0.18), (0.18, 0.32)):
        rows = [p for p in zip(made, answers, strict=True) if low <= p[0].strength < high]
        said = [(one, a, a.bpm, a.interval_bpm) for one, a in rows]
        near = [abs(bpm - one.bpm) <= 1 for one, _, bpm, _ in said if bpm is not None]
        held = [span[0] <= one.bpm <= span[1] for one, _, _, span in said if span is not None]
        sure = np.mean([a.confidence for _, a, bpm, _ in said if bpm is not None] or [0])
        print(f"| {low:g} … {high:g} | {len(rows)} | {len(near)} | {_part(near)} ", end="")
        print(f"| {sure:.2f} | {_part(held)} |")


def points(results: Sequence[Scored]) -> int:
    return sum(s.right for s in results) - _WRONG_COSTS * sum(s.wrong for s in results)


def varied(name: str, factor: float) -> BreathingDetectorLimits:
    claim = BreathingLimits()
    return BreathingDetectorLimits(claim=replace(claim, **{name: getattr(claim, name) * factor}))


def print_left_out(taken: dict[Truth, Lanes]) -> None:
    """The one fitted constant, `contrast`, chosen anew without each recording in turn."""
    factors = (0.6, 0.8, 1.0, 1.25, 1.6, 2.0)
    table = [
        [scored(t, lanes, varied("contrast", f)) for t, lanes in taken.items()] for f in factors
    ]
    chosen = []
    for at in range(len(taken)):
        others = [points([s for k, s in enumerate(row) if k != at]) for row in table]
        best = [row for row, score in zip(table, others, strict=True) if score == max(others)]
        chosen.append(best[len(best) // 2][at])
    print("\n## Leaving one recording out, `contrast` chosen on the others\n")
    print(f"right {sum(s.right for s in chosen)}, wrong {sum(s.wrong for s in chosen)}", end="")
    print(f" of {sum(s.truth.bpm is not None for s in chosen)} known, {len(chosen)} in all")


def print_sensitivity(taken: dict[Truth, Lanes]) -> None:
    print("\n## Every constant 30 % lower and higher\n")
    print("| constant | right, wrong at 0.7 | right, wrong at 1.3 |\n|---|---|---|")
    labelled = {t: lanes for t, lanes in taken.items() if t.bpm is not None or not t.may_answer}
    for name in [f.name for f in fields(BreathingLimits) if f.name != "stretch"]:
        row = []
        for factor in (0.7, 1.3):
            results = [scored(t, lanes, varied(name, factor)) for t, lanes in labelled.items()]
            row.append(f"{sum(s.right for s in results)}, {sum(s.wrong for s in results)}")
        print(f"| {name} | {' | '.join(row)} |", flush=True)


def main(arguments: Sequence[str]) -> None:
    taken = captures()
    if not taken:
        print("The recordings this needs are not on this machine.")
        return
    results = [scored(truth, lanes) for truth, lanes in taken.items()]
    print_answers(results)
    print_reliability(results)
    print_injected()
    print_belt()
    if "--sensitivity" in arguments:
        print_left_out(taken)
        print_sensitivity(taken)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Motion and presence against what is known: `python -m bench.sensing motion [--sensitivity]`."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from statistics import mean, median

import numpy as np

from airsonde.csi.baseline import MotionBaseline
from airsonde.csi.detectors.motion import MotionDetector, MotionLimits
from airsonde.csi.detectors.presence import PresenceDetector, recording_verdict
from airsonde.csi.events import EventKind, MotionReading, PresenceReading, Window
from airsonde.csi.fusion import RoomMotion
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.csi.transitions import MotionChanges
from bench.sensing.motion_truths import Take, captures, takes

Readings = dict[Take, list[MotionReading]]


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of windows or clips against what is known of them."""

    pairs: tuple[tuple[bool, bool], ...]  # known, said

    @property
    def found(self) -> float:
        """Share of what moves that was said to."""
        return _mean([said for known, said in self.pairs if known])

    @property
    def false(self) -> float:
        """Share of what does not move that was said to."""
        return _mean([said for known, said in self.pairs if not known])

    @property
    def f1(self) -> float:
        hits = sum(k and s for k, s in self.pairs)
        return 2 * hits / (2 * hits + sum(k is not s for k, s in self.pairs))

    @property
    def balanced(self) -> float:
        return float(np.nanmean([self.found, 1 - self.false]))


def lane_readings(
    windows: Sequence[Window],
    limits: MotionLimits | None = None,
    baseline: MotionBaseline | None = None,
) -> list[MotionReading]:
    """What the lanes together say at the end of each window."""
    lanes: defaultdict[int, MotionDetector] = defaultdict(lambda: MotionDetector(limits, baseline))
    room = RoomMotion()
    return [room.step(w, lanes[w.lane.number].step(w)) for w in windows]


def read(known: Sequence[Take], limits: MotionLimits | None = None) -> Readings:
    return {take: lane_readings(take.windows, limits) for take in known}


def by_window(readings: Readings, chosen: Callable[[Take], bool]) -> Told:
    return Told(
        tuple(
            (take.moving, reading.moving)
            for take, said in readings.items()
            if chosen(take)
            for reading in said
            if reading.moving is not None
        )
    )


def by_clip(readings: Readings) -> Told:
    """A clip moves where motion was reported, after the hysteresis that events go through."""
    clips = [(take, said) for take, said in readings.items() if take.dataset == "fition"]
    return Told(tuple((take.moving, bool(changes(said))) for take, said in clips))


def by_label(readings: Readings) -> Told:
    """Windows of the labelled 100 Hz recordings that lie within one label, turns left out."""
    pairs = []
    for take, said in readings.items():
        if take.dataset == "geotec":
            for window, reading in zip(take.windows, said, strict=True):
                first, last = window.start_ns // 10_000_000, window.end_ns // 10_000_000
                labels = set(take.labels[first:last])
                if len(labels) == 1 and reading.moving is not None:
                    pairs.append((not labels.pop().startswith("SEATED"), reading.moving))
    return Told(tuple(pairs))


def changes(readings: Sequence[MotionReading]) -> list[tuple[EventKind, int]]:
    state = MotionChanges()
    return [(finding.kind, finding.t_ns) for r in readings for finding in state.step(r)]


def onsets(readings: Readings) -> list[float | None]:
    """Seconds from the label of standing up to the first window that moves; None: missed."""
    found = []
    for take, said in readings.items():
        if (onset := take.onset_ns) is not None:
            after = [r.t_ns for r in said if r.moving and onset <= r.t_ns < onset + 3_000_000_000]
            found.append((after[0] - onset) / 1e9 if after else None)
    return found


SETS: dict[str, Callable[[Readings], Told]] = {
    "espectre": lambda r: by_window(r, lambda t: t.dataset == "espectre"),
    "fition": by_clip,
    "geotec": by_label,
    "presence": lambda r: by_window(r, lambda t: t.dataset == "presence"),
    "breathing": lambda r: by_window(r, lambda t: t.dataset == "breathing"),
}


def _mean(said: Sequence[bool]) -> float:
    return mean(said) if said else float("nan")


def line(what: str, target: str, measured: str, *, met: bool) -> None:
    print(f"| {what} | {target} | {measured} | {'met' if met else 'MISSED'} |")


def header(title: str, columns: str) -> None:
    print(f"\n## {title}\n\n| {columns} |")
    print("|" + "---|" * (columns.count("|") + 1))


def print_targets(readings: Readings) -> None:
    header("Motion", "recordings | target | measured | ")
    for chip in sorted({t.group for t in readings if t.dataset == "espectre"}):
        mine = {t: r for t, r in readings.items() if t.dataset == "espectre" and t.group == chip}
        _espectre_line(f"ESPectre {chip}", mine)
        _espectre_line(f"ESPectre {chip}, --baseline", with_baseline(mine))
    clips = SETS["fition"](readings)
    figures = f"{clips.found:.3f}, {1 - clips.false:.3f} of {len(clips.pairs)} clips"
    met = clips.found >= 0.95 and clips.false <= 0.05
    line("fition, sensitivity and specificity", "≥ 0.95", figures, met=met)
    _onset_line(onsets(readings))
    seated = SETS["geotec"](readings)
    print(f"| geotec, within one label | | {seated.found:.3f}, {1 - seated.false:.3f} | |")
    people = SETS["presence"](readings)
    figures = f"{people.balanced:.3f} ({people.found:.3f}, {1 - people.false:.3f})"
    line("presence, balanced accuracy", "≥ 0.95", figures, met=people.balanced >= 0.95)
    for take, said in readings.items():
        if take.dataset == "breathing":
            share = _mean([r.moving for r in said if r.moving is not None])
            target, met = ("≥ 0.5", share >= 0.5) if take.moving else ("≤ 0.1", share <= 0.1)
            line(f"{take.group}, share that moves", target, f"{share:.3f}", met=met)


def _espectre_line(what: str, readings: Readings) -> None:
    told = SETS["espectre"](readings)
    figures = f"F1 {told.f1:.3f}, FPR {told.false:.3f} of {len(told.pairs)} windows"
    line(what, "F1 ≥ 0.98, FPR ≤ 0.02", figures, met=told.f1 >= 0.98 and told.false <= 0.02)


def _onset_line(found: list[float | None]) -> None:
    seen = [seconds for seconds in found if seconds is not None]
    if seen:
        missed, middle = len(found) - len(seen), median(seen)
        figures = f"{middle:.2f} s median, {max(seen):.2f} s worst, {missed} missed"
        line(
            "geotec, standing up", "≤ 0.5 s, none missed", figures, met=not missed and middle <= 0.5
        )


def with_baseline(readings: Readings) -> Readings:
    """The same recordings read with what the quiet ones among them taught."""
    quiet = [said for take, said in readings.items() if not take.moving]
    scores = [r.score for said in quiet for r in said if r.score is not None]
    baseline = MotionBaseline.of(np.array(scores))
    return {take: lane_readings(take.windows, baseline=baseline) for take in readings}


def print_reliability(readings: Readings) -> None:
    header("Reliability", "probability said | windows | share that moves")
    said = [
        (r.probability, take.moving)
        for take, found in readings.items()
        if take.dataset in {"espectre", "presence"}
        for r in found
        if r.moving is not None
    ]
    for low in np.arange(0, 1, 0.2):
        inside = [moving for p, moving in said if low <= p < low + 0.2]
        if inside:
            print(f"| {low:.1f} to {low + 0.2:.1f} | {len(inside)} | {mean(inside):.2f} |")


def print_presence(readings: Readings) -> None:
    header("Presence of whole recordings, no breathing given", "recording | calibrated | said | ")
    truths = {"orang_bergerak": "moving", "orang_diam": "occupied", "ruangan_kosong": "empty"}
    chosen = {t.group: t for t in readings if t.dataset == "presence"}
    for group, take in chosen.items():
        for calibrated in (False, True):
            found = recording_verdict(presence(take, readings[take], chosen if calibrated else {}))
            right = found.verdict in {truths[group], "unknown"}
            words = f"{found.verdict}, {found.confidence:.2f}: {found.reason}"
            said = "first minute of the empty room" if calibrated else "no"
            line(group, said, words, met=right)


def presence(
    take: Take, motion: Sequence[MotionReading], known: dict[str, Take]
) -> list[PresenceReading]:
    """Presence with the first minute of the empty room as calibration, where it is given."""
    empty = known.get("ruangan_kosong")
    windows = empty.windows[:120] if empty else []
    rows = [w.amplitude for w in windows if w.lane.number == 0]
    profile = np.concatenate(rows).mean(axis=0) if rows else None
    detector = PresenceDetector(empty=lambda lane: profile if lane.number == 0 else None)
    return [detector.step(w, m, None) for w, m in zip(take.windows, motion, strict=True)]


def print_captures() -> None:
    """Every other capture: nothing storms, nothing begins at once and never ends."""
    header("Other captures", "capture | seconds | changes | share that moves")
    for path, windows in captures():
        said = lane_readings(windows)
        known = [r.moving for r in said if r.moving is not None]
        if known:
            seconds = (windows[-1].end_ns - windows[0].start_ns) / 1e9
            found = len(changes(said))
            print(f"| {path.name} | {seconds:.0f} | {found} | {mean(known):.2f} |")


def print_left_out(known: Sequence[Take]) -> None:
    """Levels and noise_errors chosen without each set in turn, by the mean balanced accuracy."""
    header(
        "Constants chosen without a set",
        "left out | quiet_level | noise_errors | balanced | as shipped",
    )
    table = {}
    for level in (0.6, 0.8, 1.0, 1.25, 1.6):
        for errors in (0.6, 0.8, 1.0, 1.25, 1.6):
            shipped = MotionLimits()
            limits = replace(
                shipped,
                quiet_level=shipped.quiet_level * level,
                coarse_level=shipped.coarse_level * level,
                noise_errors=shipped.noise_errors * errors,
            )
            readings = read(known, limits)
            table[limits] = {name: told(readings).balanced for name, told in SETS.items()}
    for name in SETS:
        best = max(table, key=lambda k: mean(v for n, v in table[k].items() if n != name))
        print(
            f"| {name} | {best.quiet_level:.4f} | {best.noise_errors:.1f} |"
            f" {table[best][name]:.3f} | {table[MotionLimits()][name]:.3f} |"
        )


def print_sensitivity(known: Sequence[Take]) -> None:
    header(
        "Every constant 30 % lower and higher: balanced accuracy", f"constant | {' | '.join(SETS)}"
    )
    for constant in [f.name for f in fields(MotionLimits)]:
        value = getattr(MotionLimits(), constant)
        for factor in (0.7, 1.3):
            varied = type(value)(value * factor)
            readings = read(known, replace(MotionLimits(), **{constant: varied}))
            figures = " | ".join(f"{told(readings).balanced:.3f}" for told in SETS.values())
            print(f"| {constant} {varied:g} | {figures} |", flush=True)


def print_speed() -> None:
    header("Time for a window of 100 frames", "tones | promised | microseconds | ")
    for tones, most in ((52, 200), (256, 600)):
        window = _window(tones)
        detector = MotionDetector()
        begin = time.process_time()
        for _ in range(400):
            detector.step(window)
        spent = (time.process_time() - begin) / 400 * 1e6
        line(str(tones), f"≤ {most}", f"{spent:.0f}", met=spent <= most)


def _window(tones: int) -> Window:
    numbers = np.arange(tones, dtype=np.int16)
    lane = Lane(
        number=0, source="", family=Family.SIM, subcarriers=numbers, valid=np.ones(tones, bool)
    )
    rows = 1 + 0.05 * np.sin(np.arange(100 * tones) ** 2).reshape(100, tones).astype(np.float32)
    t_ns = np.arange(100) * 10_000_000
    csi = rows.reshape(100, 1, 1, tones).astype(np.complex64)
    return Window(
        window_id=0,
        start_ns=0,
        end_ns=1_000_000_000,
        frames=FrameBatch(lane=lane, index=np.arange(100), t_ns=t_ns, csi=csi),
        tones=np.arange(tones),
        amplitude=rows,
        quality=1.0,
    )


def main(arguments: Sequence[str]) -> None:
    known = takes()
    if not known:
        print("The recordings this needs are not on this machine.")
        return
    readings = read(known)
    print_targets(readings)
    print_reliability(readings)
    print_presence(readings)
    print_captures()
    print_speed()
    if "--sensitivity" in arguments:
        print_left_out(known)
        print_sensitivity(known)

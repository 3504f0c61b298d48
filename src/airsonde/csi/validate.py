"""Judge frames: seven hard checks, then a score with reasons; the same for every path.

The checks, their order, their texts and the float32 arithmetic of the score are those of the
rvCSI reference (ADR-095 D6, D13), so that both give one frame the same verdict. The first check
there, vectors of unequal length, cannot fail here: a batch has one shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.amplitude import amplitude
from airsonde.csi.batches import take
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import F32, I64, U8, Bools, FrameBatch, Verdict
from airsonde.csi.monotonic import Clock

_RSSI_MARGIN_DB: Final = 30
_DEAD_AMPLITUDE: Final = np.float32(1e-6)
_DEAD_FLOOR: Final = np.float32(0.05)
_SPIKE_RATIO: Final = np.float32(50)
_MEDIAN_FLOOR: Final = np.float32(1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """What a source can deliver; an empty tuple allows everything."""

    channels: tuple[int, ...] = ()
    subcarrier_counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationPolicy:
    """Where the lines are drawn. `rssi_dbm_bounds` are inclusive."""

    min_subcarriers: int = 1
    max_subcarriers: int = 4096
    rssi_dbm_bounds: tuple[int, int] = (-110, 0)
    strict_monotonic_time: bool = False
    degrade_instead_of_reject: bool = True
    min_quality: float = 0.25


@dataclass(frozen=True, slots=True)
class Validated:
    """The frames that passed, with verdict, quality and reasons; and the rejected ones."""

    passed: list[FrameBatch]
    rejected: list[FrameBatch]


@dataclass(slots=True)
class _Judged:
    """Columns of one batch while it is judged; `why` is set where a hard check failed.

    `marks` are what lowered the score, in order: the frames it did, and a text for each of them.
    """

    batch: FrameBatch
    why: NDArray[np.object_]
    verdict: U8
    quality: F32
    marks: list[tuple[Bools, str | dict[int, str]]] = field(default_factory=list)

    @property
    def standing(self) -> Bools:
        return np.array([why is None for why in self.why], np.bool_)

    def fail(self, rows: Bools, text: str) -> None:
        self.why[rows & self.standing] = text


class Validator:
    """Judges one source's frames; remembers the time of the last frame that passed.

    What it says does not depend on how the frames were cut into blocks.
    """

    def __init__(
        self, limits: SourceLimits | None = None, policy: ValidationPolicy | None = None
    ) -> None:
        self.limits = limits or SourceLimits()
        self.policy = policy or ValidationPolicy()
        self._clock = Clock(strict=self.policy.strict_monotonic_time)

    def validate(self, batches: Sequence[FrameBatch]) -> Validated:
        """Judge the batches of one block; time is compared in the order of `index`."""
        judged = [self._judge(b) for b in batches]
        if judged:
            self._judge_time(judged)
        done = [_finish(j) for j in judged]
        return Validated(
            passed=[b for b, good in done if good.any() for b in [_part(b, good)]],
            rejected=[b for b, good in done if not good.all() for b in [_part(b, ~good)]],
        )

    def _judge(self, batch: FrameBatch) -> _Judged:
        n = len(batch)
        judged = _Judged(
            batch=batch,
            why=np.full(n, None, dtype=object),
            verdict=np.full(n, Verdict.ACCEPTED, np.uint8),
            quality=np.ones(n, np.float32),
        )
        size = amplitude(batch.csi).reshape(n, -1)
        everyone = np.ones(n, np.bool_)
        if (text := self._wrong_count(len(batch.lane.subcarriers))) is not None:
            judged.fail(everyone, text)
        _check_finite(judged, size)
        channel = stated_channel(batch.lane)[0]
        if self.limits.channels and channel not in self.limits.channels:
            judged.fail(everyone, f"channel {channel} not in source profile")
        self._judge_rssi(judged)
        _score_dead(judged, size)
        _score_spike(judged, size)
        _score_missing(judged)
        return judged

    def _wrong_count(self, count: int) -> str | None:
        policy, known = self.policy, self.limits.subcarrier_counts
        allowed = not known or count in known
        low, high = policy.min_subcarriers, policy.max_subcarriers
        if allowed and low <= count <= high:
            return None
        return (
            f"subcarrier count {count} not allowed "
            f"(policy {low}..={high}, profile-allowed: {str(allowed).lower()})"
        )

    def _judge_rssi(self, judged: _Judged) -> None:
        rssi = judged.batch.rssi_dbm
        if rssi is None:
            return
        low, high = self.policy.rssi_dbm_bounds
        for value in np.unique(rssi[(rssi < low) | (rssi > high)]):
            rows = rssi == value
            if value < low - _RSSI_MARGIN_DB or value > high + _RSSI_MARGIN_DB:
                judged.fail(rows, f"implausible RSSI {value:.0f} dBm (bounds {low}..={high})")
            else:
                _penalise(judged, rows, 0.6, f"rssi {value:.0f} dBm outside [{low},{high}]")

    def _judge_time(self, judged: Sequence[_Judged]) -> None:
        """Compare times across the lanes of a block; sets the verdicts of what passes."""
        order = np.argsort(np.concatenate([j.batch.index for j in judged]), kind="stable")
        t_ns: I64 = np.concatenate([j.batch.t_ns for j in judged])[order]
        standing = np.concatenate([j.standing for j in judged])[order]
        low = np.concatenate([j.quality for j in judged])[order] < np.float32(
            self.policy.min_quality
        )
        too_low = low & (not self.policy.degrade_instead_of_reject)
        late, previous = self._clock.compare(t_ns, standing, too_low)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        start = 0
        for j in judged:
            rows = back[start : start + len(j.batch)]
            start += len(j.batch)
            self._settle(j, late[rows], previous[rows])

    def _settle(self, judged: _Judged, late: Bools, previous: I64) -> None:
        policy = self.policy
        if policy.strict_monotonic_time:
            for row in np.flatnonzero(late & judged.standing):
                t_ns = judged.batch.t_ns[row]
                judged.why[row] = f"non-monotonic timestamp: {t_ns} <= previous {previous[row]}"
        low = judged.quality < np.float32(policy.min_quality)
        if not policy.degrade_instead_of_reject:
            for row in np.flatnonzero(low & ~late & judged.standing):
                quality = np.format_float_positional(judged.quality[row], trim="-")
                judged.why[row] = f"quality {quality} below minimum {policy.min_quality}"
        judged.verdict[low] = Verdict.DEGRADED
        judged.verdict[late] = Verdict.RECOVERED


def _check_finite(judged: _Judged, size: F32) -> None:
    """Phase is finite wherever both parts are."""
    parts = judged.batch.csi.reshape(len(size), -1)
    for name, values in (("i_values", parts.real), ("q_values", parts.imag), ("amplitude", size)):
        bad = ~np.isfinite(values)
        for row in np.flatnonzero(bad.any(axis=1)):
            if judged.why[row] is None:
                at = int(bad[row].argmax())
                judged.why[row] = f"non-finite value in '{name}' at index {at}"


def _score_dead(judged: _Judged, size: F32) -> None:
    total = size.shape[1]
    dead = (size < _DEAD_AMPLITUDE).sum(axis=1)
    for count in np.unique(dead[dead > 0]):
        alive = np.float32(1) - np.float32(count) / np.float32(total)
        text = f"{count}/{total} dead subcarriers"
        _penalise(judged, dead == count, max(alive, _DEAD_FLOOR), text)


def _score_spike(judged: _Judged, size: F32) -> None:
    total = size.shape[1]
    if total < 3:
        return
    median = np.maximum(np.partition(size, total // 2, axis=1)[:, total // 2], _MEDIAN_FLOOR)
    highest = size.max(axis=1)
    rows = highest > median * _SPIKE_RATIO
    if rows.any():
        judged.quality[rows] *= np.float32(0.7)
        texts = {
            row: f"amplitude spike: max {highest[row]:.3f} vs median {median[row]:.3f}"
            for row in np.flatnonzero(rows).tolist()
        }
        judged.marks.append((rows, texts))


def _score_missing(judged: _Judged) -> None:
    rssi = judged.batch.rssi_dbm
    missing = np.ones(len(judged.why), np.bool_) if rssi is None else np.isnan(rssi)
    if missing.any():
        _penalise(judged, missing, 0.95, "missing rssi")


def _penalise(judged: _Judged, rows: Bools, factor: float | np.float32, reason: str) -> None:
    judged.quality[rows] *= np.float32(factor)
    judged.marks.append((rows, reason))


def _finish(judged: _Judged) -> tuple[FrameBatch, Bools]:
    good = judged.standing
    verdict: U8 = np.where(good, judged.verdict, np.uint8(Verdict.REJECTED))
    reasons = _reasons(judged)
    if not good.all():
        refused = zip(judged.why, reasons, strict=True)
        reasons = tuple(kept if why is None else (why,) for why, kept in refused)
    quality = np.where(good, judged.quality, np.float32(0))
    done = replace(judged.batch, verdict=verdict, quality=quality, reasons=reasons)
    return done, good


def _reasons(judged: _Judged) -> tuple[tuple[str, ...], ...]:
    """What lowered the score of each frame; frames with the same marks share a tuple."""
    if not judged.marks:
        return ((),) * len(judged.quality)
    table = np.packbits(np.stack([rows for rows, _ in judged.marks]), axis=0).T
    if table.shape[1] > 1:
        return tuple(_texts(judged, row) for row in range(len(table)))
    code = table[:, 0]
    first = np.full(256, -1)
    first[code[::-1]] = np.arange(len(code))[::-1]
    shared = [() if row < 0 else _texts(judged, row) for row in first.tolist()]
    found = [shared[c] for c in code.tolist()]
    for _, texts in judged.marks:
        if isinstance(texts, dict):
            for row in texts:
                found[row] = _texts(judged, row)
    return tuple(found)


def _texts(judged: _Judged, row: int) -> tuple[str, ...]:
    mine = (text for rows, text in judged.marks if rows[row])
    return tuple(text[row] if isinstance(text, dict) else text for text in mine)


def _part(batch: FrameBatch, rows: Bools) -> FrameBatch:
    return batch if rows.all() else take(batch, rows)

"""From batches of lanes to frames in file order: single chains, admitted ones, grouped by size."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.amplitude import amplitude
from airsonde.csi.batches import interleaved, take
from airsonde.csi.model import F32, Bools, FrameBatch, Verdict
from airsonde.csi.phase import phase
from airsonde.csi.raw_order import to_file
from airsonde.csi.reference.model import Frames
from airsonde.csi.validate import Validator

_EXPOSABLE: Final = (Verdict.ACCEPTED, Verdict.DEGRADED, Verdict.RECOVERED)


def single_chains(batches: Sequence[FrameBatch]) -> list[FrameBatch]:
    """The same frames with one receive and one transmit chain each, receive chain first."""
    return [
        batch if batch.lane.n_rx * batch.lane.n_tx == 1 else _chain(batch, rx, tx)
        for batch in batches
        for rx in range(batch.lane.n_rx)
        for tx in range(batch.lane.n_tx)
    ]


def _chain(batch: FrameBatch, rx: int, tx: int) -> FrameBatch:
    lane = replace(batch.lane, n_rx=1, n_tx=1)
    csi = np.ascontiguousarray(batch.csi[:, rx : rx + 1, tx : tx + 1, :])
    return replace(batch, lane=lane, csi=csi)


def admitted(batches: Sequence[FrameBatch], validator: Validator | None) -> list[FrameBatch]:
    """Frames that may be looked at; the validator is asked about those without a verdict.

    Without a validator they are left out.
    """
    if validator is None:
        return exposable(batches)
    asked = [b for batch in batches for b in _where(batch, _pending(batch))]
    judged = [b for batch in batches for b in _where(batch, ~_pending(batch))]
    return [*validator.validate(asked).passed, *exposable(judged)]


def exposable(batches: Sequence[FrameBatch]) -> list[FrameBatch]:
    """Frames with a verdict that lets them pass."""
    return [
        b
        for batch in batches
        if batch.verdict is not None
        for b in _where(batch, np.isin(batch.verdict, _EXPOSABLE))
    ]


def of_source(batches: Sequence[FrameBatch], session: int, source: str) -> list[FrameBatch]:
    """Frames of one session and source; a batch that states no session belongs to this one."""
    found = []
    for batch in batches:
        sessions = batch.extra.get("session_id")
        if batch.lane.source != source:
            continue
        if sessions is None:
            found.append(batch)
        else:
            found += _where(batch, sessions == np.uint64(session))
    return found


def by_size(batches: Sequence[FrameBatch]) -> list[Frames]:
    """All frames of a block, those of one size together."""
    if not batches:
        return []
    place = np.argsort(interleaved(batches, [1] * len(batches)), kind="stable")
    parts: dict[int, list[Frames]] = {}
    start = 0
    for batch in batches:
        places = place[start : start + len(batch)]
        start += len(batch)
        parts.setdefault(batch.csi.shape[-1], []).append(_frames(batch, places))
    return [joined(group) for group in parts.values()]


def joined(parts: Sequence[Frames]) -> Frames:
    """Frames of one size from several parts, ascending in place."""
    order = np.argsort(np.concatenate([p.place for p in parts]), kind="stable")
    return Frames(
        place=np.concatenate([p.place for p in parts])[order],
        t_ns=np.concatenate([p.t_ns for p in parts])[order],
        quality=np.concatenate([p.quality for p in parts])[order],
        amplitude=np.concatenate([p.amplitude for p in parts])[order],
        phase=np.concatenate([p.phase for p in parts])[order],
    )


def _frames(batch: FrameBatch, place: NDArray[np.intp]) -> Frames:
    csi = np.ascontiguousarray(to_file(batch.csi, batch.lane.family).reshape(len(batch), -1))
    size, angle = _stated(batch, "amplitude"), _stated(batch, "phase_rad")
    quality = np.zeros(len(batch), np.float32) if batch.quality is None else batch.quality
    return Frames(
        place=place,
        t_ns=batch.t_ns,
        quality=quality,
        amplitude=amplitude(csi) if size is None else size,
        phase=phase(csi) if angle is None else angle,
    )


def _stated(batch: FrameBatch, name: str) -> F32 | None:
    """A vector as the source stated it, in the order of its file."""
    column = batch.extra.get(name)
    if column is None:
        return None
    return to_file(column, batch.lane.family).reshape(len(batch), -1).astype(np.float32)


def _pending(batch: FrameBatch) -> Bools:
    if batch.verdict is None:
        return np.ones(len(batch), np.bool_)
    pending: Bools = batch.verdict == Verdict.PENDING
    return pending


def _where(batch: FrameBatch, rows: Bools) -> list[FrameBatch]:
    """The batch cut down to some rows; empty when none are left."""
    if not rows.any():
        return []
    return [batch if rows.all() else take(batch, rows)]

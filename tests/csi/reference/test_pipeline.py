"""The whole pipeline: who is looked at, and that cutting the stream changes nothing."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.batches import take
from airsonde.csi.model import Family, FrameBatch, Lane, Verdict
from airsonde.csi.reference.baseline import BaselineMean
from airsonde.csi.reference.pipeline import ReferencePipeline
from airsonde.csi.tones import grid
from airsonde.csi.validate import Validator

N = 90


def batch(index, size=8, number=0, n_rx=1, seed=1):
    rng = np.random.default_rng(seed)
    index = np.asarray(index)
    csi = rng.normal(size=(len(index), n_rx, 1, size, 2)) @ [1, 1j]
    lane = Lane(
        number=number,
        source="s",
        family=Family.INTEL5300,
        n_rx=n_rx,
        subcarriers=grid(size),
        valid=np.ones(size, bool),
    )
    return FrameBatch(lane=lane, index=index, t_ns=index * 30_000_000, csi=csi.astype(np.complex64))


def passes(blocks, *, pending=True):
    pipeline = ReferencePipeline(0, "s", Validator() if pending else None)
    found = [*map(pipeline.feed, blocks), pipeline.flush()]
    windows = [
        (
            w.window_id,
            w.start_ns,
            w.end_ns,
            w.frame_count,
            w.motion_energy,
            w.quality_score,
            w.mean_amplitude.tobytes(),
            w.phase_variance.tobytes(),
        )
        for f in found
        for w in f.windows
    ]
    return windows, [e for f in found for e in f.events]


SIZES = np.random.default_rng(5).integers(0, 6, N)
LANES = [batch(np.flatnonzero(SIZES > 0)), batch(np.flatnonzero(SIZES == 0), 12, 1, seed=2)]


@given(st.lists(st.integers(1, N - 1), max_size=12))
@settings(deadline=None, max_examples=50)
def test_cutting_changes_nothing(cuts):
    edges = [0, *sorted(set(cuts)), N]
    blocks = [
        [take(b, rows) for b in LANES if (rows := (b.index >= low) & (b.index < high)).any()]
        for low, high in pairwise(edges)
    ]
    windows, events = passes(blocks)
    assert (windows, events) == passes([LANES])
    assert len(windows) == 4
    assert events


def test_frames_without_a_verdict_need_a_validator():
    assert passes([LANES], pending=False) == ([], [])


def test_a_verdict_is_kept_and_a_rejected_frame_left_out():
    frames = batch(np.arange(20))
    verdict = np.full(20, Verdict.ACCEPTED, np.uint8)
    verdict[:4] = Verdict.REJECTED
    quality = np.full(20, 0.5, np.float32)
    windows, _ = passes([[replace(frames, verdict=verdict, quality=quality)]])
    assert [(w[1], w[3], w[5]) for w in windows] == [(4 * 30_000_000, 16, 0.5)]


def test_judged_and_unjudged_frames_mix():
    verdict = np.array([Verdict.ACCEPTED, Verdict.PENDING] * 8, np.uint8)
    frames = replace(batch(np.arange(16)), verdict=verdict, quality=np.zeros(16, np.float32))
    windows, _ = passes([[frames]])
    assert [(w[3], w[5]) for w in windows] == [(16, pytest.approx(0.95 / 2))]


def test_another_session_or_source_is_left_out():
    frames = batch(np.arange(8))
    sessions = np.array([0, 1] * 4, np.uint64)
    windows, _ = passes([[replace(frames, extra={"session_id": sessions})]])
    assert [w[3] for w in windows] == [4]
    assert passes([[replace(frames, lane=replace(frames.lane, source="other"))]]) == ([], [])


def test_each_chain_is_a_frame():
    windows, _ = passes([[batch(np.arange(8), n_rx=3)]])
    assert [w[3] for w in windows] == [16, 8]


def test_a_baseline_is_the_mean_of_what_passed():
    first, other = batch(np.arange(5)), batch(np.arange(5, 9), 12, 1)
    baseline = BaselineMean()
    baseline.add([first])
    assert (baseline.frames, baseline.amplitude.size) == (0, 0)
    judged = [replace(b, verdict=np.ones(len(b), np.uint8)) for b in (other, first)]
    baseline.add(judged)
    baseline.add(judged[1:])
    assert baseline.frames == 10
    assert baseline.amplitude == pytest.approx(np.abs(first.csi).mean(axis=(0, 1, 2)), rel=1e-6)

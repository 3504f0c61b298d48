"""Verdicts, scores and texts against the reference's outputs, and what cutting must not change."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.batches import take
from airsonde.csi.model import Family, FrameBatch, Lane, Verdict
from airsonde.csi.tones import grid
from airsonde.csi.validate import SourceLimits, ValidationPolicy, Validator

ESP32 = SourceLimits(channels=tuple(range(1, 14)), subcarrier_counts=(64, 128, 192))


def lane(size=10, number=0, channel=6):
    return Lane(
        number=number,
        source="t",
        family=Family.ESP32,
        subcarriers=grid(size),
        valid=np.ones(size, bool),
        stated=(channel, 20),
    )


def batch(t_ns=(1000,), rssi=-55.0, csi=None, size=10, number=0, channel=6, index=None):
    n = len(t_ns)
    values = np.full((n, 1, 1, size), 1 + 1j, np.complex64)
    if csi is not None:
        values[...] = np.asarray(csi, np.complex64)
    return FrameBatch(
        lane=lane(size, number, channel),
        index=np.arange(n) if index is None else np.asarray(index),
        t_ns=np.asarray(t_ns, np.int64),
        csi=values,
        rssi_dbm=None if rssi is None else np.broadcast_to(np.float32(rssi), n).copy(),
    )


def dead(count, size=10):
    row = np.full(size, 1 + 1j, np.complex64)
    row[:count] = 0
    return row


def spiky():
    row = np.full(10, 1 + 1j, np.complex64)
    row[0] = 80
    return row


@pytest.mark.parametrize(
    ("frame", "quality", "verdict", "reasons"),
    [
        (batch(), 1, Verdict.ACCEPTED, ()),
        (batch(rssi=None), 0.95, Verdict.ACCEPTED, ("missing rssi",)),
        (batch(rssi=5), 0.6, Verdict.ACCEPTED, ("rssi 5 dBm outside [-110,0]",)),
        (batch(rssi=30), 0.6, Verdict.ACCEPTED, ("rssi 30 dBm outside [-110,0]",)),
        (batch(rssi=-140), 0.6, Verdict.ACCEPTED, ("rssi -140 dBm outside [-110,0]",)),
        (
            batch(csi=dead(9)),
            0.070000015,
            Verdict.DEGRADED,
            ("9/10 dead subcarriers", "amplitude spike: max 1.414 vs median 0.000"),
        ),
        (batch(csi=dead(10)), 0.05, Verdict.DEGRADED, ("10/10 dead subcarriers",)),
        (
            batch(csi=spiky()),
            0.7,
            Verdict.ACCEPTED,
            ("amplitude spike: max 80.000 vs median 1.414",),
        ),
    ],
)
def test_scores_and_reasons(frame, quality, verdict, reasons):
    (done,) = Validator().validate([frame]).passed
    assert done.quality[0] == np.float32(quality)
    assert done.verdict[0] == verdict
    assert done.reasons == (reasons,)


@pytest.mark.parametrize(
    ("frame", "limits", "text"),
    [
        (batch(rssi=31), None, "implausible RSSI 31 dBm (bounds -110..=0)"),
        (batch(rssi=-141), None, "implausible RSSI -141 dBm (bounds -110..=0)"),
        (
            batch(size=0),
            None,
            "subcarrier count 0 not allowed (policy 1..=4096, profile-allowed: true)",
        ),
        (
            batch(size=57),
            ESP32,
            "subcarrier count 57 not allowed (policy 1..=4096, profile-allowed: false)",
        ),
        (batch(size=64, channel=36), ESP32, "channel 36 not in source profile"),
        (batch(csi=np.nan), None, "non-finite value in 'i_values' at index 0"),
        (
            batch(csi=[1] * 3 + [2e38 + 3e38j] + [1] * 6),
            None,
            "non-finite value in 'amplitude' at index 3",
        ),
    ],
)
def test_hard_checks_reject_with_a_reason(frame, limits, text):
    answer = Validator(limits).validate([frame])
    assert answer.passed == []
    assert answer.rejected[0].reasons == ((text,),)
    assert answer.rejected[0].verdict.tolist() == [Verdict.REJECTED]


def test_esp32_long_training_field_scores():
    (one,) = Validator().validate([batch(size=64, rssi=None, csi=dead(12, 64))]).passed
    (two,) = Validator().validate([batch(size=128, rssi=None, csi=dead(20, 128))]).passed
    assert one.quality[0] == np.float32(0.8125) * np.float32(0.95)
    assert two.quality[0] == np.float32(0.84375) * np.float32(0.95)


def test_time_that_runs_back_is_recovered_and_becomes_the_new_time():
    (done,) = Validator().validate([batch(t_ns=[10, 5, 7, 7, 20])]).passed
    assert done.verdict.tolist() == [1, 4, 1, 4, 1]


def test_strict_time_rejects_and_keeps_the_old_time():
    strict = ValidationPolicy(strict_monotonic_time=True)
    answer = Validator(policy=strict).validate([batch(t_ns=[10, 5, 7, 11])])
    assert answer.passed[0].t_ns.tolist() == [10, 11]
    assert answer.rejected[0].reasons[0] == ("non-monotonic timestamp: 5 <= previous 10",)


def test_rejected_frames_do_not_move_time():
    frames = batch(t_ns=[10, 99, 20], rssi=np.float32([-50, 50, -50]))
    answer = Validator().validate([frames])
    assert answer.passed[0].verdict.tolist() == [1, 1]


def test_low_quality_can_be_rejected_and_a_late_frame_is_kept_anyway():
    firm = ValidationPolicy(degrade_instead_of_reject=False)
    answer = Validator(policy=firm).validate([batch(t_ns=[10, 20, 5], csi=dead(10))])
    assert answer.passed == []
    assert answer.rejected[0].reasons[0] == ("quality 0.05 below minimum 0.25",)
    mixed = replace(batch(t_ns=[10, 5, 7]), csi=batch(t_ns=[1, 2, 3]).csi.copy())
    mixed.csi[1:] = 0
    (kept,) = Validator(policy=firm).validate([mixed]).passed
    assert kept.verdict.tolist() == [Verdict.ACCEPTED, Verdict.RECOVERED]


def test_lanes_share_one_clock_in_the_order_of_index():
    one = batch(t_ns=[10, 30], index=[0, 2])
    two = batch(t_ns=[20, 25], index=[1, 3], number=1, size=12)
    first, second = Validator().validate([one, two]).passed
    assert first.verdict.tolist() == [1, 1]
    assert second.verdict.tolist() == [1, 4]


@settings(max_examples=60, deadline=None)
@given(
    t_ns=st.lists(st.integers(0, 30), min_size=1, max_size=30),
    cuts=st.lists(st.integers(1, 29), max_size=5),
    strict=st.booleans(),
    degrade=st.booleans(),
    data=st.data(),
)
def test_the_answer_does_not_depend_on_cuts(t_ns, cuts, strict, degrade, data):
    policy = ValidationPolicy(strict_monotonic_time=strict, degrade_instead_of_reject=degrade)
    levels = data.draw(
        st.lists(st.sampled_from([-50.0, 5.0, 60.0]), min_size=len(t_ns), max_size=len(t_ns))
    )
    frames = batch(t_ns=t_ns, rssi=np.float32(levels))
    for row in data.draw(st.sets(st.integers(0, len(t_ns) - 1))):
        frames.csi[row, ..., :9] = 0
    whole = Validator(policy=policy).validate([frames])
    pieces = Validator(policy=policy)
    borders = [0, *sorted({c for c in cuts if c < len(t_ns)}), len(t_ns)]
    parts = [pieces.validate([take(frames, slice(a, b))]) for a, b in pairwise(borders)]
    for side in ("passed", "rejected"):
        got = [
            (v, r)
            for p in parts
            for b in getattr(p, side)
            for v, r in zip(b.verdict, b.reasons, strict=True)
        ]
        want = [
            (v, r) for b in getattr(whole, side) for v, r in zip(b.verdict, b.reasons, strict=True)
        ]
        assert got == want

"""Windows of a source with several lanes: one order, whatever the cut; silences are told."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.csi.batches import take
from airsonde.csi.events import Window
from airsonde.csi.model import FrameBatch
from airsonde.csi.windowing import Silence, Windowing
from tests.csi.test_windows import LANE, SECOND, frames

OTHER = replace(LANE, number=1)


def stream(t_ns, lanes):
    """One batch a lane, frames numbered over both."""
    whole = frames(t_ns)
    parts = []
    for lane in (LANE, OTHER):
        rows = np.asarray(lanes) == lane.number
        if rows.any():
            parts.append(replace(take(whole, rows), lane=lane))
    return parts


def pieces(batches, edges):
    """The same frames as several blocks."""
    for low, high in pairwise(edges):
        block = [take(b, r) for b in batches if (r := (b.index >= low) & (b.index < high)).any()]
        if block:
            yield block


def told(seen):
    if isinstance(seen, Silence):
        return seen
    return seen.window_id, seen.lane.number, seen.start_ns, seen.frames.index.tolist()


def run(blocks):
    windowing = Windowing()
    seen = [s for block in blocks for s in windowing.feed(block)]
    return [told(s) for s in (*seen, *windowing.flush())]


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 3 * SECOND // 2) | st.just(9 * SECOND), st.integers(0, 1)),
        min_size=1,
        max_size=60,
    ),
    edges=st.lists(st.integers(0, 60), max_size=6),
)
def test_the_order_does_not_depend_on_the_cut(steps, edges):
    t_ns = np.cumsum([s for s, _ in steps])
    batches = stream(t_ns, [lane for _, lane in steps])
    whole = run([batches])
    assert run(pieces(batches, [0, *sorted(edges), 61])) == whole


def test_a_silence_ends_the_windows_and_is_told_once():
    windowing = Windowing()
    t = np.concatenate([np.arange(5), np.arange(5) + 100]) * SECOND // 10
    seen = windowing.feed([frames(t)]) + windowing.flush()
    assert [type(s) for s in seen] == [Window, Silence, Window]
    silence = seen[1]
    assert (silence.last_ns, silence.t_ns) == (4 * SECOND // 10, 54 * SECOND // 10)
    assert silence.window_id == 0


def test_a_clock_tells_of_a_silence_before_the_next_frame():
    windowing = Windowing()
    assert windowing.feed([frames(np.arange(5) * SECOND // 10)]) == []
    assert windowing.advance(3 * SECOND) == []
    assert [type(s) for s in windowing.advance(6 * SECOND)] == [Window, Silence]
    assert windowing.advance(60 * SECOND) == []


def test_refused_frames_are_held_and_told():
    batch = frames(np.arange(20) * SECOND // 10)
    batch.csi[3, 0, 0, 1] = np.nan
    windowing = Windowing()
    first, *_ = windowing.feed([batch])
    assert first.rejected == 1
    assert len(first.frames) == 9
    assert windowing.quarantine.refused == 1


def test_nothing_in_nothing_out():
    windowing = Windowing()
    assert windowing.feed([]) == []
    assert windowing.flush() == []
    assert windowing.advance(10**18) == []


def test_a_frame_batch_is_not_changed():
    batch = frames(np.arange(20) * SECOND // 10)
    before = batch.csi.copy()
    Windowing().feed([batch])
    assert isinstance(batch, FrameBatch)
    np.testing.assert_array_equal(batch.csi, before)

"""Where windows end, whom they leave out, and what they count."""

import numpy as np
import pytest

from airsonde.csi.reference.windows import WindowBuffer, motion_energy, presence_score
from tests.csi.reference.build import frames, published

MS = 1_000_000


def counts(windows):
    return [w.frame_count for w in windows]


def test_sixteen_frames_close_a_window():
    buffer = WindowBuffer()
    assert counts(buffer.push([frames(np.arange(40) * MS)])) == [16, 16]
    rest = buffer.flush()
    assert counts(rest) == [8]
    assert (rest[0].window_id, rest[0].start_ns, rest[0].end_ns) == (2, 32 * MS, 39 * MS)
    assert buffer.flush() == []


def test_a_second_closes_a_window_and_the_late_frame_belongs_to_it():
    found = WindowBuffer().push([frames([0, 500 * MS, 999 * MS, 1000 * MS, 1001 * MS])])
    assert counts(found) == [4]
    assert found[0].end_ns == 1000 * MS


def test_another_size_is_lost_while_a_window_is_open():
    small = frames(np.arange(16) * MS, 4, place=np.arange(0, 32, 2))
    large = frames(np.arange(16) * MS, 8, place=np.arange(1, 33, 2))
    buffer = WindowBuffer()
    found = buffer.push([small, large])
    assert counts(found) == [16]
    assert [len(w.mean_amplitude) for w in found + buffer.flush()] == [4, 8]


def test_an_open_window_goes_on_in_the_next_block():
    buffer = WindowBuffer()
    assert buffer.push([frames(np.arange(10) * MS)]) == []
    assert buffer.push([frames([10 * MS], 8)]) == []
    assert buffer.push([]) == []
    assert counts(buffer.push([frames(np.arange(11, 18) * MS)])) == [16]
    assert counts(buffer.flush()) == [1]


def test_time_that_stands_or_falls_still_gives_a_span():
    buffer = WindowBuffer()
    buffer.push([frames([5, 3])])
    assert [(w.start_ns, w.end_ns) for w in buffer.flush()] == [(5, 6)]


def test_frames_without_subcarriers_count_nothing():
    buffer = WindowBuffer()
    found = buffer.push([frames(np.arange(16) * MS, 0)])
    assert counts(found) == [16]
    assert found[0].motion_energy == 0


def test_statistics():
    given = frames([0, 1, 2], 2)
    given.amplitude[:] = [[0, 0], [3, 4], [3, 4]]
    given.phase[:] = [[0, 1], [3, 1], [6, 1]]
    buffer = WindowBuffer()
    buffer.push([given])
    (found,) = buffer.flush()
    assert found.mean_amplitude == pytest.approx([2, 8 / 3])
    assert found.phase_variance == pytest.approx([6, 0])
    assert found.motion_energy == pytest.approx(np.sqrt(12.5) / 2)
    assert found.quality_score == 1


def test_motion_and_presence_are_the_published_ones():
    assert motion_energy(np.zeros((1, 1, 4), np.float32)).tolist() == [0]
    for motion in (0, 0.1, 0.2):
        name = f"presence({motion},.05)".replace("0.", ".")
        score = presence_score(np.array([motion], np.float32))[0]
        assert score == np.float32(published(name))

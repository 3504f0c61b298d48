"""Lanes together: one that moves is enough, one that cannot tell takes nothing back."""

from dataclasses import replace

from airsonde.csi.batches import take
from airsonde.csi.fusion import RoomMotion
from tests.csi.detectors.build import SECOND, motion, window


def of_lane(number, lane):
    made = window(number)
    return replace(made, frames=replace(made.frames, lane=replace(made.lane, number=lane)))


def answers(steps):
    """What the room is said to do, for (window number, lane, moving)."""
    room = RoomMotion()
    said = []
    for number, lane, moving in steps:
        reading = replace(motion(number, moving=moving), score={True: 5.0}.get(moving, 1.0))
        said.append(room.step(of_lane(number, lane), reading))
    return [reading.moving for reading in said]


def test_one_lane_that_moves_is_enough():
    assert answers([(0, 0, True), (0, 1, False), (1, 0, False)]) == [True, True, False]


def test_a_lane_that_cannot_tell_takes_nothing_back():
    assert answers([(0, 0, True), (0, 1, None)]) == [True, True]
    assert answers([(0, 1, None)]) == [None]


def test_a_poor_lane_is_not_heard_beside_a_rich_one():
    room = RoomMotion()
    poor = of_lane(0, 1)
    poor = replace(poor, frames=take(poor.frames, slice(0, 10)))
    room.step(of_lane(0, 0), motion(0, moving=False))
    assert room.step(poor, motion(0, moving=True)).moving is False


def test_old_words_count_no_more():
    assert answers([(0, 0, True), (5, 1, False)]) == [True, False]


def test_late_windows_hear_what_was_known_for_their_time():
    steps = [(0, 0, True), (1, 0, False), (9, 0, False), (0, 1, None), (10, 0, False)]
    assert answers(steps) == [True, False, False, True, False]


def test_the_answer_is_that_windows():
    room = RoomMotion()
    room.step(of_lane(0, 0), motion(0, moving=True))
    answer = room.step(of_lane(1, 1), replace(motion(1, moving=None), window_id=7))
    assert (answer.t_ns, answer.window_id, answer.moving) == (2 * SECOND, 7, True)


def test_a_clock_set_back_begins_anew():
    assert answers([(50, 0, True), (2, 0, False), (3, 0, False)]) == [True, False, False]

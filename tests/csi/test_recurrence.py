"""A series of bursts is known by its fourth; what is irregular or lasts is none."""

import pytest

from airsonde.csi.recurrence import Recurrence

SECOND = 1_000_000_000


def periods(begins, lasts=8, until=200, step=0.5):
    """Distinct answers while something moves, by burst."""
    recurrence, found = Recurrence(), {}
    for at in range(int(until / step)):
        t = at * step
        burst = max((b for b in begins if b <= t), default=None)
        moving = burst is not None and t < burst + lasts
        said = recurrence.step(int(t * SECOND), moving=moving)
        if moving:
            found.setdefault(burst, set()).add(said and round(said))
    return [found[b] for b in begins]


def test_the_fourth_of_a_series_is_known():
    assert periods([5, 37, 69, 101, 133]) == [{None}] * 3 + [{32}] * 2


@pytest.mark.parametrize("begins", [[5, 20, 69, 101, 160], [5, 15, 25, 35, 45]])
def test_irregular_or_frequent_bursts_are_no_series(begins):
    assert periods(begins, lasts=3) == [{None}] * 5


def test_what_lasts_is_no_series():
    assert None in periods([5, 37, 69, 101], lasts=25)[3]


def test_quiet_is_nothing_and_a_clock_set_back_begins_anew():
    recurrence = Recurrence()
    for t in (0, 30, 60):
        assert recurrence.step(t * SECOND, moving=True) is None
    assert recurrence.step(20 * SECOND, moving=True) is None
    assert recurrence.step(90 * SECOND, moving=False) is None
    assert recurrence.step(90 * SECOND, moving=True) is None

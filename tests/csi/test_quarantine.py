"""Refused frames are held, counted and bounded."""

import numpy as np

from airsonde.csi.quarantine import Quarantine
from airsonde.csi.validate import Validator
from tests.csi.test_windows import frames


def refused(n, start=0):
    batch = frames(np.arange(n) + start)
    batch.csi[:, 0, 0, 1] = np.nan
    return Validator().validate([batch]).rejected


def test_it_holds_what_was_refused_and_why():
    quarantine = Quarantine()
    quarantine.add(refused(3))
    (held,) = quarantine.batches()
    assert held.reasons is not None
    assert quarantine.reasons == {"non-finite value in 'i_values' at index 1": 3}
    assert held.reasons[0] == ("non-finite value in 'i_values' at index 1",)


def test_it_keeps_the_newest_and_counts_all():
    quarantine = Quarantine(most_frames=5)
    for start in range(0, 30, 3):
        quarantine.add(refused(3, start))
    (held,) = quarantine.batches()
    assert held.t_ns.tolist() == [25, 26, 27, 28, 29]
    assert len(quarantine) == 5
    assert quarantine.refused == 30


def test_one_batch_larger_than_the_room():
    quarantine = Quarantine(most_frames=4)
    quarantine.add(refused(100))
    assert quarantine.batches()[0].t_ns.tolist() == [96, 97, 98, 99]

"""How rows split into training fields."""

import numpy as np
import pytest

from airsonde.csi.model import Ppdu
from airsonde.radios.esp32.layout import (
    KNOWN_COUNTS,
    Flags,
    amplitude_layout,
    layout_by_flags,
    split_by_data,
    unnamed_layout,
)
from tests.radios.esp32.build import pairs

STATED = [  # values, secondary, 40 MHz, STBC: fields and the number of tones the best one has
    (64, 0, False, False, "l-ltf", 52),
    (64, 1, True, False, "l-ltf", 52),
    (128, 0, False, False, "l-ltf+ht-ltf", 56),
    (128, 2, False, False, "l-ltf+ht-ltf", 56),
    (192, 0, False, True, "l-ltf+ht-ltf+stbc-ht-ltf", 56),
    (192, 1, True, False, "l-ltf+ht-ltf", 114),
    (192, 2, True, False, "l-ltf+ht-ltf", 114),
    (188, 1, False, True, "l-ltf+ht-ltf+stbc-ht-ltf", 56),
    (190, 2, False, True, "l-ltf+ht-ltf+stbc-ht-ltf", 56),
    (306, 1, True, True, "l-ltf+ht-ltf+stbc-ht-ltf", 114),
    (52, 0, False, False, "l-ltf", 51),
    (53, 0, False, False, "l-ltf", 52),
    (57, 0, False, False, "ht-ltf", 56),
    (117, 1, True, False, "ht-ltf", 114),
    (245, 0, False, False, "he-ltf", 242),
    (256, 0, False, False, "he-ltf", 242),
]


def flags(secondary=0, wide=False, stbc=False):
    return Flags(ppdu=Ppdu.HT, wide=wide, stbc=stbc, secondary=secondary)


@pytest.mark.parametrize(("values", "secondary", "wide", "stbc", "training", "tones"), STATED)
def test_flags_decide_the_fields(values, secondary, wide, stbc, training, tones):
    layout = layout_by_flags(values, flags(secondary, wide, stbc))
    best = layout.best
    assert layout.values == values
    assert layout.training == training
    assert (np.diff(best.subcarriers) == 1).all()
    assert best.valid(stale=False).sum() == tones
    assert not best.valid(stale=False)[best.subcarriers == 0].any()


def test_every_known_count_has_a_layout():
    assert all(layout_by_flags(n, flags()).values == n for n in KNOWN_COUNTS)
    assert layout_by_flags(65, flags()) is None


def test_order_follows_the_secondary_channel():
    plain = layout_by_flags(64, flags(0)).fields[0]
    below = layout_by_flags(64, flags(2)).fields[0]
    assert plain.tones[[0, 1, 31, 32, 63]].tolist() == [0, 1, 31, -32, -1]
    assert below.tones[[0, 32, 63]].tolist() == [-32, 0, 31]
    assert plain.subcarriers.tolist() == below.subcarriers.tolist() == list(range(-32, 32))


def test_stale_values_are_the_first_two_of_the_row():
    plain = layout_by_flags(64, flags(0)).best
    lost = plain.subcarriers[plain.valid(stale=False) & ~plain.valid(stale=True)]
    assert lost.tolist() == [1]
    second = layout_by_flags(128, flags(0)).best
    assert (second.valid(stale=True) == second.valid(stale=False)).all()


@pytest.mark.parametrize(
    ("values", "secondary", "wide", "stbc"),
    [
        (64, 0, False, False),
        (64, 1, False, False),
        (128, 0, False, False),
        (128, 1, False, False),
        (192, 0, False, True),
        (192, 0, True, False),
        (192, 1, True, False),
        (57, 0, False, False),
    ],
)
def test_data_decide_as_flags_do(values, secondary, wide, stbc):
    layout = layout_by_flags(values, flags(secondary, wide, stbc))
    rows = np.stack([pairs(layout, seed) for seed in range(5)])
    ((found, which),) = split_by_data(rows)
    assert found is layout
    assert which.tolist() == [0, 1, 2, 3, 4]


def test_a_lone_ht_ltf_is_told_from_an_l_ltf_row_by_row():
    legacy = layout_by_flags(64, flags())
    ht = layout_by_flags(128, flags()).fields[1]
    lone = pairs(layout_by_flags(128, flags()))[2 * ht.first :]
    rows = np.stack([pairs(legacy), lone])
    found = {layout.training: at.tolist() for layout, at in split_by_data(rows)}
    assert found == {"l-ltf": [0], "ht-ltf": [1]}


def test_empty_rows_are_taken_for_the_plain_layout():
    ((layout, which),) = split_by_data(np.zeros((3, 128), dtype=np.int8))
    assert layout.training == "l-ltf"
    assert len(which) == 3


def test_unknown_counts_are_an_fft_grid_without_training_field():
    layout = unnamed_layout(5)
    assert layout.training is None
    assert layout.best.subcarriers.tolist() == [-2, -1, 0, 1, 2]
    assert layout.best.valid(stale=False).tolist() == [True, True, False, True, True]


def test_amplitudes_with_the_empty_tones_of_an_l_ltf_are_its_first_part():
    cut = np.ones(56, dtype=np.float32)
    cut[27:38] = 0
    best = amplitude_layout(cut).best
    assert best.subcarriers.tolist() == [*range(-32, -8), *range(32)]
    assert best.valid(stale=False).sum() == 26 + 18
    full = amplitude_layout(np.ones(56, dtype=np.float32)).best
    assert full.subcarriers.tolist() == [*range(-28, 0), *range(1, 29)]

import numpy as np
import pytest

from airsonde.csi.model import Ppdu
from airsonde.csi.tones import data_tones, grouped_tones, pilot_tones


@pytest.mark.parametrize(("ppdu", "width", "count"), [
    (Ppdu.NON_HT, 20, 4), (Ppdu.NON_HT, 80, 16), (Ppdu.HT, 20, 4), (Ppdu.HT, 40, 6), (Ppdu.VHT, 80, 8),
    (Ppdu.VHT, 160, 16), (Ppdu.HE, 20, 8), (Ppdu.HE, 40, 16), (Ppdu.HE, 80, 16), (Ppdu.HE, 160, 32),
])  # fmt: skip
def test_pilots_are_symmetric_tones(ppdu, width, count):
    pilots = pilot_tones(ppdu, width)
    assert len(pilots) == count
    assert np.isin(pilots, data_tones(ppdu, width)).all()
    assert pilots.tolist() == sorted(pilots.tolist())
    assert pilots.tolist() == (-pilots[::-1]).tolist()


def test_a_format_without_that_width_has_no_pilots():
    with pytest.raises(KeyError):
        pilot_tones(Ppdu.HT, 80)


@pytest.mark.parametrize("width", [20, 40])
def test_grouped_tones_are_thirty_of_ht(width):
    tones = grouped_tones(width)
    assert len(tones) == 30
    assert np.isin(tones, data_tones(Ppdu.HT, width)).all()

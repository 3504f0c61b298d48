"""What a row says of what nobody knows."""

from types import SimpleNamespace

import numpy as np

from airsonde.apps.agent.hub import Rows
from airsonde.apps.agent.provenance import Provenance
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.faces.http.rows import HEADER, encode_rows


def encoded(**columns):
    lane = Lane(
        number=0,
        source="a",
        family=Family.ESP32,
        subcarriers=np.arange(4, dtype=np.int16),
        valid=np.ones(4, np.bool_),
    )
    number = np.arange(3, dtype=np.int64)
    batch = FrameBatch(
        lane=lane, index=number, t_ns=number, csi=np.ones((3, 1, 1, 4), np.complex64), **columns
    )
    source = SimpleNamespace(provenance=Provenance.LIVE, number=0)
    rows = encode_rows(Rows(source=source, first=0, batch=batch))
    return np.ascontiguousarray(rows[:, : HEADER.itemsize]).view(HEADER)[:, 0]


def test_what_was_not_judged_is_nan_and_never_zero():
    header = encoded()
    assert np.isnan(header["quality"]).all()
    assert np.isnan(header["rssi_dbm"]).all()


def test_a_value_that_is_none_is_nan_in_its_row_alone():
    header = encoded(
        quality=np.array([0.5, np.nan, np.inf], np.float32),
        rssi_dbm=np.array([-np.inf, -50, -60], np.float32),
    )
    assert np.nan_to_num(header["quality"], nan=-1).tolist() == [0.5, -1, -1]
    assert np.nan_to_num(header["rssi_dbm"], nan=-1).tolist() == [-1, -50, -60]

"""Frames with every column filled, for round trips through capture files."""

import numpy as np

from airsonde.core.channel import Band, from_primary
from airsonde.core.ids import MacAddress
from airsonde.csi.batches import take
from airsonde.csi.model import Family, FrameBatch, Lane, Ppdu
from airsonde.csi.tones import grid


def full_lane(number=0, size=8, n_rx=2, n_tx=1):
    return Lane(
        number=number, source="a source", family=Family.INTEL5300, chip="iwl5300",
        transmitter=MacAddress(b"\x00\x16\xea\x12\x34\x56"),
        channel=from_primary(Band.GHZ_5, 36, 40), ppdu=Ppdu.HT, training="ht-ltf",
        n_rx=n_rx, n_tx=n_tx, core=1, stream=2, subcarriers=grid(size),
        valid=np.arange(size) % 3 != 0, stated=(36, 40),
    )  # fmt: skip


def full_batch(count=6, number=0, size=8, first=0, step=1):
    rng = np.random.default_rng(number)
    lane = full_lane(number, size)
    parts = rng.normal(size=(count, 2, 1, size, 2)).astype(np.float32)
    index = first + step * np.arange(count)
    return FrameBatch(
        lane=lane, index=index, t_ns=1_700_000_000_000_000_000 + index * 10_000_000,
        csi=parts.view(np.complex64)[..., 0],
        rssi_dbm=np.where(index % 4 == 0, np.nan, -40 - index).astype(np.float32),
        noise_dbm=np.full(count, -92, np.float32), seq=index.astype(np.int32),
        verdict=np.ones(count, np.uint8), quality=np.linspace(0, 1, count).astype(np.float32),
        reasons=tuple(("missing rssi",) if i % 4 == 0 else () for i in index),
        extra={
            "agc_db": index.astype(np.uint8), "perm": np.tile(np.int8([1, 2, 3]), (count, 1)),
            "room": np.full(count, "kitchen"), "late": index % 2 == 0,
            "phase_rad": parts[..., 0].copy(),
        },
    )  # fmt: skip


def bare_batch(count=5, number=1, size=4, first=0):
    """Only what every frame has; the samples are whole numbers."""
    lane = Lane(
        number=number, source="bare", family=Family.ESP32,
        subcarriers=grid(size), valid=np.ones(size, bool),
    )  # fmt: skip
    csi = np.arange(count * size).reshape(count, 1, 1, size) * (1 - 2j)
    return FrameBatch(
        lane=lane, index=np.arange(first, first + count),
        t_ns=np.arange(count) * 1000, csi=csi.astype(np.complex64) + np.complex64(1 + 1j),
    )  # fmt: skip


def interleaved_lanes(count=20):
    """Two lanes whose frames alternate, in blocks as a reader gives them."""
    one = full_batch(count, 0, 8, 0, 2)
    two = full_batch(count, 1, 12, 1, 2)
    cuts = [slice(0, 7), slice(7, 8), slice(8, count)]
    return [[take(one, cut), take(two, cut)] for cut in cuts]


def assert_same(got, expected):
    """Both batches hold the same frames, column by column and bit by bit."""
    for name in ("index", "t_ns", "csi", "rssi_dbm", "noise_dbm", "seq", "verdict", "quality"):
        a, b = getattr(got, name), getattr(expected, name)
        assert (a is None) == (b is None), name
        if a is not None:
            assert (a.dtype, a.shape) == (b.dtype, b.shape), name
            assert a.tobytes() == np.ascontiguousarray(b).tobytes(), name
    assert got.reasons == expected.reasons
    assert got.extra.keys() == expected.extra.keys()
    for name, column in expected.extra.items():
        assert got.extra[name].dtype == column.dtype
        assert np.array_equal(got.extra[name], column)
    assert_same_lane(got.lane, expected.lane)


def assert_same_lane(got, expected):
    for name in Lane.__dataclass_fields__:
        a, b = getattr(got, name), getattr(expected, name)
        assert np.array_equal(a, b) if isinstance(b, np.ndarray) else a == b, name

"""RVNX records: vectors of the reference's C code, round trips, damage that stays local."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.batches import concatenate
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.csi.tones import grid
from airsonde.radios.nexmon.rvnx import RvnxDecoder, payloads
from airsonde.radios.nexmon.rvnx_encode import encode
from airsonde.testing.decoder_contract import batches_in_pieces

FULL = bytes.fromhex(
    "584e565201030400c9a406001400000000ca9a3b000000000001000080ff400201000000ff7f0080"
)
BARE = bytes.fromhex("584e565201000200000024005000000080ba953e000000000001000080ff4002")


def decode(data, cuts=()):
    decoder = RvnxDecoder()
    return decoder, batches_in_pieces(decoder, data, cuts)


def rows(batches):
    return sorted((int(i), int(t)) for b in batches for i, t in zip(b.index, b.t_ns, strict=True))


def frames(count=5, size=8, **columns):
    lane = Lane(
        number=0, source="n", family=Family.NEXMON, subcarriers=grid(size),
        valid=np.ones(size, bool), stated=(36, 80),
    )  # fmt: skip
    csi = np.arange(count * size).reshape(count, 1, 1, size) * (1 - 0.5j) / 4
    return FrameBatch(
        lane=lane, index=np.arange(count), t_ns=np.arange(count) * 1000 + 7,
        csi=csi.astype(np.complex64), **columns,
    )  # fmt: skip


def test_vector_with_everything():
    _, (batch,) = decode(FULL)
    assert batch.lane.stated == (6, 20)
    assert batch.t_ns.tolist() == [1_000_000_000]
    assert (batch.rssi_dbm.tolist(), batch.noise_dbm.tolist()) == ([-55], [-92])
    assert batch.csi.ravel().tolist() == [1, -0.5 + 2.25j, 0.00390625, 127.99609375 - 128j]
    assert encode(batch).tobytes() == FULL


def test_vector_without_levels():
    _, (batch,) = decode(BARE)
    assert batch.lane.stated == (36, 80)
    assert np.isnan(batch.rssi_dbm).all()
    assert np.isnan(batch.noise_dbm).all()
    assert encode(batch).tobytes() == BARE


def test_rounding_is_half_away_from_zero_clamped_and_nan_is_zero():
    values = np.array([0.5, 1.5, -0.5, -1.5, 0.49, 40000 * 256, -40000 * 256]) / 256
    batch = frames(1, 8)
    batch.csi[0, 0, 0] = [*values, np.nan]
    words = encode(batch)[0, 24:].view("<i2")[::2]
    assert words.tolist() == [1, 2, -1, -2, 0, 32767, -32768, 0]


def test_vector_from_its_floats():
    _, (batch,) = decode(FULL)
    i, q = [1, -0.5, 0.00390625, 200], [0, 2.25, -0.001, -200]
    csi = (np.array(i) + 1j * np.array(q)).astype(np.complex64).reshape(1, 1, 1, 4)
    assert encode(replace(batch, csi=csi)).tobytes() == FULL


def test_one_record_of_each_chain_pair():
    batch = frames(3, 4)
    lane = replace(batch.lane, n_rx=2)
    two = replace(batch, lane=lane, csi=np.concatenate([batch.csi, -batch.csi], axis=1))
    back = concatenate(decode(encode(two).tobytes())[1])
    assert len(back) == 6
    assert back.csi[1, 0, 0].tolist() == (-batch.csi[0, 0, 0]).tolist()


@pytest.mark.parametrize("size", [0, 2049])
def test_lanes_the_record_cannot_hold(size):
    with pytest.raises(ConfigError, match="2048"):
        encode(frames(1, size))


@pytest.mark.parametrize("size", [1, 64, 100, 256, 2048])
def test_round_trip(size):
    level = np.array([-50, np.nan, 3], np.float32)
    batch = frames(3, size, rssi_dbm=level, noise_dbm=-level)
    decoder, parts = decode(encode(batch).tobytes())
    back = concatenate(parts)
    again = encode(back)
    assert np.array_equal(again, encode(batch))
    assert back.t_ns.tolist() == batch.t_ns.tolist()
    assert np.array_equal(back.rssi_dbm, level, equal_nan=True)
    assert decoder.tally.records == 3


def test_live_payload():
    batch = payloads().decode(BARE, 99)
    assert batch.t_ns.tolist() == [99]
    with pytest.raises(DecodeError, match="magic"):
        payloads().decode(b"x" * 40, 0)
    with pytest.raises(DecodeError):
        payloads().decode(BARE[:-1], 0)


STREAM = FULL + encode(frames(4)).tobytes() + BARE + FULL


@pytest.mark.parametrize(
    ("damage", "reason", "left"),
    [
        ((40, b"ZZ"), "bad magic (not an rvCSI Nexmon record)", 6),
        ((44, b"\x02"), "unsupported record version", 6),
        ((46, b"\x00\x00"), "record declares zero subcarriers", 6),
        ((46, b"\xff\xff"), "record declares too many subcarriers", 6),
        ((46, b"\x09"), "length contradicts what follows", 6),
        ((46, b"\x07"), "length contradicts what follows", 6),
        ((46, b"\x00\x04"), "buffer shorter than the declared record", 6),
        ((63, b"\x80"), "timestamp beyond 63 bits", 6),
    ],
)
def test_a_bad_record_costs_itself(damage, reason, left):
    at, new = damage
    data = STREAM[:at] + new + STREAM[at + len(new) :]
    decoder, batches = decode(data)
    assert decoder.tally.skipped == {reason: 1}
    assert decoder.tally.decoded == left
    good = [r[1] for r in rows(decode(STREAM)[1])]
    assert [r[1] for r in rows(batches)] == [good[0], *good[2:]]


def test_garbage_before_between_and_behind():
    data = b"junk" + FULL + b"\x00" * 30 + BARE + b"\x01" * 9
    decoder, batches = decode(data)
    assert decoder.tally.decoded + decoder.tally.skipped.total() == decoder.tally.records
    assert 1_050_000_000 in {t for _, t in rows(batches)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_frames_do_not_depend_on_cuts(cuts):
    whole, batches = decode(STREAM)
    pieces, parts = decode(STREAM, cuts)
    assert pieces.tally == whole.tally
    assert rows(parts) == rows(batches)


def test_every_truncation_keeps_what_is_whole():
    ends = np.cumsum([40, 56, 56, 56, 56, 32, 40])
    for end in range(len(STREAM)):
        decoder, batches = decode(STREAM[:end])
        assert decoder.tally.decoded == sum(len(b) for b in batches) == (ends <= end).sum()


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(STREAM) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_costs_more_than_its_record(at, bit):
    data = bytearray(STREAM)
    data[at] ^= 1 << bit
    decoder, _ = decode(bytes(data))
    assert decoder.tally.decoded >= 6
    assert decoder.tally.records == decoder.tally.decoded + decoder.tally.skipped.total()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data):
    decoder, batches = decode(b"XNVR\x01" + data)
    assert decoder.tally.decoded == sum(len(b) for b in batches)

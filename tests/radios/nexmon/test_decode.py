"""Datagrams to lanes: headers of both ages, pads, mixed sizes, kinds of PPDU, damage."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.channel import Band, Channel
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Ppdu
from airsonde.csi.tones import data_tones
from airsonde.radios.nexmon.decode import NexmonDatagrams, payloads
from tests.packet_bytes import nexmon_payload

GOLDEN = bytes.fromhex(  # a four-subcarrier payload as the reference's tests write it
    "1111d680aabbcc0011223412110024e04543c0fe0000cafefbffd4fef6ffdefef1ff"
)


def decode(datagrams, decoder=None):
    decoder = decoder or NexmonDatagrams()
    data = np.frombuffer(b"".join(datagrams), np.uint8)
    sizes = np.array([len(d) for d in datagrams], dtype=np.int64)
    times = np.arange(len(datagrams), dtype=np.int64)
    return decoder, decoder.decode_block(data, np.cumsum(sizes) - sizes, sizes, times)


def samples(size, used, level=1000, elsewhere=10):
    """int16 samples in raw order with a signal on the subcarriers `used`."""
    values = np.full((size, 2), elsewhere, "<i2")
    values[np.asarray(used) % size] = (level, -level)
    return values.tobytes()


def one(datagram):
    _, batches = decode([datagram])
    assert len(batches) == 1
    return batches[0]


def test_the_header_is_read():
    batch = one(nexmon_payload(samples(64, data_tones(Ppdu.HT, 20)), core=0b010_001))
    lane = batch.lane
    assert lane.transmitter == bytes.fromhex("aabbcc001122")
    assert lane.channel == Channel(Band.GHZ_5, 36, 20, 5180)
    assert (lane.chip, lane.core, lane.stream) == ("bcm43455c0", 1, 2)
    assert batch.rssi_dbm is not None
    assert (batch.rssi_dbm[0], batch.seq[0]) == (-42, 0x1234)
    assert batch.extra["frame_control"][0] == 0x80


def test_old_firmware_knows_no_rssi():
    batch = one(nexmon_payload(samples(64, data_tones(Ppdu.HT, 20)), old=True))
    assert batch.rssi_dbm is None
    assert batch.lane.transmitter == bytes.fromhex("aabbcc001122")


@pytest.mark.parametrize("pad", [1, 4, 60])
def test_pads_are_ignored(pad):
    body = samples(256, data_tones(Ppdu.VHT, 80))
    plain = one(nexmon_payload(body, chanspec=0xE02A))
    padded = one(nexmon_payload(body + bytes(pad), chanspec=0xE02A))
    assert (plain.csi == padded.csi).all()
    assert plain.csi.shape == (1, 1, 1, 256)


@pytest.mark.parametrize(
    ("used", "ppdu", "low", "high", "count"),
    [
        (data_tones(Ppdu.VHT, 80), Ppdu.VHT, -122, 122, 241),
        (data_tones(Ppdu.NON_HT, 80), Ppdu.NON_HT, -122, 122, 208),
        (data_tones(Ppdu.HT, 40) - 64, None, -122, -6, 114),
        (data_tones(Ppdu.NON_HT, 40) - 64, Ppdu.NON_HT, -122, -6, 104),
        (data_tones(Ppdu.HT, 20) - 96, None, -124, -68, 56),
        (data_tones(Ppdu.NON_HT, 20) - 96, Ppdu.NON_HT, -122, -70, 52),
    ],
)
def test_a_ppdu_inside_80_mhz_is_found_by_what_it_fills(used, ppdu, low, high, count):
    lane = one(nexmon_payload(samples(256, used), chanspec=0xE02A)).lane
    valid = lane.subcarriers[lane.valid]
    assert (valid.min(), valid.max(), len(valid), lane.ppdu) == (low, high, count, ppdu)


def test_the_primary_quarter_is_where_the_chanspec_says():
    used = data_tones(Ppdu.HT, 20) + 32
    lane = one(nexmon_payload(samples(256, used), chanspec=0xE22A)).lane
    assert lane.channel == Channel(Band.GHZ_5, 44, 80, 5210)
    assert set(lane.subcarriers[lane.valid]) == set(used)


def test_status_words_and_nulls_are_not_valid():
    at_80 = one(nexmon_payload(samples(256, data_tones(Ppdu.VHT, 80)), chanspec=0xE02A)).lane
    at_20 = one(nexmon_payload(samples(64, data_tones(Ppdu.HT, 20)))).lane
    assert not at_80.valid[np.isin(at_80.subcarriers, [-128, -1, 0, 1, 2, 127])].any()
    assert not at_20.valid[np.isin(at_20.subcarriers, [-32, 0, 28, 29, 30])].any()


def test_other_sizes_transmitters_and_kinds_become_lanes():
    wide = samples(256, data_tones(Ppdu.VHT, 80))
    narrow = samples(64, data_tones(Ppdu.HT, 20))
    mixed = [
        nexmon_payload(wide, chanspec=0xE02A),
        nexmon_payload(narrow, chanspec=0xE02A),
        nexmon_payload(wide, chanspec=0xE02A, mac=b"second"),
        nexmon_payload(wide, chanspec=0xE02A, old=True),
        nexmon_payload(samples(256, data_tones(Ppdu.HT, 20) - 96), chanspec=0xE02A),
    ]
    decoder, batches = decode(mixed * 4)
    assert sorted(len(b) for b in batches) == [4] * 5
    assert {b.lane.number for b in batches} == set(range(5))
    assert decoder.tally.decoded == 20
    for batch in batches:
        assert (np.diff(batch.index) == 5).all()
    by_size = {b.csi.shape[-1]: b.lane for b in batches}
    assert by_size[64].channel == Channel(Band.GHZ_5, 36, 20, 5180)


def test_an_impossible_chanspec_leaves_the_channel_unknown():
    lane = one(nexmon_payload(samples(64, data_tones(Ppdu.HT, 20)), chanspec=0)).lane
    assert lane.channel is None


@pytest.mark.parametrize("bad", [b"", b"\x11\x11", GOLDEN, b"\x12" + bytes(300)])
def test_bad_datagrams_are_counted_and_cost_only_themselves(bad):
    good = nexmon_payload(samples(64, data_tones(Ppdu.HT, 20)))
    decoder, batches = decode([good, bad, good])
    assert decoder.tally.records == 3
    assert decoder.tally.decoded == 2
    assert batches[0].index.tolist() == [0, 2]
    with pytest.raises(DecodeError, match="nexmon payload"):
        payloads().decode(bad, 0)


@given(st.lists(st.binary(max_size=400), max_size=8))
def test_any_datagrams_are_decoded_or_counted(datagrams):
    marked = [b"\x11\x11" + d for d in datagrams] + datagrams
    decoder, batches = decode(marked)
    assert decoder.tally.records == len(marked)
    assert sum(len(b) for b in batches) == decoder.tally.decoded


@given(
    st.sampled_from([64, 128, 256, 512]),
    st.lists(st.floats(0, 1), min_size=8, max_size=8),
    st.sampled_from([0x1903, 0xD926, 0xE02A, 0xE22A, 0xE32A, 0xE832]),
    st.sampled_from([0x0065, 0x006A]),
    st.integers(0, 99),
)
def test_one_by_one_tells_kinds_as_the_block_does(size, levels, chanspec, chip, seed):
    random = np.random.default_rng(seed)
    scale = 8000 * np.repeat(levels[: size // 64], 64)[:, None]
    raw = np.roll(random.normal(0, 1, (size, 2)) * scale, size // 2, axis=0).clip(-32768, 32767)
    datagram = nexmon_payload(raw.astype("<i2").tobytes(), chanspec=chanspec, chip=chip)
    lane, alone = one(datagram).lane, payloads().decode(datagram, 0).lane
    assert (alone.ppdu, alone.channel) == (lane.ppdu, lane.channel)
    assert (alone.valid == lane.valid).all()


@given(st.lists(st.sampled_from(range(6)), min_size=1, max_size=30), st.integers(0, 99))
def test_one_by_one_says_what_the_block_says(choice, seed):
    random = Random(seed)
    kinds = [
        nexmon_payload(samples(256, data_tones(Ppdu.VHT, 80)), chanspec=0xE02A),
        nexmon_payload(samples(256, data_tones(Ppdu.HT, 20) - 96), chanspec=0xE02A, old=True),
        nexmon_payload(samples(64, data_tones(Ppdu.NON_HT, 20))),
        nexmon_payload(random.randbytes(1024), chanspec=0xE06A, chip=0x006A),
        nexmon_payload(random.randbytes(1024), chanspec=0xE02A, chip=0x0003),
        nexmon_payload(random.randbytes(512), chanspec=0x1903, chip=0x1234),
    ]
    datagrams = [kinds[i] for i in choice]
    _, batches = decode(datagrams)
    single = payloads()
    frames = [single.decode(d, t) for t, d in enumerate(datagrams)]
    for batch in batches:
        for row, index in enumerate(batch.index):
            frame = frames[index]
            assert np.array_equal(frame.csi[0], batch.csi[row])
            assert (frame.t_ns[0], frame.seq[0]) == (batch.t_ns[row], batch.seq[row])
            assert (frame.lane.ppdu, frame.lane.channel) == (batch.lane.ppdu, batch.lane.channel)
            assert (frame.lane.valid == batch.lane.valid).all()

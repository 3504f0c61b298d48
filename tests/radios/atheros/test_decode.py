from pathlib import Path

import numpy as np
import pytest

import airsonde
from airsonde.core.channel import Band, Channel
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Ppdu
from airsonde.radios.atheros.decode import AtherosDecoder
from tests.radios.atheros import build

GOLDEN = Path(__file__).parents[2] / "vectors" / "atheros"


def decode(data: bytes):
    decoder = AtherosDecoder("here")
    return decoder, decoder.feed(memoryview(data), final=True).batches


@pytest.mark.parametrize(("name", "order"), [("little.dat", "<"), ("big.dat", ">")])
def test_the_golden_record_holds_its_formula(name, order):
    data = (GOLDEN / name).read_bytes()
    decoder, [batch] = decode(data)
    assert data == build.record(order=order)
    assert batch.csi[0].tolist() == [
        [[complex(*build.value(k, rx, tx)) for k in range(56)] for tx in range(2)]
        for rx in range(3)
    ]
    assert batch.t_ns.tolist() == [5_000_000]
    assert batch.lane.transmitter == build.SENDER
    assert batch.lane.channel == Channel(Band.GHZ_2_4, 6, 20, 2437)
    assert batch.lane.ppdu is Ppdu.HT
    assert batch.lane.subcarriers.tolist() == [*range(-28, 0), *range(1, 29)]
    assert batch.seq.tolist() == [0x50]
    assert batch.rssi_dbm.tolist() == [-45]
    assert np.isnan(batch.noise_dbm[0])
    assert [int(batch.extra[f"rssi_{c}_db"][0]) for c in range(3)] == [40, 41, 128]
    assert decoder.tally.records == 1


@pytest.mark.parametrize("tones", [56, 114])
@pytest.mark.parametrize(("n_rx", "n_tx"), [(1, 1), (2, 1), (1, 3), (3, 3)])
def test_every_antenna_count_unpacks(tones, n_rx, n_tx):
    _, [batch] = decode(build.record(tones, n_rx, n_tx, wide=tones == 114) * 3)
    assert batch.csi.shape == (3, n_rx, n_tx, tones)
    for k in (0, 1, 2, 17, tones - 1):
        assert batch.csi[2, n_rx - 1, n_tx - 1, k] == complex(*build.value(k, n_rx - 1, n_tx - 1))


def test_40_mhz_at_5_ghz_has_a_channel_and_at_2_4_ghz_none():
    _, [five] = decode(build.record(114, 1, 1, wide=1, mhz=5180))
    _, [two] = decode(build.record(114, 1, 1, wide=1, mhz=2462))
    assert five.lane.channel == Channel(Band.GHZ_5, 36, 40, 5190)
    assert two.lane.channel is None
    assert two.lane.subcarriers.tolist() == [*range(-58, -1), *range(2, 59)]


def test_mixed_tones_streams_and_transmitters_are_lanes():
    other = build.frame(bytes.fromhex("02aabbccdd02"))
    records = [
        build.record(),
        build.record(114, 2, 1, wide=1),
        build.record(payload=other),
        build.record(),
        build.record(56, 2, 1),
    ]
    decoder, batches = decode(b"".join(records))
    assert [b.index.tolist() for b in batches] == [[0, 3], [1], [2], [4]]
    assert [b.lane.number for b in batches] == [0, 1, 2, 3]
    assert decoder.tally.decoded == 5


def test_a_record_without_csi_is_counted():
    decoder, [batch] = decode(build.record(csi=b"") + build.record())
    assert batch.index.tolist() == [1]
    assert decoder.tally.skipped == {"no csi": 1}


def test_csi_that_does_not_fit_is_skipped():
    decoder, [batch] = decode(build.record(csi=bytes(841)) + build.record())
    assert decoder.tally.skipped == {"csi length does not fit tones and antennas": 1}
    assert len(batch) == 1


def test_without_a_received_frame_the_transmitter_is_unknown():
    _, [batch] = decode(build.record(payload=b""))
    assert batch.lane.transmitter is None
    assert batch.seq is None


def test_time_is_what_the_source_says():
    _, [batch] = decode(b"".join(build.record(t_us=t) for t in (7000, 100, 9000)))
    assert batch.t_ns.tolist() == [7_000_000, 100_000, 9_000_000]


@pytest.mark.parametrize("order", ["<", ">"])
def test_one_live_record(order):
    from airsonde.radios.atheros.decode import payloads

    decoder = payloads()
    assert decoder.decode(build.record(order=order), 42).t_ns.tolist() == [42]
    with pytest.raises(DecodeError):
        decoder.decode(build.record(order=order)[:-1], 42)
    with pytest.raises(DecodeError, match="no csi"):
        decoder.decode(build.record(order=order, csi=b""), 42)
    assert len(decoder.decode(build.record(order=order), 43)) == 1


def test_the_public_entry_knows_the_family():
    assert len(airsonde.decode("atheros", build.record(), 1)) == 1

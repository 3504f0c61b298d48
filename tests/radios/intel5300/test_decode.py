from pathlib import Path

import numpy as np
import pytest

import airsonde
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Ppdu
from airsonde.csi.tones import grouped_tones
from airsonde.radios.intel5300.decode import Intel5300Decoder
from tests.radios.intel5300 import build

GOLDEN = Path(__file__).parents[2] / "vectors" / "intel5300" / "report_3x2.dat"


def decode(data: bytes):
    decoder = Intel5300Decoder("here")
    return decoder, decoder.feed(memoryview(data), final=True).batches


def test_the_golden_report_holds_its_formula():
    decoder, [batch] = decode(GOLDEN.read_bytes())
    expected = [
        [[complex(*build.value(k, rx, tx)) for k in range(30)] for tx in range(2)]
        for rx in range(3)
    ]
    assert batch.csi[0].tolist() == expected
    assert batch.lane.ppdu is Ppdu.HT
    assert batch.lane.subcarriers.tolist() == grouped_tones(40).tolist()
    assert batch.t_ns.tolist() == [1_000_000]
    assert batch.seq.tolist() == [7]
    assert batch.noise_dbm.tolist() == [-90]
    assert batch.rssi_dbm[0] == pytest.approx(10 * np.log10(10**3 + 10**4) - 64, abs=1e-4)
    assert decoder.tally.records == decoder.tally.decoded == 1


def test_the_golden_report_is_what_the_slow_packer_makes():
    assert GOLDEN.read_bytes() == build.report()


@pytest.mark.parametrize("n_rx", [1, 2, 3])
@pytest.mark.parametrize("n_tx", [1, 2, 3])
def test_every_antenna_count_unpacks(n_rx, n_tx):
    _, [batch] = decode(build.report(n_rx, n_tx) * 3)
    assert batch.csi.shape == (3, n_rx, n_tx, 30)
    for k in (0, 1, 6, 7, 8, 15, 28, 29):
        assert batch.csi[2, n_rx - 1, n_tx - 1, k] == complex(*build.value(k, n_rx - 1, n_tx - 1))


def test_the_antenna_word_puts_rows_in_port_order():
    _, [batch] = decode(build.report(3, 1, sel=0b010010))  # stands on ports 2, 0, 1
    assert [batch.csi[0, port, 0, 0] for port in (2, 0, 1)] == [
        complex(*build.value(0, rx, 0)) for rx in range(3)
    ]


def test_an_impossible_antenna_word_changes_nothing():
    _, [batch] = decode(build.report(3, 1, sel=0b000000))
    assert [batch.csi[0, rx, 0, 0] for rx in range(3)] == [
        complex(*build.value(0, rx, 0)) for rx in range(3)
    ]


def test_one_chain_on_another_antenna_is_another_lane():
    _, batches = decode(
        build.report(1, 1, sel=33) + build.report(1, 1, sel=36) + build.report(1, 1, sel=33)
    )
    assert [(b.lane.number, b.lane.core, len(b)) for b in batches] == [(0, 1, 2), (1, 0, 1)]


@pytest.mark.parametrize(
    ("rate", "ppdu", "width"), [(0x90B, Ppdu.HT, 40), (0x107, Ppdu.HT, 20), (0x80B, None, 20)]
)
def test_the_rate_word_tells_the_width(rate, ppdu, width):
    _, [batch] = decode(build.report(rate=rate))
    assert batch.lane.ppdu is ppdu
    assert batch.lane.subcarriers.tolist() == grouped_tones(width).tolist()


def test_groups_are_those_of_the_standard():
    assert grouped_tones(20).tolist() == [
        -28, -26, -24, -22, -20, -18, -16, -14, -12, -10, -8, -6, -4, -2, -1,
        1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 28,
    ]  # fmt: skip
    assert grouped_tones(40).tolist() == [*range(-58, 0, 4), *range(2, 59, 4)]


def test_the_clock_is_counted_on_where_it_wraps():
    times = [2**32 - 500, 100, 2**32 - 20, 700]
    _, [batch] = decode(b"".join(build.report(t_us=t) for t in times))
    assert batch.t_ns.tolist() == [
        (2**32 - 500) * 1000,
        (2**32 + 100) * 1000,
        (2**32 - 20) * 1000,
        (2**32 + 700) * 1000,
    ]


def test_records_without_csi_are_counted_by_their_code():
    decoder, [batch] = decode(build.received() + build.report() + build.received() + build.report())
    assert batch.index.tolist() == [1, 3]
    assert decoder.tally.skipped == {"no csi: record code 0xc1": 2}


def test_a_length_that_does_not_fit_the_antennas_is_skipped():
    bad = bytearray(build.report())
    bad[11] = 2
    decoder, batches = decode(bytes(bad) + build.report())
    assert [len(b) for b in batches] == [1]
    assert decoder.tally.skipped == {"csi length does not fit the antennas": 1}


def test_noise_that_was_not_measured_is_nan():
    _, [batch] = decode(build.report(noise=-127, rssi=(0, 0, 0)))
    assert np.isnan(batch.noise_dbm[0])
    assert np.isnan(batch.rssi_dbm[0])


def test_one_live_record_takes_the_time_it_is_given():
    batch = airsonde.decode("intel5300", build.report(), 42)
    assert batch.t_ns.tolist() == [42]
    with pytest.raises(DecodeError, match="truncated"):
        airsonde.decode("intel5300", build.report()[:-1], 42)
    assert len(airsonde.decode("intel5300", build.report(), 43)) == 1

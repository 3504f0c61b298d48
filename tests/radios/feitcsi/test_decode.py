from pathlib import Path

import numpy as np
import pytest

import airsonde
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Ppdu
from airsonde.radios.feitcsi.decode import FeitcsiDecoder
from tests.radios.feitcsi import build

GOLDEN = Path(__file__).parents[2] / "vectors" / "feitcsi" / "ht20_2x1.csi"

PLANS = [
    ("non-ht", 20, 52), ("ht", 20, 56), ("ht", 40, 114), ("vht", 20, 56), ("vht", 40, 114), ("vht", 80, 242),
    ("vht", 160, 484), ("he", 20, 242), ("he", 40, 484), ("he", 80, 996), ("he", 160, 1992),
]  # fmt: skip


def decode(data: bytes):
    decoder = FeitcsiDecoder("here")
    return decoder, decoder.feed(memoryview(data), final=True).batches


def test_the_golden_record_holds_its_formula():
    decoder, [batch] = decode(GOLDEN.read_bytes())
    assert GOLDEN.read_bytes() == build.record()
    assert batch.csi[0].tolist() == [
        [[complex(*build.value(k, rx, 0)) for k in range(56)]] for rx in range(2)
    ]
    assert batch.lane.transmitter == build.SENDER
    assert batch.lane.ppdu is Ppdu.HT
    assert batch.lane.subcarriers[~batch.lane.valid].tolist() == [-21, -7, 7, 21]
    assert batch.t_ns.tolist() == [1_000_000]
    assert batch.rssi_dbm.tolist() == [-46]
    assert decoder.tally.records == 1


@pytest.mark.parametrize(("ppdu", "width", "tones"), PLANS)
def test_every_format_and_width_has_its_tones(ppdu, width, tones):
    _, [batch] = decode(build.record(tones, 2, 2, ppdu=ppdu, width=width))
    assert batch.csi.shape == (1, 2, 2, tones)
    assert batch.csi[0, 1, 1, tones - 1] == complex(*build.value(tones - 1, 1, 1))
    assert batch.lane.ppdu == ppdu
    assert batch.lane.subcarriers.tolist() == (-batch.lane.subcarriers[::-1]).tolist()
    assert (~batch.lane.valid).sum() == {52: 4, 56: 4, 114: 6, 242: 8, 996: 16, 1992: 32, 484: 16}[
        tones
    ]


@pytest.mark.parametrize(
    ("ppdu", "columns", "first", "end"), [("vht", 498, 242, 256), ("he", 2020, 996, 1024)]
)
def test_padding_between_two_halves_is_left_out(ppdu, columns, first, end):
    _, [batch] = decode(build.record(columns, 1, 1, ppdu=ppdu, width=160))
    kept = [*range(first), *range(end, columns)]
    assert batch.csi[0, 0, 0].tolist() == [complex(*build.value(k, 0, 0)) for k in kept]


@pytest.mark.parametrize(
    ("tones", "ppdu", "width", "reason"),
    [
        (57, "ht", 20, "57 tones are not those of ht at 20 MHz"),
        (996, "eht", 80, "996 tones are not those of eht at 80 MHz"),
    ],
)
def test_a_tone_count_without_a_plan_is_skipped(tones, ppdu, width, reason):
    decoder, [batch] = decode(build.record(tones, ppdu=ppdu, width=width) + build.record())
    assert batch.index.tolist() == [1]
    assert decoder.tally.skipped == {reason: 1}


def test_formats_and_transmitters_are_lanes():
    records = [
        build.record(),
        build.record(242, ppdu="vht", width=80),
        build.record(sender=bytes(6)),
        build.record(),
    ]
    _, batches = decode(b"".join(records))
    assert [b.index.tolist() for b in batches] == [[0, 3], [1], [2]]


def test_the_host_time_wins_and_the_device_clock_wraps():
    _, [device] = decode(b"".join(build.record(device_us=t) for t in (2**32 - 10, 20)))
    _, [host] = decode(build.record(host_us=1_700_000_000_000_000))
    assert device.t_ns.tolist() == [(2**32 - 10) * 1000, (2**32 + 20) * 1000]
    assert host.t_ns.tolist() == [1_700_000_000_000_000_000]


def test_rssi_that_is_absent_or_impossible_is_nan():
    _, [batch] = decode(build.record(rssi=(0, 50)) + build.record(rssi=(0, 9999)))
    assert batch.rssi_dbm[0] == -50
    assert np.isnan(batch.rssi_dbm[1])


def test_one_live_record():
    assert airsonde.decode("feitcsi", build.record(), 42).t_ns.tolist() == [42]
    with pytest.raises(DecodeError, match="57 tones"):
        airsonde.decode("feitcsi", build.record(57), 42)
    with pytest.raises(DecodeError):
        airsonde.decode("feitcsi", build.record() * 2, 42)

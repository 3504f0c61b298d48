"""CSI lines: column orders, headers, wrapping, and what is skipped."""

from pathlib import Path

import numpy as np
import pytest

from airsonde.csi.model import Ppdu
from airsonde.radios.esp32.csv_decoder import CsvDecoder
from airsonde.radios.esp32.layout import Flags, layout_by_flags
from tests.radios.esp32 import build

VECTORS = Path(__file__).parents[2] / "vectors" / "esp32"
LEGACY = build.pairs(layout_by_flags(64, Flags(ppdu=None, wide=False, stbc=False, secondary=0)))
TOOL_HEADER = (
    b"type,role,mac,rssi,rate,sig_mode,mcs,bandwidth,smoothing,not_sounding,aggregation,stbc,"
    b"fec_coding,sgi,noise_floor,ampdu_cnt,channel,secondary_channel,local_timestamp,ant,sig_len,"
    b"rx_state,real_time_set,real_timestamp,len,CSI_DATA\n"
)


def decode(data):
    decoder = CsvDecoder("x")
    answer = decoder.feed(memoryview(data), final=True)
    assert answer.consumed == len(data)
    return decoder, answer.batches


def row_of(layout, seed=0):
    values = build.pairs(layout, seed)
    return values, values[1::2] + 1j * values[::2]


def test_golden_lines_of_every_order():
    decoder, batches = decode((VECTORS / "lines.csv").read_bytes())
    assert decoder.tally.decoded == 4
    assert dict(decoder.tally.skipped) == {"not a CSI row": 1}
    lanes = [(b.lane.ppdu, b.lane.training, len(b.lane.subcarriers)) for b in batches]
    assert lanes == [
        (Ppdu.NON_HT, "l-ltf", 64),
        (Ppdu.HT, "l-ltf+ht-ltf", 128),
        (Ppdu.NON_HT, "l-ltf", 52),
        (Ppdu.NON_HT, "l-ltf", 52),
    ]
    assert [b.lane.channel.primary for b in batches] == [6, 6, 6, 11]
    assert batches[3].extra["agc_gain"].tolist() == [228]
    first = batches[0]
    assert first.t_ns.tolist() == [7_000_000_000]
    assert first.csi[0, 0, 0, first.lane.subcarriers == 2].tolist() == [5 + 4j]
    assert first.csi[0, 0, 0, first.lane.subcarriers == -1].tolist() == [127 - 128j]


def test_pairs_are_imaginary_then_real_in_ascending_order():
    layout = layout_by_flags(64, Flags(ppdu=None, wide=False, stbc=False, secondary=0))
    values, row = row_of(layout)
    _, (batch,) = decode(build.tool_line(values))
    assert np.array_equal(batch.csi[0, 0, 0], np.fft.fftshift(row).astype(np.complex64))
    assert batch.lane.subcarriers.tolist() == list(range(-32, 32))
    assert batch.rssi_dbm.tolist() == [-41]
    assert batch.noise_dbm.tolist() == [-96]
    assert batch.seq is None
    assert batch.extra["rate"].tolist() == [11]
    assert batch.lane.transmitter.hex(":") == build.MAC


def test_fields_beside_the_best_one_are_kept():
    layout = layout_by_flags(192, Flags(ppdu=Ppdu.HT, wide=False, stbc=True, secondary=0))
    values, row = row_of(layout)
    _, (batch,) = decode(build.tool_line(values, ht=1, stbc=1))
    assert batch.lane.training == "l-ltf+ht-ltf+stbc-ht-ltf"
    assert np.array_equal(batch.extra["l_ltf"][0, 0], np.fft.fftshift(row[:64]))
    assert np.array_equal(batch.csi[0, 0, 0], np.fft.fftshift(row[64:128]))
    assert np.array_equal(batch.extra["stbc_ht_ltf"][0, 0], np.fft.fftshift(row[128:]))


def test_forty_megahertz_rows_know_their_channel():
    layout = layout_by_flags(192, Flags(ppdu=Ppdu.HT, wide=True, stbc=False, secondary=2))
    values, row = row_of(layout)
    _, (batch,) = decode(build.classic_line(values, ht=1, cwb=1, secondary=2))
    assert (batch.lane.channel.primary, batch.lane.channel.width_mhz) == (6, 40)
    assert batch.lane.channel.center == 4
    assert np.array_equal(batch.csi[0, 0, 0], np.fft.fftshift(row[64:]))
    assert np.array_equal(batch.extra["l_ltf"][0, 0], row[:64])
    assert batch.seq.tolist() == [5]


def test_the_tool_prints_the_l_ltf_of_longer_rows():
    _, (batch,) = decode(build.tool_line(LEGACY, length=384, ht=1, cwb=1, secondary=1))
    assert batch.lane.training == "l-ltf"
    assert batch.lane.channel.width_mhz == 20
    assert batch.lane.stated == (6, 40)
    assert batch.lane.subcarriers[~batch.lane.valid].tolist() == [
        *range(-32, -26),
        0,
        *range(27, 32),
    ]


def test_stale_values_are_not_valid():
    _, (tool,) = decode(build.tool_line(LEGACY))
    _, (said,) = decode(build.classic_line(LEGACY, stale=1))
    _, (fresh,) = decode(build.classic_line(LEGACY, stale=0))
    assert tool.lane.valid.sum() == said.lane.valid.sum() == 51
    assert fresh.lane.valid.sum() == 52


def test_rows_without_radio_flags_are_told_by_their_data():
    _, (batch,) = decode(build.he_line(LEGACY))
    assert batch.lane.ppdu is Ppdu.NON_HT
    assert batch.lane.channel.primary == 6
    assert {n: c.tolist() for n, c in batch.extra.items()} == {
        "rate": [11],
        "agc_gain": [21],
        "fft_gain": [3],
    }


def test_whatever_decides_comparability_decides_the_lane():
    lines = [
        build.tool_line(LEGACY),
        build.tool_line(LEGACY, mac="02:00:5e:10:00:02"),
        build.tool_line(LEGACY, channel=11),
        build.tool_line(LEGACY, ht=1, length=384),
        build.tool_line(LEGACY, ht=1, cwb=1, length=384),
        build.tool_line(LEGACY),
    ]
    _, batches = decode(b"".join(lines))
    assert [b.lane.number for b in batches] == [0, 1, 2, 3, 4]
    assert batches[0].index.tolist() == [0, 5]


def test_time_is_the_receivers_counter_unwrapped():
    lines = [build.tool_line(LEGACY, t_us=t) for t in (2**32 - 2, 3, 9, 5)]
    _, (batch,) = decode(b"".join(lines))
    assert (batch.t_ns - batch.t_ns[0]).tolist() == [0, 5000, 11000, 7000]


def test_headers_are_no_records_and_set_the_columns():
    swapped = TOOL_HEADER.replace(b"type,role,mac,rssi", b"type,role,rssi,mac")
    line = build.tool_line(LEGACY).replace(b"02:00:5e:10:00:01,-41", b"-41,02:00:5e:10:00:01")
    decoder, batches = decode(TOOL_HEADER + build.tool_line(LEGACY) + swapped + line)
    assert decoder.tally.records == decoder.tally.decoded == 2
    assert sum(len(b) for b in batches) == 2


def test_a_wrapping_file_is_unwrapped():
    inner = build.classic_line(LEGACY).strip().replace(b'"', b'""')
    data = b'pc_timestamp,label,tag,note,raw_line\n1785235797.6,2,room2,a b,"' + inner + b'"'
    decoder, (batch,) = decode(data)
    assert decoder.tally.records == len(batch) == 1


def test_a_header_alone_is_an_empty_capture_and_said_to_be():
    decoder, batches = decode(TOOL_HEADER)
    assert batches == []
    assert decoder.tally.records == 0
    assert len(decoder.warnings) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"I (512) wifi: connected\n", "not a CSI row"),
        (build.tool_line(LEGACY)[:-30] + b"\n", "truncated row"),
        (build.tool_line(LEGACY[:-1], length=128), "ragged row"),
        (build.tool_line(LEGACY[:-2]), "unknown layout"),
        (build.tool_line(LEGACY).replace(b"[0 0", b"[0 x"), "unreadable number"),
        (build.tool_line(LEGACY).replace(b"[0 0", b"[0 300"), "number out of range"),
        (build.tool_line(LEGACY).replace(b",-41,", b",-4I,"), "unreadable number"),
        (build.tool_line(LEGACY, secondary=3), "number out of range"),
        (build.tool_line(LEGACY, t_us=2**32), "number out of range"),
        (build.tool_line(LEGACY, mac="02:00:5e:10:00"), "unreadable number"),
        (build.tool_line(LEGACY).replace(b"AP,", b"AP,AP,"), "unknown columns"),
    ],
)
def test_what_is_wrong_is_counted_and_costs_itself(line, reason):
    decoder, (batch,) = decode(build.tool_line(LEGACY) + line + build.tool_line(LEGACY))
    assert dict(decoder.tally.skipped) == {reason: 1}
    assert batch.index.tolist() == [0, 2]


def test_batches_own_their_memory():
    data = bytearray(build.tool_line(LEGACY))
    _, (batch,) = decode(data)
    before = batch.csi.copy()
    data[:] = bytes(len(data))
    assert np.array_equal(batch.csi, before)

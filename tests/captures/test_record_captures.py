"""Recorded captures of the record families: identity, and every record accounted for."""

import pytest

import airsonde
from airsonde.captures.model import HEAD_BYTES, Head
from airsonde.captures.registry import formats, named
from airsonde.captures.stream import StreamReader
from airsonde.csi.model import Family
from airsonde.radios.atheros.decode import AtherosDecoder
from airsonde.radios.feitcsi.decode import FeitcsiDecoder
from airsonde.radios.intel5300.decode import Intel5300Decoder
from airsonde.radios.picoscenes.decode import PicoscenesDecoder
from tests.radios import battery
from tests.radios.battery import outcome
from tests.recordings import DATA, recording

NO_CSI = "no csi"
CAPTURES = {
    "intel5300/example.dat": ("intel5300", 26, {}, {(3, 2, 30): 26}),
    "intel5300/log.all_csi.6.7.6.dat": (
        "intel5300",
        29,
        {},
        {(3, 1, 30): 10, (3, 2, 30): 9, (3, 3, 30): 10},
    ),
    "intel5300/los_40.dat": ("intel5300", 1119, {}, {(3, 1, 30): 1119}),
    "intel5300/sample_0x5_64_3000.dat": (
        "intel5300",
        2998,
        {"no csi: record code 0xc1": 2998},
        {(3, 1, 30): 2998},
    ),
    "breathing/intel5300_gyro/4_14_2.dat": ("intel5300", 1112, {}, {(3, 2, 30): 1112}),
    "breathing/intel5300_gyro/4_14_m2.dat": (
        "intel5300",
        1132,
        {},
        {(3, 1, 30): 71, (3, 2, 30): 1059, (3, 3, 30): 2},
    ),
    "breathing/intel5300_gyro/4_19_mn1.dat": ("intel5300", 1272, {}, {(3, 2, 30): 1272}),
    "breathing/intel5300_gyro/4_19_sn1.dat": ("intel5300", 1953, {}, {(3, 2, 30): 1953}),
    "breathing/intel5300_gyro/move1.dat": ("intel5300", 735, {}, {(1, 1, 30): 734, (3, 1, 30): 1}),
    "breathing/intel5300_gyro/sample4.dat": (
        "intel5300",
        6145,
        {},
        {(1, 1, 30): 6143, (3, 1, 30): 2},
    ),
    "breathing/intel5300_gyro/sample5.dat": (
        "intel5300",
        6109,
        {},
        {(1, 1, 30): 6107, (3, 1, 30): 2},
    ),
    "atheros/ath_csi_1.dat": ("atheros", 401, {}, {(3, 2, 56): 401}),
    "atheros/mixed_tones/five_place/train/kitchen2.dat": (
        "atheros",
        603,
        {NO_CSI: 448},
        {(2, 2, 56): 603},
    ),
    "atheros/mixed_tones/three_place/test/kitchen9.dat": (
        "atheros",
        1888,
        {NO_CSI: 550},
        {(2, 2, 56): 1888},
    ),
    "atheros/mixed_tones/three_place/test/outer9.dat": (
        "atheros",
        2394,
        {NO_CSI: 20},
        {(2, 2, 56): 2394},
    ),
    "atheros/mixed_tones/three_place/train/outer0.dat": (
        "atheros",
        2165,
        {NO_CSI: 31},
        {(2, 2, 56): 2165},
    ),
    "atheros/mixed_tones/three_place/train/room0.dat": (
        "atheros",
        2435,
        {NO_CSI: 12},
        {(2, 2, 56): 2435},
    ),
    "picoscenes/picoscenes_ax200_example.csi": (
        "picoscenes",
        885,
        {},
        {(2, 1, 56): 778, (2, 1, 52): 107},
    ),
    "picoscenes/picoscenes_iwl5300_example.csi": (
        "picoscenes",
        112,
        {},
        {(2, 1, 30): 99, (2, 2, 30): 12, (1, 1, 30): 1},
    ),
    "picoscenes/rx_4_251203_155833.csi": ("picoscenes", 2233, {}, {(2, 1, 52): 2233}),
    "picoscenes/rx_4_251205_HandsUpDown.csi": ("picoscenes", 2126, {}, {(2, 1, 52): 2126}),
    "picoscenes/rx_4_251205_STATIC.csi": ("picoscenes", 1195, {}, {(2, 1, 52): 1195}),
    "picoscenes/rx_8_211217_191036.csi": (
        "picoscenes",
        1348,
        {},
        {(2, 1, 52): 826, (2, 1, 56): 522},
    ),
    "picoscenes/rx_by_qca9300.csi": ("picoscenes", 1000, {}, {(3, 1, 56): 1000}),
    "feitcsi/HESU160_5500.csi": ("feitcsi", 26, {}, {(2, 1, 1992): 26}),
    "feitcsi/HESU20_5500.csi": ("feitcsi", 28, {}, {(2, 1, 242): 28}),
    "feitcsi/HT20_2452.csi": ("feitcsi", 48, {}, {(2, 1, 56): 48}),
    "feitcsi/HT40_2452.csi": ("feitcsi", 34, {}, {(2, 1, 114): 34}),
    "feitcsi/VHT80_5500.csi": ("feitcsi", 40, {}, {(2, 1, 242): 40}),
}

TRIPLES = {
    f"breathing/atheros_manikin_1mm/{rate}/config0001_csi_{kind}_log.csv": "nist-csv"
    for rate in ("BPM3", "BPM12", "BPM21", "BPM30")
    for kind in ("real", "imag", "status")
}


@pytest.mark.parametrize("name", CAPTURES)
def test_a_recorded_capture_is_fully_accounted_for(name):
    form, decoded, skipped, layouts = CAPTURES[name]
    capture = airsonde.open(recording(name))
    survey = capture.survey
    assert capture.format == form
    assert survey.family == form
    assert (survey.decoded, survey.skipped) == (decoded, skipped)
    assert survey.records == decoded + sum(skipped.values())
    found = {}
    for lane in survey.lanes:
        key = (lane.n_rx, lane.n_tx, lane.subcarriers)
        found[key] = found.get(key, 0) + lane.frames
    assert found == layouts


def test_no_other_recording_is_claimed():
    files = [p for p in DATA.rglob("*") if p.is_file()]
    if not files:
        pytest.skip("the recordings are not on this machine")
    mine = [
        named(name)
        for name in ("feitcsi", "picoscenes", "intel5300", "atheros", "nist-csv")
        if name in formats()
    ]
    expected = {name: row[0] for name, row in CAPTURES.items()} | TRIPLES
    for path in files:
        with path.open("rb") as file:
            head = Head(path=path, data=file.read(HEAD_BYTES), size=path.stat().st_size)
        claims = [row.name for row in mine if row.matches(head)]
        assert claims == (
            [expected[name]] if (name := str(path.relative_to(DATA))) in expected else []
        ), path


PIECES = {
    "intel5300/los_40.dat": Intel5300Decoder,
    "breathing/intel5300_gyro/4_14_m2.dat": Intel5300Decoder,
    "atheros/mixed_tones/three_place/test/kitchen9.dat": AtherosDecoder,
    "feitcsi/HT20_2452.csi": FeitcsiDecoder,
    "picoscenes/rx_4_251203_155833.csi": PicoscenesDecoder,
}


@pytest.mark.parametrize("name", PIECES)
def test_block_size_changes_no_frame(name):
    path, make = recording(name), PIECES[name]

    def content(block):
        reader = StreamReader(path, Family.SIM, make(), block=block)
        rows = [
            (b.lane.number, int(i), int(t), v.tobytes())
            for bs in reader.blocks()
            for b in bs
            for i, t, v in zip(b.index, b.t_ns, b.csi, strict=True)
        ]
        return sorted(rows), reader.tally.skipped

    assert content(40_009) == content(1 << 20)


@pytest.mark.parametrize("name", PIECES)
def test_a_damaged_recording_keeps_the_neighbours(name):
    make = PIECES[name]
    data = recording(name).read_bytes()[:25_000]
    whole = outcome(make, data)[0]
    values = battery.content(whole)
    for number, at in enumerate(range(5, len(data), len(data) // 60)):
        bit = number % 8
        bad = bytearray(data)
        bad[at] ^= 1 << bit
        assert len(values - battery.content(outcome(make, bytes(bad))[0])) <= 1, (at, bit)

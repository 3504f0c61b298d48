from pathlib import Path

import numpy as np
import pytest

import airsonde
from airsonde.core.channel import Band, Channel
from airsonde.core.errors import DecodeError
from airsonde.csi.model import Ppdu
from airsonde.radios.picoscenes.decode import PicoscenesDecoder
from tests.radios.atheros import build as atheros
from tests.radios.intel5300 import build as intel5300
from tests.radios.picoscenes import build

GOLDEN = Path(__file__).parents[2] / "vectors" / "picoscenes" / "ax200_ht20_2x1.csi"


def decode(data: bytes):
    decoder = PicoscenesDecoder("here")
    return decoder, decoder.feed(memoryview(data), final=True).batches


def test_the_golden_record_holds_its_formula():
    decoder, [batch] = decode(GOLDEN.read_bytes())
    assert GOLDEN.read_bytes() == build.record()
    assert batch.csi[0].tolist() == [
        [[complex(*build.value(k, rx, 0)) for k in range(56)]] for rx in range(2)
    ]
    assert batch.lane.transmitter == build.SENDER
    assert batch.lane.channel == Channel(Band.GHZ_5, 36, 20, 5180)
    assert batch.lane.ppdu is Ppdu.HT
    assert batch.lane.chip == decoder.chip == "ax200"
    assert batch.lane.subcarriers[~batch.lane.valid].tolist() == [-21, -7, 7, 21]
    assert batch.t_ns.tolist() == [1_000_000]
    assert batch.seq.tolist() == [0x50]
    assert batch.rssi_dbm.tolist() == [-40]
    assert batch.extra["rssi_1_dbm"].tolist() == [-42]
    assert np.isnan(batch.extra["rssi_2_dbm"][0])
    assert np.isnan(batch.noise_dbm[0])


@pytest.mark.parametrize("basic_version", [1, 2, 3, 4])
@pytest.mark.parametrize("csi_version", [3, 4])
def test_every_known_version_reads_the_same(basic_version, csi_version):
    _, [batch] = decode(build.record(basic_version=basic_version, csi_version=csi_version))
    assert batch.csi[0, 1, 0, 55] == complex(*build.value(55, 1, 0))
    assert batch.rssi_dbm.tolist() == [-40]
    assert batch.lane.channel.primary == 36


@pytest.mark.parametrize(("n_rx", "n_tx"), [(1, 1), (3, 1), (3, 2), (2, 3)])
def test_the_intel_5300_inside(n_rx, n_tx):
    _, [batch] = decode(build.old_record(0x5300, 30, n_rx, n_tx, intel5300.packed(n_rx, n_tx)))
    assert batch.lane.chip == "iwl5300"
    for k in (0, 7, 29):
        assert batch.csi[0, n_rx - 1, n_tx - 1, k] == complex(
            *intel5300.value(k, n_rx - 1, n_tx - 1)
        )


def test_the_qca9300_inside_puts_receive_chains_first():
    _, [batch] = decode(build.old_record(0x9300, 56, 3, 2, atheros.packed(56, 2, 3)))
    assert batch.lane.chip == "qca9300"
    assert batch.csi.shape == (1, 3, 2, 56)
    assert batch.csi[0, 2, 1, 9] == complex(*atheros.value(9, 1, 2))
    assert batch.rssi_dbm.tolist() == [-40]
    assert batch.noise_dbm.tolist() == [-90]


def test_the_host_time_wins_then_the_mac_clock_then_the_radio():
    records = [build.record(system_ns=77, mac_us=5), build.record(mac_us=5), build.record(t_us=9)]
    _, [batch] = decode(b"".join(records))
    assert batch.t_ns.tolist() == [77, 5000, 9000]


def test_a_20_mhz_frame_in_a_wider_capture_has_its_own_channel():
    _, [batch] = decode(build.record(52, fmt=0, mhz=5210, offset=-96))
    assert batch.lane.channel == Channel(Band.GHZ_5, 36, 20, 5180)
    assert batch.lane.subcarriers.tolist() == [*range(-26, 0), *range(1, 27)]


def test_a_duplicate_at_80_mhz_keeps_its_width():
    _, [batch] = decode(build.record(52, fmt=0, mhz=5210, width=80))
    assert batch.lane.channel == Channel(Band.GHZ_5, 36, 80, 5210)
    assert batch.csi.shape[-1] == 52


def test_transmitters_widths_and_antennas_are_lanes():
    other = build.frame(bytes.fromhex("02aabbccdd05"))
    records = [
        build.record(),
        build.record(mpdu=other),
        build.record(114, width=40),
        build.record(n_rx=1),
        build.record(),
    ]
    _, batches = decode(b"".join(records))
    assert [b.index.tolist() for b in batches] == [[0, 4], [1], [2], [3]]


@pytest.mark.parametrize(("mpdu", "transmitter", "seq"), [
    (b"\xc4\x00\x00\x00" + bytes(6), None, -1),
    (b"\xb4\x00\x00\x00" + bytes(6) + build.SENDER, build.SENDER, -1),
    (build.frame(first=0x80), build.SENDER, 0x50),
    (b"", None, -1),
])  # fmt: skip
def test_who_sent_is_read_from_the_frame(mpdu, transmitter, seq):
    _, [batch] = decode(build.record(mpdu=mpdu))
    assert batch.lane.transmitter == transmitter
    assert batch.seq.tolist() == [seq]


def swapped(old: bytes, new: bytes) -> bytes:
    data = build.record()
    assert old in data
    return data.replace(old, new, 1)


@pytest.mark.parametrize(("bad", "reason"), [
    (swapped(b"CSI\0\x04\0", b"CSI\0\x05\0"), "CSI segment v5 is not known"),
    (swapped(b"Basic\0\x04\0", b"Basic\0\x09\0"), "RxSBasic segment v9 is not known"),
    (swapped(b"CSI\0", b"CSX\0"), "no CSI segment"),
    (swapped(b"CSI\0\x04\0\x00\x20", b"CSI\0\x04\0\x34\x12"), "radio 0x1234 is not known"),
    (build.record(57), "57 tones are not those of format 1 at 20 MHz"),
    (build.wrapped([build.segment("RxSBasic", 4, build.basic()), b"\xff\xff\0\0abc"], b""), "segments do not fit the record"),
    (build.wrapped([b""] * 40, bytes(400)), "segments do not fit the record"),
    (build.wrapped([build.segment("RxSBasic", 4, build.basic()), build.segment("CSI", 4, build.csi(count=2, data=build.mvm_values()))], b""),
     "several measurements in one record"),
    (build.wrapped([build.segment("RxSBasic", 4, build.basic()), build.segment("CSI", 4, build.csi(data=build.mvm_values())[:-9])], b""),
     "csi does not fit its segment"),
    (build.wrapped([build.segment("RxSBasic", 4, build.basic()), build.segment("CSI", 4, build.csi(data=build.mvm_values()[:-4]))], b""),
     "csi length does not fit tones and antennas"),
])  # fmt: skip
def test_what_cannot_be_read_says_why(bad, reason):
    decoder, batches = decode(bad + build.record())
    assert [b.index.tolist() for b in batches] == [[1]]
    assert decoder.tally.skipped == {reason: 1}


def test_one_live_record():
    assert airsonde.decode("picoscenes", build.record(), 42).t_ns.tolist() == [42]
    with pytest.raises(DecodeError, match="truncated"):
        airsonde.decode("picoscenes", build.record()[:-1], 42)

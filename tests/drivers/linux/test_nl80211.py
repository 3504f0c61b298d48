"""nl80211's answers by the bytes of linux/nl80211.h; the laboratory asks a real kernel."""

import asyncio
import struct
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux import nl80211_decode as decode
from airsonde.drivers.linux.nl80211 import Nl80211
from airsonde.drivers.linux.wifi_facts import Format, Rate
from tests.drivers.linux.netlink_bytes import attr, message, sent, u8, u16, u32, u64

AP = bytes.fromhex("020000000100")


def answer(command, attributes):
    from pyroute2.netlink.nl80211 import nl80211cmd

    told = nl80211cmd(message(28, struct.pack("=BBxx", command, 1) + attributes))
    told.decode()
    return told


def station(info):
    return decode.station(answer(19, attr(3, u32(4)) + attr(6, AP) + attr(21, info)))


def rate(*attributes):
    return station(attr(8, b"".join(attributes))).tx_rate


def test_a_station_by_its_bytes():
    told = station(
        b"".join(
            [
                attr(1, u32(12)),  # INACTIVE_TIME
                attr(7, struct.pack("=b", -58)),  # SIGNAL
                attr(13, struct.pack("=b", -61)),  # SIGNAL_AVG
                attr(8, attr(5, u32(12_009)) + attr(13, u8(11)) + attr(14, u8(2)) + attr(10, b"")),
                attr(10, u32(1000)),  # TX_PACKETS
                attr(11, u32(70)),  # TX_RETRIES
                attr(12, u32(3)),  # TX_FAILED
                attr(16, u32(3600)),  # CONNECTED_TIME
                attr(18, u32(2)),  # BEACON_LOSS
                attr(27, u32(480_000)),  # EXPECTED_THROUGHPUT, kbit/s
                attr(32, u64(5_000_000)),  # RX_DURATION
                attr(39, u64(7_000_000)),  # TX_DURATION
            ]
        )
    )
    assert told.address == AP
    assert (told.signal_dbm, told.signal_average_dbm) == (-58, -61)
    assert (told.tx_packets, told.tx_retries, told.tx_failed) == (1000, 70, 3)
    assert (told.rx_duration_us, told.tx_duration_us) == (5_000_000, 7_000_000)
    assert told.expected_mbit == 480
    assert (told.beacons_lost, told.connected_s, told.inactive_ms) == (2, 3600, 12)
    assert told.rx_rate is None
    assert told.tx_rate == Rate(
        mbit=1200.9, ppdu_format=Format.HE, mcs=11, streams=2, width_mhz=160
    )


def test_a_station_as_a_kernel_tells_it():
    from pyroute2.netlink.nl80211 import nl80211cmd

    answer = nl80211cmd(sent("station"))
    answer.decode()
    told = decode.station(answer)
    assert (told.signal_dbm, told.signal_average_dbm) == (-40, -40)
    assert told.tx_rate == Rate(mbit=14.4, ppdu_format=Format.HT, mcs=0, streams=2, width_mhz=20)
    assert told.rx_rate == Rate(mbit=52.0, ppdu_format=Format.HT, mcs=5, streams=1, width_mhz=20)
    assert (told.tx_packets, told.tx_retries, told.tx_failed) == (57, 0, 0)
    assert (told.expected_mbit, told.connected_s, told.inactive_ms) == (10.875, 70, 212)
    assert told.authorized is True


@pytest.mark.parametrize(
    ("update", "authorized"),
    [(u32(0xFE) + u32(0x02), True), (u32(0xFE) + u32(0xFC), False), (u32(0) + u32(2), None),
     (b"\2", None)],
)  # fmt: skip
def test_a_station_is_authorized_when_the_driver_says_so(update, authorized):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert station(attr(17, update)).authorized is authorized


def test_what_a_driver_does_not_count_is_unknown():
    told = station(attr(7, struct.pack("=b", -58)))
    assert told.tx_retries is None
    assert told.expected_mbit is None
    assert told.tx_duration_us is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ([attr(1, u16(540))], (54.0, Format.NON_HT, None, None, 20)),
        ([attr(1, u16(1300)), attr(2, u8(15))], (130.0, Format.HT, 7, 2, 20)),
        ([attr(1, u16(2700)), attr(2, u8(14)), attr(3, b"")], (270.0, Format.HT, 6, 2, 40)),
        ([attr(5, u32(8667)), attr(6, u8(9)), attr(7, u8(2)), attr(8, b"")], (866.7, Format.VHT, 9, 2, 80)),
        ([attr(1, u16(65535)), attr(5, u32(230_588)), attr(19, u8(13)), attr(20, u8(8)), attr(18, b"")], (23058.8, Format.EHT, 13, 8, 320)),
    ],
)  # fmt: skip
def test_rates_from_the_first_formats_through_eht(attributes, expected):
    told = rate(*attributes)
    assert (told.mbit, told.ppdu_format, told.mcs, told.streams, told.width_mhz) == expected


def test_a_rate_of_zero_is_unknown():
    assert rate(attr(1, u16(0))) is None


def test_an_answer_without_a_station():
    with pytest.raises(DriverError, match="without a station"):
        decode.station(answer(19, attr(3, u32(4))))


def test_a_survey_by_its_bytes():
    info = b"".join(
        [attr(1, u32(5180)), attr(2, u8(161)), attr(3, b""), attr(4, u64(1000)), attr(5, u64(400)),
         attr(7, u64(300)), attr(8, u64(50))]
    )  # fmt: skip
    told = decode.survey(answer(51, attr(3, u32(4)) + attr(84, info)))
    assert (told.frequency_mhz, told.in_use, told.noise_dbm) == (5180, True, -95)
    assert (told.active_ms, told.busy_ms, told.receiving_ms, told.transmitting_ms) == (
        1000,
        400,
        300,
        50,
    )
    assert decode.survey(answer(51, attr(84, attr(2, u8(161))))) is None


def bss(elements, *more):
    info = attr(1, AP) + attr(2, u32(5180)) + attr(7, struct.pack("=i", -6350)) + attr(6, elements)
    return decode.heard_bss(answer(34, attr(3, u32(4)) + attr(47, info + b"".join(more))))


def test_a_heard_bss_by_its_bytes():
    told = bss(
        b"\x00\x04home" + b"\x0b\x05\x07\x00\x80\x00\x00", attr(9, u32(1)), attr(10, u32(40))
    )
    assert (told.bssid, told.ssid, told.frequency_mhz) == (AP, b"home", 5180)
    assert (told.signal_dbm, told.seen_ms_ago, told.associated) == (-63.5, 40, True)
    assert told.utilisation == pytest.approx(128 / 255)
    assert told.stations == 7


@pytest.mark.parametrize(
    "elements",
    [b"", b"\x00", b"\x00\x20hom", b"\x0b\x01\x00", b"\x30\x02\x01", b"\x03\x00\x3d\x01"],
)
def test_a_beacon_that_is_cut_or_wrong_costs_only_itself(elements):
    told = bss(elements)
    assert told.ssid == b""
    assert told.utilisation is None
    assert told.signal_dbm == -63.5


@given(st.binary(max_size=120))
def test_any_beacon_is_survived(elements):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(bss(elements).ssid) <= 32


def test_the_first_ssid_of_a_beacon_counts():
    assert bss(b"\x00\x04home\x00\x04evil").ssid == b"home"


def test_an_interface_by_its_bytes():
    told = decode.interface(
        answer(7, attr(1, u32(0)) + attr(3, u32(4)) + attr(4, b"wlan0\0") + attr(5, u32(2))
               + attr(6, AP) + attr(52, b"ho\xffme") + attr(38, u32(5180)) + attr(159, u32(3)))
    )  # fmt: skip
    assert (told.index, told.name, told.is_station, told.address) == (4, "wlan0", True, AP)
    assert (told.ssid, told.frequency_mhz, told.width_mhz) == (b"ho\xffme", 5180, 80)
    assert decode.interface(answer(7, attr(1, u32(0)))) is None


def test_a_kernel_without_wifi_is_a_capability():
    async def look():
        nl80211 = await Nl80211.open()
        try:
            return await nl80211.interfaces()
        finally:
            await nl80211.aclose()

    try:
        found = asyncio.run(look())
    except UnsupportedError as e:
        assert "cfg80211" in e.reason  # noqa: PT017
    else:
        assert all(interface.name for interface in found)

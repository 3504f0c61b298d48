"""The reference's view of a datagram and of chip names, against its own outputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import DecodeError
from airsonde.radios.nexmon.reference import chip_slug, decode_payload, find_board, find_chip
from tests.recordings import vector

FOUR = bytes.fromhex("1111d680aabbcc0011223412110024e04543c0fe0000cafefbffd4fef6ffdefef1ff")


def test_a_datagram_of_four():
    frame = decode_payload(FOUR, 5)
    assert (frame.rssi_dbm, frame.channel, frame.width_mhz, frame.t_ns) == (-42, 36, 80, 5)
    assert frame.csi.tolist() == [-320, -310 - 5j, -300 - 10j, -290 - 15j]
    assert chip_slug(frame.chip_word) == "bcm43455c0"


def test_the_count_wins_over_the_channel_word():
    lines = vector("nexmon_shim_vectors.txt").read_text().splitlines()
    payload = bytes.fromhex(next(x for x in lines if "N=64" in x).split(": ")[1])
    frame = decode_payload(payload, 0)
    assert (frame.width_mhz, len(frame.csi)) == (20, 64)
    assert frame.csi[0] == np.complex64(-320)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (FOUR[:17], "too short"),
        (b"\x11\x12" + FOUR[2:], "magic mismatch"),
        (FOUR[:18], "positive multiple of 4"),
        (FOUR[:-1], "positive multiple of 4"),
        (FOUR + bytes(4 * 2045), "too many"),
    ],
)
def test_what_is_wrong_is_said(payload, reason):
    with pytest.raises(DecodeError, match=reason):
        decode_payload(payload, 0)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_answered(payload):
    try:
        frame = decode_payload(b"\x11\x11" + payload, 0)
    except DecodeError:
        return
    assert len(frame.csi) == (len(payload) - 16) // 4


@pytest.mark.parametrize("name", ["Pi 5", "raspberry-pi-5", "rpi5", "5"])
def test_boards_by_name(name):
    assert find_board(name).slug == "pi5"


def test_chips_by_name():
    assert {find_chip(n).slug for n in ("CYW43455", " bcm43455 ", "43455c0")} == {"bcm43455c0"}
    assert find_chip("nope") is None
    assert find_board("pi42") is None
    assert chip_slug(0x65) == "unknown:0x0065"

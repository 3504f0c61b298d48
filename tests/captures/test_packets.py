"""UDP payloads are found behind every header that captures have, and refused with a reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.captures.packets import udp_payloads
from tests.packet_bytes import ETHERNET, RAW_IP, SLL, SLL2, ethernet, ipv4, ipv6, udp

PAYLOAD = b"\x11\x11 measured here"


def read(packets, link_type=ETHERNET):
    data = np.frombuffer(b"".join(packets), np.uint8)
    sizes = np.array([len(p) for p in packets], dtype=np.int64)
    found = udp_payloads(data, np.cumsum(sizes) - sizes, sizes, link_type)
    return [
        found.refused[kind] or data[start : start + size].tobytes()
        for start, size, kind in zip(found.starts, found.sizes, found.kinds, strict=True)
    ]


@pytest.mark.parametrize(
    ("packet", "link_type"),
    [
        (ethernet(ipv4(udp(PAYLOAD))), ETHERNET),
        (ethernet(ipv4(udp(PAYLOAD)), tags=[0x8100]), ETHERNET),
        (ethernet(ipv4(udp(PAYLOAD)), tags=[0x88A8, 0x8100]), ETHERNET),
        (ethernet(ipv4(udp(PAYLOAD), options=bytes(8))), ETHERNET),
        (ethernet(ipv4(udp(PAYLOAD))) + b"trailer", ETHERNET),
        (ethernet(ipv6(udp(PAYLOAD)), 0x86DD), ETHERNET),
        (ethernet(ipv6(b"\x11\x00" + bytes(6) + udp(PAYLOAD), following=0), 0x86DD), ETHERNET),
        (ipv4(udp(PAYLOAD)), RAW_IP),
        (ipv6(udp(PAYLOAD)), RAW_IP),
        (bytes(14) + b"\x08\x00" + ipv4(udp(PAYLOAD)), SLL),
        (b"\x08\x00" + bytes(18) + ipv4(udp(PAYLOAD)), SLL2),
    ],
)
def test_the_payload_is_found(packet, link_type):
    assert read([packet], link_type) == [PAYLOAD]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (ethernet(ipv4(udp(PAYLOAD), fragment=0x2000)), "IPv4 fragment"),
        (ethernet(ipv4(udp(PAYLOAD), fragment=0x0010)), "IPv4 fragment"),
        (ethernet(ipv6(bytes(8) + udp(PAYLOAD), following=44), 0x86DD), "IPv6 fragment"),
        (ethernet(ipv4(udp(PAYLOAD), protocol=6)), "not UDP"),
        (ethernet(bytes(28), 0x0806), "not IP (ethertype 0x0806)"),
        (ethernet(ipv4(udp(PAYLOAD)))[:-3], "packet cut short by the capture"),
        (ethernet(b""), "packet too short for its headers"),
        (b"", "packet too short for its headers"),
    ],
)
def test_everything_else_is_refused_with_its_reason(packet, reason):
    assert read([packet]) == [reason]


def test_packets_of_many_kinds_keep_their_order():
    kinds = [
        ethernet(ipv4(udp(b"a"))),
        ethernet(bytes(28), 0x0806),
        ethernet(ipv4(udp(b"b"))),
        ethernet(ipv4(udp(b"a longer one"))),
        ethernet(ipv6(udp(b"c")), 0x86DD),
    ]
    assert read(kinds * 3) == [b"a", "not IP (ethertype 0x0806)", b"b", b"a longer one", b"c"] * 3


def test_equal_sizes_are_not_taken_for_equal_packets():
    tcp = ethernet(ipv4(udp(b"ab"), protocol=6))
    port = ethernet(ipv4(udp(b"ab", port=9)))
    fragment = ethernet(ipv4(udp(b"ab"), fragment=0x2000))
    assert read([tcp, port, fragment, port, tcp]) == [
        "not UDP", b"ab", "IPv4 fragment", b"ab", "not UDP",
    ]  # fmt: skip


@given(st.lists(st.binary(max_size=120), max_size=20), st.sampled_from([ETHERNET, RAW_IP, SLL]))
def test_any_bytes_give_a_payload_inside_the_packet_or_a_reason(packets, link_type):
    for packet, got in zip(packets, read(packets, link_type), strict=True):
        assert isinstance(got, str) or got in packet

"""pcap and pcapng: every byte order and resolution, any cut, damage that costs only itself."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.captures.pcap import PcapBlocks
from airsonde.captures.pcapng import PcapngBlocks
from airsonde.core.errors import DecodeError
from tests.packet_bytes import pcap, pcapng, pcapng_block

T0 = 1_700_000_000
CONTENTS = [bytes([i]) * (40 + i % 3) for i in range(30)]


def read(raw, cuts=()):
    """Packets (bytes, t_ns) and skip counts, fed in the pieces that `cuts` makes."""
    blocks = PcapngBlocks() if raw[:4] == b"\x0a\x0d\x0d\x0a" else PcapBlocks()
    packets, skipped, kept = [], {}, b""
    edges = [0, *sorted(cuts), len(raw)]
    for begin, end in itertools.pairwise(edges):
        kept += raw[begin:end]
        split = blocks.split(np.frombuffer(kept, np.uint8), final=end == len(raw) == edges[-1])
        for group in split.packets:
            for start, size, t_ns in zip(group.starts, group.sizes, group.t_ns, strict=True):
                packets.append((kept[start : start + size], int(t_ns)))
        for reason, count in split.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
        kept = kept[split.consumed :]
    return packets, {reason: n for reason, n in skipped.items() if n}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_all_four_pcap_magics(order, nanoseconds):
    packets, skipped = read(pcap(CONTENTS, order=order, nanoseconds=nanoseconds))
    assert [p for p, _ in packets] == CONTENTS
    assert [t for _, t in packets] == [T0 * 10**9 + i * 10**6 for i in range(30)]
    assert skipped == {}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("resolution", [None, 3, 9, 0x80 | 20])
def test_pcapng_orders_and_resolutions(order, resolution):
    packets, skipped = read(pcapng(CONTENTS, order=order, resolution=resolution))
    assert [p for p, _ in packets] == CONTENTS
    times = np.array([t for _, t in packets])
    assert np.abs(times - (T0 * 10**9 + np.arange(30) * 10**6)).max() <= 1000
    assert skipped == {}


def test_pcapng_interfaces_keep_their_link_types():
    one, other = pcapng([b"a" * 20]), pcapng([b"b" * 20], link_type=101)
    split = PcapngBlocks().split(np.frombuffer(one + other, np.uint8), final=True)
    assert [(g.link_type, len(g.starts)) for g in split.packets] == [(1, 1), (101, 1)]


def test_pcapng_simple_packets_have_no_time():
    simple = pcapng_block(3, (20).to_bytes(4, "little") + b"s" * 20)
    packets, _ = read(pcapng([]) + simple)
    assert packets == [(b"s" * 20, 0)]


@pytest.mark.parametrize("make", [pcap, pcapng])
@given(cuts=st.lists(st.integers(1, 1500), max_size=6))
def test_the_cut_does_not_matter(make, cuts):
    raw = make(CONTENTS)
    assert read(raw, [c for c in cuts if c < len(raw)]) == read(raw)


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_a_cut_tail_is_one_skipped_record(make):
    raw = make(CONTENTS)
    for lost in range(1, 40):
        packets, skipped = read(raw[:-lost])
        assert [p for p, _ in packets] == CONTENTS[:-1]
        assert sum(skipped.values()) == 1


@pytest.mark.parametrize("make", [pcap, pcapng])
@given(bit=st.integers(0, 8 * 1200), cuts=st.lists(st.integers(1, 1500), max_size=3))
def test_a_flipped_bit_costs_its_own_record_alone(make, bit, cuts):
    raw = bytearray(make(CONTENTS))
    bit = 8 * (24 if make is pcap else 48) + bit % (8 * (len(raw) - 96))
    raw[bit // 8] ^= 1 << bit % 8
    packets, _ = read(bytes(raw), [c for c in cuts if c < len(raw)])
    survivors = [p for p, _ in packets if p in CONTENTS]
    assert len(survivors) >= len(CONTENTS) - 2
    assert read(bytes(raw), [c for c in cuts if c < len(raw)]) == read(bytes(raw))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_packets_or_a_decode_error(raw):
    for head in (b"", b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a"):
        try:
            packets, skipped = read(head + raw)
        except DecodeError:
            continue
        assert sum(len(p) for p, _ in packets) <= len(head + raw)
        assert all(n > 0 for n in skipped.values())

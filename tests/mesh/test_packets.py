"""The bare packets of existing firmware, and how a port tells them apart."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.mesh import packets
from airsonde.mesh.demux import Kind, MagicCount, decode_datagram, kind_of
from airsonde.mesh.model import Refusal
from tests.mesh.golden import FEATURE_STATE, MESSAGES

GOLDEN = {
    Kind.ADR018: "010011c507010400850900002a000000cea100000304fb0c0000807f",
    Kind.VITALS: "020011c507050e0680fc0a00c90200000000803e0000403f40e2010000000000",
    Kind.FEATURE_VECTOR: "030011c507002a0087d61200000000000000003f0000803e0000003f9a99193fcdcccc3d"
    "0000803e000000006666e63e",
    Kind.FUSED_VITALS: "040011c5070d0e06200c0b00c902015a0000803e0000403f40e201000000924200007041"
    "0000f0420150000000000000",
    Kind.MODULE_OUTPUT: "040011c507010200030000c03f09000000c0",
    Kind.COMPRESSED_CSI: "050011c50706100006000005ff01000a",
    Kind.TEMPORAL: "070011c5010004000700000087d61200000000002a000000020000000000c03f0000803e270555"
    "a9",
}


def bytes_of(kind):
    return bytes.fromhex(GOLDEN[kind])


@pytest.mark.parametrize("kind", GOLDEN)
def test_golden_bytes_both_ways(kind):
    found, packet = decode_datagram(bytes_of(kind))
    assert found is kind
    assert packets.encode_packet(packet) == bytes_of(kind)


@pytest.mark.parametrize("kind", GOLDEN)
def test_a_cut_packet_says_where_it_ends(kind):
    data = bytes_of(kind)
    whole = [n for n in range(4, len(data)) if kind_of(data[:n]) is Kind.MODULE_OUTPUT]
    assert whole == ([28] if kind is Kind.TEMPORAL else [])  # four classes read as four events
    for length in set(range(4, len(data))) - set(whole):
        with pytest.raises(DecodeError) as caught:
            decode_datagram(data[:length])
        assert caught.value.reason in {Refusal.TOO_SHORT, Refusal.CRC_MISMATCH}


def test_raw_csi_keeps_the_pairs_as_they_came():
    packet = packets.decode_raw_csi(bytes_of(Kind.ADR018) + b"trailing")
    assert packet[:8] == (7, 1, 4, 2437, 42, -50, -95, 0)
    assert packet.iq == bytes([3, 4, 0xFB, 12, 0, 0, 0x80, 0x7F])


@pytest.mark.parametrize(("at", "value"), [(5, 0), (5, 5), (7, 3)])
def test_raw_csi_of_impossible_counts_is_refused(at, value):
    data = bytearray(bytes_of(Kind.ADR018))
    data[at] = value
    with pytest.raises(DecodeError, match=Refusal.BAD_FIELD):
        decode_datagram(bytes(data))


def test_vitals_in_their_units():
    vitals = packets.decode_vitals(bytes_of(Kind.VITALS))
    assert vitals[:6] == (7, 5, 15.5, 72.0, -55, 2)
    assert vitals.uptime_ms == 123456


def test_forty_eight_bytes_of_the_shared_magic():
    """Eight module events are as long as fused vitals; a breathing rate of 0.08 is none."""
    events = struct.pack("<IBBH", packets.FUSED_VITALS, 7, 1, 8)
    events += b"".join(struct.pack("<Bf", i, 1.0) for i in range(8))
    assert len(events) == 48
    assert kind_of(events) is Kind.MODULE_OUTPUT
    assert kind_of(bytes_of(Kind.FUSED_VITALS)) is Kind.FUSED_VITALS


def test_module_output_under_its_later_magic_keeps_it():
    data = struct.pack("<I", packets.TEMPORAL) + bytes_of(Kind.MODULE_OUTPUT)[4:]
    kind, packet = decode_datagram(data)
    assert kind is Kind.MODULE_OUTPUT
    assert packets.encode_packet(packet) == data


def test_temporal_version_and_crc_are_checked():
    data = bytearray(bytes_of(Kind.TEMPORAL))
    data[30] ^= 1
    with pytest.raises(DecodeError, match=Refusal.CRC_MISMATCH):
        decode_datagram(bytes(data))
    data[4] = 2
    with pytest.raises(DecodeError, match=Refusal.BAD_VERSION):
        decode_datagram(bytes(data))


def test_mesh_messages_and_feature_states_are_told_apart():
    assert kind_of(bytes.fromhex(MESSAGES["HEALTH"][3])) is Kind.MESH
    assert kind_of(FEATURE_STATE) is Kind.FEATURE_STATE
    assert kind_of(b"\x08\x00\x11\xc5") is None
    assert kind_of(b"") is None


def test_counts_that_do_not_match_are_a_config_error():
    packet = packets.decode_raw_csi(bytes_of(Kind.ADR018))
    with pytest.raises(ConfigError, match="stated counts"):
        packets.encode_packet(packet._replace(iq=b""))
    with pytest.raises(ConfigError, match="does not fit"):
        packets.encode_packet(packets.decode_vitals(bytes_of(Kind.VITALS))._replace(heart_bpm=1e9))


def test_unknown_magics_take_no_more_memory_than_allowed():
    count = MagicCount()
    for magic in range(1000):
        count.count(magic)
        count.count(7)
    assert len(count.known) == 256
    assert count.known[7] == 1001
    assert count.others == 1000 - 256


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(GOLDEN)), st.binary(max_size=200))
def test_junk_behind_any_magic_is_refused_by_name(kind, junk):
    reason, size = None, 0
    try:
        _, packet = decode_datagram(bytes_of(kind)[:4] + junk)
        size = len(packets.encode_packet(packet))
    except DecodeError as e:
        reason = e.reason
    assert reason in {None, *Refusal}
    assert size <= len(junk) + 4

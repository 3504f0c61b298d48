"""ADR-018 datagrams and single live payloads."""

import numpy as np
import pytest

from airsonde.core.errors import DecodeError
from airsonde.radios.esp32.decode import Adr018Decoder, payloads
from airsonde.radios.esp32.layout import Flags, layout_by_flags
from tests.radios.esp32 import build

PLAIN = Flags(ppdu=None, wide=False, stbc=False, secondary=0)
ONE = bytes.fromhex("010011c507010400850900002a000000cea100000304fb0c0000807f")
TWO_ANTENNAS = bytes.fromhex("010011c5070202003c14000001000000c4a600000304fb0c0000807f")


def test_one_antenna():
    batch = payloads().decode(ONE, 5)
    assert batch.t_ns.tolist() == [5]
    assert (batch.rssi_dbm[0], batch.noise_dbm[0], batch.seq[0]) == (-50, -95, 42)
    assert batch.lane.channel.primary == 6
    assert batch.lane.source == "esp32-node7"
    assert batch.lane.subcarriers.tolist() == [-2, -1, 0, 1]
    assert batch.csi.ravel().tolist() == [0, 127 - 128j, 4 + 3j, 12 - 5j]


def test_antennas_are_receive_chains():
    batch = payloads().decode(TWO_ANTENNAS, 0)
    assert batch.csi.shape == (1, 2, 1, 2)
    assert batch.csi[0, :, 0].tolist() == [[12 - 5j, 4 + 3j], [127 - 128j, 0]]
    assert batch.lane.channel.primary == 36


def test_the_values_of_a_whole_datagram_may_look_like_a_magic():
    batch = payloads().decode(ONE[:-8] + ONE[:4] + ONE[-4:], 0)
    assert batch.csi.ravel().tolist() == [0, 127 - 128j, 1j, -59 + 17j]


def test_padded_and_whole_datagrams_share_lanes_and_numbers():
    decoder = payloads()
    frames = [decoder.decode(data, 0) for data in (ONE, ONE + b"\0\0", TWO_ANTENNAS, ONE)]
    assert [f.lane.number for f in frames] == [0, 0, 1, 0]
    assert [int(f.index[0]) for f in frames] == [0, 1, 3, 4]


def test_a_line_of_text_is_a_payload_too():
    line = build.tool_line(build.pairs(layout_by_flags(64, PLAIN)))
    assert payloads().decode(line, 11).t_ns.tolist() == [11]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes.fromhex("020011c507") + bytes(27), "vitals packet"),
        (ONE[:-1], "truncated datagram"),
        (ONE[:5] + b"\x05" + ONE[6:], "damaged header"),
        (b"hello", "garbage between records"),
        (b"", "not exactly one record"),
        (ONE + ONE, "not exactly one record"),
    ],
)
def test_what_is_no_payload_is_refused_with_a_reason(data, reason):
    decoder = payloads()
    with pytest.raises(DecodeError, match=reason):
        decoder.decode(data, 0)
    assert len(decoder.decode(ONE, 0)) == 1


def test_siblings_are_counted_by_name():
    decoder = Adr018Decoder("x")
    siblings = [bytes([k]) + b"\x00\x11\xc5" + bytes(28) for k in range(2, 8)]
    found = decoder.feed(memoryview(b"".join([*siblings, ONE])), final=True)
    assert len(found.batches) == 1
    assert decoder.tally.skipped.total() == len(decoder.tally.skipped) == 6
    assert found.batches[0].index.tolist() == [6]


def test_layouts_and_nodes_are_lanes():
    rows = {n: build.pairs(layout_by_flags(n, PLAIN)) for n in (64, 128, 192)}
    data = [build.datagram(rows[n], node=node) for node in (1, 2) for n in (64, 128, 192, 64)]
    decoder = Adr018Decoder("x")
    batches = decoder.feed(memoryview(b"".join(data)), final=True).batches
    assert [(b.lane.source, b.lane.training, len(b)) for b in batches] == [
        ("x-node1", "l-ltf", 2),
        ("x-node1", "l-ltf+ht-ltf", 1),
        ("x-node1", "l-ltf+ht-ltf+stbc-ht-ltf", 1),
        ("x-node2", "l-ltf", 2),
        ("x-node2", "l-ltf+ht-ltf", 1),
        ("x-node2", "l-ltf+ht-ltf+stbc-ht-ltf", 1),
    ]
    assert all(b.lane.channel.width_mhz == 20 for b in batches)
    assert len(decoder.warnings) == 1
    assert np.array_equal(batches[0].t_ns, [0, 0])

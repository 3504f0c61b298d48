"""What waits in a CAKE queue, from the kernel's bytes and from the kernel itself."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.backlog import Backlogs, Waiting, read_answers
from airsonde.drivers.linux.interface import Interface
from tests.drivers.linux.netlink_bytes import attr, message, sent, u32, u64

INDEX, ROOT = 3, 0xFFFFFFFF


def answer(*tins, rate=750_000, kind=b"cake\0", index=INDEX, parent=ROOT):
    told = b"".join(attr(i + 1, tin) for i, tin in enumerate(tins))
    body = struct.pack("=BxxxiIII", 0, index, 0xA1500000, parent, 2) + attr(1, kind)
    return message(36, body + attr(2, attr(2, u64(rate))) + attr(7, attr(4, attr(10, told))))


def waiting(answers, index=INDEX):
    found = []
    assert read_answers(answers, index, found)
    return found


def test_all_tins_count():
    tins = (attr(11, u32(3028)) + attr(22, u32(1)), attr(11, u32(100)) + attr(22, u32(2)))
    assert waiting(answer(*tins)) == [Waiting(6_000_000, 3128, 3)]


def test_a_cake_of_a_kernel():
    told = sent("cake")
    _, index = struct.unpack_from("=B3xi", told, 16)
    assert waiting(told, index) == [Waiting(7_500_000, 0, 1)]


@pytest.mark.parametrize(
    "other", [{"index": 4}, {"parent": 0x10001}, {"kind": b"fq_codel\0"}, {"rate": 0}]
)
def test_other_queues_are_passed_over(other):
    ours = answer(attr(11, u32(7)))
    assert waiting(answer(attr(11, u32(9)), **other) + ours) == [Waiting(6_000_000, 7, 0)]


def test_the_end_and_an_error():
    assert read_answers(message(3, b""), INDEX, []) is False
    with pytest.raises(DriverError, match="Operation not permitted"):
        read_answers(message(2, struct.pack("=i", -1)), INDEX, [])


@given(st.binary(max_size=300), st.integers(0, 160))
def test_any_bytes_end_in_a_queue_or_a_typed_error(noise, cut):
    whole = answer(attr(11, u32(7)))
    header = struct.pack("=BxxxiIII", 0, INDEX, 0, ROOT, 0)
    for answers in (noise, message(36, noise), message(36, header + noise), whole[:cut] + noise):
        found = []
        try:
            read_answers(answers, INDEX, found)
        except DriverError:
            continue
        assert all(queue.bandwidth_bit_s > 0 for queue in found)


def test_a_queue_without_a_rate_has_no_backlog():
    backlogs = Backlogs()
    assert backlogs.of(Interface.named("lo")) is None
    assert backlogs.of(Interface.named("lo")) is None
    backlogs.close()

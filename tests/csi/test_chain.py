"""The walk along records that say how long they are, on a toy record: 0xA5, size, filling."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from airsonde.csi.chain import GARBAGE, TRUNCATED, RecordSplitter, rows_alike, sound_share


class Toy:
    head = 2
    key = (0, 1)

    def __init__(self):
        self.asked = 0

    def size(self, data, at):
        self.asked += 1
        return data[at + 1] if data[at] == 0xA5 and data[at + 1] >= 3 else 0

    def candidates(self, data):
        self.asked += len(data)
        return np.flatnonzero((data[:-1] == 0xA5) & (data[1:] >= 3))


def record(size):
    return bytes([0xA5, size]) + bytes(range(size - 2))


def split(data, cuts=()):
    splitter, found, lost, kept, done, last = RecordSplitter(Toy()), [], {}, b"", 0, 0
    for number, cut in enumerate([*sorted(cuts), len(data), len(data)]):
        kept += data[last:cut]
        last = cut
        got = splitter.split(memoryview(kept), final=number > len(cuts))
        found += [
            (n, s + done, z) for n, s, z in zip(got.numbers, got.starts, got.sizes, strict=True)
        ]
        for reason, count in got.lost.items():
            lost[reason] = lost.get(reason, 0) + count
        kept = kept[got.consumed :]
        done += got.consumed
    assert done == len(data)
    return [tuple(map(int, row)) for row in found], lost


STREAM = st.lists(
    st.one_of(
        st.integers(3, 40).map(record),
        st.binary(max_size=9),
        st.sampled_from([b"\xa5", b"\xa5\xff"]),
    ),
    max_size=30,
).map(b"".join)


def test_records_of_one_size_and_of_many_are_found():
    sizes = [9] * 50 + [3, 40, 3, 40, 7] + [5] * 9
    found, lost = split(b"".join(map(record, sizes)))
    assert [size for _, _, size in found] == sizes
    assert [number for number, _, _ in found] == list(range(len(sizes)))
    assert lost == {}


def test_a_wrong_length_costs_its_record_alone():
    data = record(9) + b"\xa5\x0c" + record(9)[2:] + record(9) * 3
    found, lost = split(data)
    assert [start for _, start, _ in found] == [0, 18, 27, 36]
    assert [number for number, _, _ in found] == [0, 2, 3, 4]
    assert lost == {GARBAGE: 1}


def test_garbage_is_one_record_however_long():
    found, lost = split(record(5) + bytes(20_000) + record(5) * 2, cuts=range(0, 20_000, 512))
    assert [number for number, _, _ in found] == [0, 2, 3]
    assert lost == {GARBAGE: 1}


def test_an_open_end_is_truncated():
    found, lost = split(record(5) + record(9)[:-1])
    assert len(found) == 1
    assert lost == {TRUNCATED: 1}


@settings(max_examples=100, deadline=None)
@given(data=STREAM, cuts=st.data())
def test_what_is_found_does_not_depend_on_the_cuts(data, cuts):
    at = cuts.draw(st.lists(st.integers(0, len(data)), max_size=8))
    assert split(data, at) == split(data)


@settings(max_examples=100, deadline=None)
@given(data=STREAM)
def test_records_lie_in_order_and_every_number_is_used_once(data):
    found, lost = split(data)
    ends = [0] + [start + size for _, start, size in found]
    assert all(start >= end for (_, start, _), end in zip(found, ends, strict=False))
    assert ends[-1] <= len(data)
    numbers = [number for number, _, _ in found]
    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[-1] < len(found) + sum(lost.values())


def test_work_grows_with_the_bytes_not_with_their_square():
    asked = []
    for copies in (500, 2000):
        shape = Toy()
        data = (record(200) + record(9)[:-1] + record(40) * 2) * copies
        RecordSplitter(shape).split(memoryview(data), final=True)
        asked.append(shape.asked / copies)
    assert asked[1] < 1.5 * asked[0]


def test_the_sound_share_of_bytes():
    assert sound_share(record(10) * 5, Toy(), final=True) == 1.0
    assert sound_share(record(10) * 5 + bytes(50), Toy(), final=True) == 0.5
    assert sound_share(bytes(100), Toy(), final=True) == 0.0
    assert sound_share(b"", Toy(), final=True) == 0.0


def test_rows_alike_keep_their_order():
    first, second = np.array([7, 3, 7, 7, 3]), np.array([1, 1, 2, 1, 1])
    assert [rows.tolist() for rows in rows_alike(first, second)] == [[0, 3], [1, 4], [2]]
    assert rows_alike(np.array([], dtype=np.int64)) == []

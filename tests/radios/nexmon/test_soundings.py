"""Records of one sounding are joined where the counts prove it, wherever the stream is cut."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.csi.model import Ppdu
from airsonde.csi.tones import data_tones
from airsonde.radios.nexmon.decode import NexmonDatagrams
from airsonde.radios.nexmon.soundings import proven_words
from tests.packet_bytes import nexmon_payload

WORDS = (0, 8, 1, 9)


def record(sequence, word):
    values = np.zeros((64, 2), "<i2")
    values[data_tones(Ppdu.HT, 20) % 64] = (100 + word, sequence)
    return nexmon_payload(values.tobytes(), sequence=sequence, core=word)


def read(datagrams, words, cuts=()):
    decoder = NexmonDatagrams(words=words)
    batches, edges = [], [0, *sorted(cuts), len(datagrams)]
    for begin, end in itertools.pairwise(edges):
        part = datagrams[begin:end]
        sizes = np.array([len(d) for d in part], dtype=np.int64)
        data = np.frombuffer(b"".join(part), np.uint8)
        batches += decoder.decode_block(
            data, np.cumsum(sizes) - sizes, sizes, np.arange(begin, end)
        )
    return decoder, batches + decoder.flush()


def frames(batches):
    return sorted(
        (int(i), b.csi.shape[1:], b.csi[row].tobytes())
        for b in batches
        for row, i in enumerate(b.index)
    )


def test_whole_soundings_become_cores_by_streams():
    stream = [record(seq, word) for seq in range(5) for word in WORDS]
    decoder, batches = read(stream, WORDS)
    (batch,) = batches
    assert batch.csi.shape == (5, 2, 2, 64)
    assert batch.csi[3, 1, 0, 40] == 101 + 3j
    assert batch.index.tolist() == [0, 4, 8, 12, 16]
    assert (batch.lane.core, batch.lane.n_rx, batch.lane.n_tx) == (None, 2, 2)
    assert decoder.tally.decoded == 20


def test_the_order_of_the_records_is_not_the_order_of_the_chains():
    words = (9, 0, 8, 1)
    _, (batch,) = read([record(7, word) for word in words], words)
    assert [int(v.real) - 100 for v in batch.csi[0, :, :, 40].ravel()] == [0, 8, 1, 9]


def test_a_lost_record_leaves_its_companions_single():
    stream = [record(seq, word) for seq in range(4) for word in WORDS]
    del stream[5]
    decoder, batches = read(stream, WORDS)
    shapes = {
        b.csi.shape[1:3]: sum(len(c) for c in batches if c.csi.shape[1:3] == b.csi.shape[1:3])
        for b in batches
    }
    assert shapes == {(2, 2): 3, (1, 1): 3}
    assert decoder.tally.decoded == 15


def test_records_of_another_size_pass_between():
    wide = nexmon_payload(bytes(1024), sequence=0, core=0, chanspec=0xE02A)
    stream = [record(seq, word) for seq in range(2) for word in WORDS]
    stream[2:2] = [wide]
    decoder, batches = read(stream, WORDS, [2, 3])
    assert decoder.tally.decoded == 9
    assert sorted((b.csi.shape[1:], len(b)) for b in batches) == [
        ((1, 1, 256), 1),
        ((2, 2, 64), 2),
    ]


@given(
    st.lists(st.sampled_from([(s, w) for s in range(3) for w in WORDS]), max_size=24),
    st.lists(st.integers(1, 60), max_size=5),
)
def test_the_cut_does_not_matter(noise, cuts):
    stream = [record(seq, word) for seq in range(9) for word in WORDS]
    stream[8:8] = [record(*n) for n in noise]
    cuts = [c for c in cuts if c < len(stream)]
    whole = read(stream, WORDS)
    pieces = read(stream, WORDS, cuts)
    assert frames(pieces[1]) == frames(whole[1])
    assert pieces[0].tally == whole[0].tally


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ([(s, w) for s in range(4) for w in WORDS], WORDS),
        ([(s, w) for s in range(4) for w in (0, 8, 16)], (0, 8, 16)),
        ([(s, 0) for s in range(4)], None),
        ([(5, 0)] * 8, None),
        ([(s, w) for s in range(4) for w in (0, 9)], None),
        ([(s, w) for s in range(4) for w in WORDS][::3], None),
    ],
)
def test_only_counts_prove_a_sounding(stream, words):
    _, batches = read([record(*r) for r in stream], None)
    assert proven_words(batches) == words


def test_nothing_proves_nothing():
    assert proven_words([]) is None

"""What every decoder promises, as checks that any of them can be put through.

Inherit `DecoderContract` in a pytest module, give it a decoder and a good capture, and the tests
of the contract are yours.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

import numpy as np

from airsonde.core.errors import DecodeError
from airsonde.csi.model import FrameBatch, Tally
from airsonde.csi.ports import Decoder


class Read(NamedTuple):
    """Everything one pass delivered: frames by record number, lanes, counts."""

    frames: list[tuple[int, int, bytes]]
    shapes: list[tuple[int, ...]]
    tally: Tally


def batches_in_pieces(decoder: Decoder, data: bytes, cuts: Sequence[int] = ()) -> list[FrameBatch]:
    """Feed `data` cut at the given offsets, as a file is read: the end is told when it is reached.

    What was not consumed is offered again, with more behind it.
    """
    batches: list[FrameBatch] = []
    kept = b""
    edges = [0, *sorted({c for c in cuts if 0 < c < len(data)}), len(data)]
    for begin, end in pairwise(edges):
        kept += data[begin:end]
        fed = decoder.feed(memoryview(kept))
        batches += fed.batches
        kept = kept[fed.consumed :]
    return batches + decoder.feed(memoryview(kept), final=True).batches


def read_in_pieces(decoder: Decoder, data: bytes, cuts: Sequence[int] = ()) -> Read:
    """Everything that `batches_in_pieces` delivers, in a form that can be compared."""
    batches = batches_in_pieces(decoder, data, cuts)
    return Read(sorted(_frames(batches)), sorted({b.csi.shape[1:] for b in batches}), decoder.tally)


def _frames(batches: Sequence[FrameBatch]) -> Iterator[tuple[int, int, bytes]]:
    for batch in batches:
        for row in range(len(batch)):
            yield int(batch.index[row]), int(batch.t_ns[row]), batch.csi[row].tobytes()


class DecoderContract(ABC):
    """Inherit, and define `decoder` and `capture`."""

    @abstractmethod
    def decoder(self) -> Decoder:
        """Give a fresh decoder."""

    @abstractmethod
    def capture(self) -> bytes:
        """Give a good capture of some hundred kilobytes at most."""

    def test_every_record_is_accounted_for(self) -> None:
        decoder = self.decoder()
        read = read_in_pieces(decoder, self.capture())
        assert read.frames
        assert decoder.tally.records == decoder.tally.decoded + decoder.tally.skipped.total()
        assert all(count > 0 for count in decoder.tally.skipped.values())

    def test_batches_are_well_formed(self) -> None:
        for batch in self.decoder().feed(memoryview(self.capture()), final=True).batches:
            lane, n = batch.lane, len(batch)
            assert batch.csi.shape == (n, lane.n_rx, lane.n_tx, len(lane.subcarriers))
            assert batch.csi.dtype == np.complex64
            assert batch.csi.flags.owndata or batch.csi.base is not None
            assert batch.index.shape == batch.t_ns.shape == (n,)
            assert lane.valid.shape == lane.subcarriers.shape
            assert (np.diff(lane.subcarriers) > 0).all()
            assert (np.diff(batch.index) > 0).all()

    def test_frames_outlive_the_buffer(self) -> None:
        raw = bytearray(self.capture())
        batches = self.decoder().feed(memoryview(raw), final=True).batches
        before = [b.csi.copy() for b in batches]
        raw[:] = bytes(len(raw))
        assert all((a == b.csi).all() for a, b in zip(before, batches, strict=True))

    def test_the_cut_does_not_matter(self) -> None:
        raw = self.capture()
        whole = read_in_pieces(self.decoder(), raw)
        random = Random(1)
        for count in (1, 2, 5, 20):
            cuts = [random.randrange(len(raw)) for _ in range(count)]
            pieces = read_in_pieces(self.decoder(), raw, cuts)
            assert pieces.frames == whole.frames
            assert pieces.tally == whole.tally

    def test_a_cut_tail_costs_its_record_alone(self) -> None:
        raw = self.capture()
        whole = read_in_pieces(self.decoder(), raw).frames
        random = Random(2)
        for _ in range(25):
            size = random.randrange(1, len(raw))
            try:
                left = read_in_pieces(self.decoder(), raw[:size]).frames
            except DecodeError:
                continue
            assert len(left) <= len(whole)
            assert left[:-2] == whole[: max(0, len(left) - 2)]

    def test_a_damaged_record_costs_only_itself(self) -> None:
        raw = self.capture()
        whole = {i: csi for i, _, csi in read_in_pieces(self.decoder(), raw).frames}
        random = Random(3)
        for _ in range(25):
            broken = bytearray(raw)
            at = random.randrange(len(raw) // 10, len(raw))
            broken[at] ^= 1 << random.randrange(8)
            try:
                left = [csi for _, _, csi in read_in_pieces(self.decoder(), bytes(broken)).frames]
            except DecodeError:
                continue
            lost = set(whole.values()) - set(left)
            assert len(lost) <= max(4, len(whole) // 50)

    def test_arbitrary_bytes_are_answered_or_refused(self) -> None:
        random = Random(4)
        head = self.capture()[:64]
        for size in (0, 1, 3, 17, 64, 300, 4000):
            for front in (b"", head):
                decoder = self.decoder()
                try:
                    read = read_in_pieces(decoder, front + random.randbytes(size))
                except DecodeError as refused:
                    assert refused.reason
                else:
                    assert decoder.tally.records >= len(read.frames)

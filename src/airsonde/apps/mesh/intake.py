"""Bare feature states without proof, thousands at once: checked as arrays, the newest kept.

A source is let in by the endpoint, with its first state, and again four seconds later and so on:
what the endpoint says of it (clashes, refusals) is never older than that, and anew at once when a
node proved itself.
In between its states are only checked (magic, CRC) and written over the ones before.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airsonde.mesh.batch import RECORD, decode_feature_states
from airsonde.mesh.feature_state import MAGIC, SIZE, FeatureState
from airsonde.mesh.identity import Source

FEWEST: Final = 8  # below it arrays are no gain
_MAGIC: Final = np.frombuffer(MAGIC.to_bytes(4, "little"), dtype=np.uint8)
_ADMITTED_NS: Final = 4_000_000_000
_GROWTH: Final = 1024

U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]


class Newest(NamedTuple):
    """The last state of a source since it was asked last."""

    source: Source
    t_ns: int
    state: FeatureState


class StateTable:
    """One row a source; a key is address · 2^24 + port · 2^8 + node number."""

    def __init__(self, most: int = 65_536) -> None:
        self._most = most
        self._sources: list[Source] = []
        self._rows: dict[int, int] = {}
        self._keys = np.empty(0, dtype=np.uint64)  # sorted
        self._row_of_key = np.empty(0, dtype=np.int64)
        self._records = np.zeros(_GROWTH, dtype=RECORD)
        self._heard_ns = np.zeros(_GROWTH, dtype=np.int64)
        self._admitted_ns = np.full(_GROWTH, -_ADMITTED_NS, dtype=np.int64)
        self._asked_ns = -1
        self.states = 0

    def __len__(self) -> int:
        return len(self._sources)

    def admit(self, source: Source, peer: int, number: int, now_ns: int) -> None:
        """Take the states of a source from now on; beyond `most` sources none is let in."""
        key = peer << 8 | number
        row = self._rows.get(key)
        if row is None:
            if len(self._sources) >= self._most:
                return
            row = self._rows[key] = len(self._sources)
            self._sources.append(source)
            self._grow()
        self._admitted_ns[row] = now_ns

    def take(self, data: U8, sizes: I64, peers: U64, now_ns: int) -> Sequence[int]:
        """Take what can be taken of a block; answers the rows that the endpoint must see."""
        if len(sizes) < FEWEST or not self._rows:
            return range(len(sizes))
        if len(self._keys) != len(self._rows):
            self._index()
        plain = (sizes == SIZE) & (data[:, :4] == _MAGIC).all(axis=1)
        if not plain.any():
            return range(len(sizes))
        units = np.ascontiguousarray(data[plain, :SIZE])
        found = decode_feature_states(units.tobytes())
        keys = peers[plain] << np.uint64(8) | found.records["node_id"]
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        rows = self._row_of_key[at]
        known = (self._keys[at] == keys) & found.valid
        known &= now_ns - self._admitted_ns[rows] < _ADMITTED_NS
        rows = rows[known]
        self._records[rows] = found.records[known]
        self._heard_ns[rows] = now_ns
        self.states += len(rows)
        left = np.ones(len(sizes), dtype=np.bool_)
        left[np.flatnonzero(plain)[known]] = False
        rest: list[int] = np.flatnonzero(left).tolist()
        return rest

    def forget(self) -> None:
        """Let every source in anew: somebody proved itself."""
        self._admitted_ns[:] = -_ADMITTED_NS

    def newest(self, now_ns: int) -> Iterator[Newest]:
        """The last state of every source that was heard since this was asked."""
        asked_ns, self._asked_ns = self._asked_ns, now_ns
        rows = np.flatnonzero(self._heard_ns[: len(self._sources)] > asked_ns)
        heard = self._heard_ns[rows].tolist()
        for row, t_ns, values in zip(
            rows.tolist(), heard, self._records[rows].tolist(), strict=True
        ):
            yield Newest(self._sources[row], t_ns, tuple.__new__(FeatureState, values[1:15]))

    def _grow(self) -> None:
        if len(self._sources) <= len(self._heard_ns):
            return
        size = len(self._heard_ns)
        self._records = np.concatenate([self._records, np.zeros(size, dtype=RECORD)])
        self._heard_ns = np.concatenate([self._heard_ns, np.zeros(size, dtype=np.int64)])
        fresh = np.full(size, -_ADMITTED_NS, dtype=np.int64)
        self._admitted_ns = np.concatenate([self._admitted_ns, fresh])

    def _index(self) -> None:
        keys = np.fromiter(self._rows, dtype=np.uint64, count=len(self._rows))
        order = np.argsort(keys)
        self._keys, self._row_of_key = keys[order], order.astype(np.int64)

"""Raw CSI of existing firmware, sensed here: what its nodes cannot be asked to conclude themselves.

The motion that firmware reports is unbounded and its presence the same number, so where a node
streams its CSI it is that which counts.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from airsonde.apps.mesh.senses import SHAPE, CsiSenses, Senses
from airsonde.apps.python_api import datagram_decoder
from airsonde.csi.pipeline import Pipeline
from airsonde.csi.ports import DatagramDecoder
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.features import FeatureBuilder
from airsonde.mesh.identity import Source
from airsonde.mesh.model import NodeState

MOST_SOURCES: Final = 32
_MOST_WAITING: Final = 4096
_ALIGN: Final = 8


@dataclass(slots=True)
class _Stream:
    decoder: DatagramDecoder
    senses: CsiSenses
    heard_ns: int
    builder: FeatureBuilder = field(default_factory=lambda: FeatureBuilder(0))
    waiting: list[tuple[bytes, int]] = field(default_factory=list)


@dataclass(slots=True)
class FirmwareCsi:
    """Datagrams are kept until `conclude`; who is silent longest makes room for a newcomer."""

    most: int = MOST_SOURCES
    dropped: int = 0
    _streams: dict[Source, _Stream] = field(default_factory=dict)

    def __contains__(self, source: Source) -> bool:
        return source in self._streams

    def add(self, source: Source, data: bytes, t_ns: int) -> None:
        stream = self._streams.get(source) or self._begin(source, t_ns)
        stream.heard_ns = t_ns
        if len(stream.waiting) < _MOST_WAITING:
            stream.waiting.append((data, t_ns))
        else:
            self.dropped += 1

    def conclude(self, now_ns: int) -> list[tuple[Source, FeatureState]]:
        """The feature states of those nodes that sent something since this was asked."""
        said = [(source, self._state(stream, now_ns))
                for source, stream in self._streams.items() if stream.waiting]  # fmt: skip
        return [(source, state) for source, state in said if state is not None]

    def _begin(self, source: Source, t_ns: int) -> _Stream:
        if len(self._streams) >= self.most:
            del self._streams[min(self._streams, key=lambda s: self._streams[s].heard_ns)]
        senses = CsiSenses(Pipeline("mesh", shape=SHAPE))
        stream = self._streams[source] = _Stream(datagram_decoder("esp32"), senses, t_ns)
        return stream

    def _state(self, stream: _Stream, now_ns: int) -> FeatureState | None:
        senses = self._sense(stream, now_ns)
        if senses.motion is None:
            return None
        return stream.builder.build(
            now_ns // 1000,
            senses.motion,
            senses.vital,
            senses.baseline,
            state=NodeState.SENSE_IDLE,
        )

    def _sense(self, stream: _Stream, now_ns: int) -> Senses:
        sizes = np.array([len(data) for data, _ in stream.waiting], dtype=np.int64)
        rooms = -(-sizes // _ALIGN) * _ALIGN
        starts = np.concatenate([[0], np.cumsum(rooms)[:-1]]).astype(np.int64)
        padded = b"".join(data.ljust(-(-len(data) // _ALIGN) * _ALIGN, b"\0")
                          for data, _ in stream.waiting)  # fmt: skip
        t_ns = np.array([t for _, t in stream.waiting], dtype=np.int64)
        block = np.frombuffer(padded, dtype=np.uint8)
        stream.senses.feed(stream.decoder.decode_block(block, starts, sizes, t_ns), now_ns)
        stream.waiting.clear()
        return stream.senses.sense(now_ns)

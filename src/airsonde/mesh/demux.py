"""What a datagram is, by its first four bytes: everything that arrives on the one UDP port."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from airsonde.core.errors import DecodeError
from airsonde.mesh import feature_state, packets, wire
from airsonde.mesh.feature_state import FeatureState, decode_feature_state
from airsonde.mesh.messages import Message, decode_message
from airsonde.mesh.model import Refusal
from airsonde.mesh.packets import Packet
from airsonde.mesh.wire import Buffer

MOST_MAGICS = 256


class Kind(StrEnum):
    MESH = "mesh"
    FEATURE_STATE = "feature_state"
    ADR018 = "adr018"
    VITALS = "vitals"
    FEATURE_VECTOR = "feature_vector"
    FUSED_VITALS = "fused_vitals"
    MODULE_OUTPUT = "wasm_output"
    COMPRESSED_CSI = "compressed_csi"
    TEMPORAL = "temporal"


Unit = Message | FeatureState | Packet

DECODERS: dict[Kind, Callable[[Buffer], Unit]] = {
    Kind.MESH: decode_message,
    Kind.FEATURE_STATE: decode_feature_state,
    Kind.ADR018: packets.decode_raw_csi,
    Kind.VITALS: packets.decode_vitals,
    Kind.FEATURE_VECTOR: packets.decode_feature_vector,
    Kind.FUSED_VITALS: packets.decode_fused_vitals,
    Kind.MODULE_OUTPUT: packets.decode_module_output,
    Kind.COMPRESSED_CSI: packets.decode_compressed_csi,
    Kind.TEMPORAL: packets.decode_temporal,
}

_KINDS = {
    wire.MAGIC: Kind.MESH,
    feature_state.MAGIC: Kind.FEATURE_STATE,
    packets.RAW_CSI: Kind.ADR018,
    packets.VITALS: Kind.VITALS,
    packets.FEATURE_VECTOR: Kind.FEATURE_VECTOR,
    packets.FUSED_VITALS: Kind.FUSED_VITALS,
    packets.COMPRESSED_CSI: Kind.COMPRESSED_CSI,
    packets.TEMPORAL: Kind.TEMPORAL,
}
_SHARED = frozenset({packets.FUSED_VITALS, packets.TEMPORAL})


def magic_of(data: Buffer) -> int | None:
    """The first four bytes as a number; None when there are fewer."""
    return int.from_bytes(data[:4], "little") if len(data) >= 4 else None


def kind_of(data: Buffer) -> Kind | None:
    """Which decoder a datagram is for; None when its magic is unknown."""
    magic = magic_of(data)
    if magic in _SHARED and packets.is_module_output(data):
        return Kind.MODULE_OUTPUT
    return None if magic is None else _KINDS.get(magic)


def decode_datagram(data: Buffer) -> tuple[Kind, Unit]:
    """Decode whatever it is. Raises DecodeError: unknown magic, or what the decoder refuses."""
    kind = kind_of(data)
    if kind is None:
        if len(data) < 4:
            raise DecodeError(Refusal.TOO_SHORT, offset=len(data))
        raise DecodeError(Refusal.BAD_MAGIC, offset=0)
    return kind, DECODERS[kind](data)


@dataclass(slots=True)
class MagicCount:
    """Unknown magics, counted each; beyond 256 different ones only their number is kept."""

    known: Counter[int] = field(default_factory=Counter)
    others: int = 0

    def count(self, magic: int) -> None:
        if magic in self.known or len(self.known) < MOST_MAGICS:
            self.known[magic] += 1
        else:
            self.others += 1

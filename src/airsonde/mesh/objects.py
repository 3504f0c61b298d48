"""Datagrams as plain objects and back: what commands print, logs keep and scripts send.

An object names its `kind`; `fields` holds the values under their names. Node ids, tags and bodies
are hexadecimal, roles are words, NaN is null and infinity a word. Encoding a decoded object
gives its bytes again, bytes behind a message (`trailing`) included.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import NodeId
from airsonde.mesh import beacon, packets
from airsonde.mesh.beacon import StreamFrame, SyncBeacon
from airsonde.mesh.demux import Kind, Unit, decode_datagram, kind_of
from airsonde.mesh.feature_state import FeatureState, encode_feature_state
from airsonde.mesh.messages import BODIES, Message, encode_message
from airsonde.mesh.model import AuthClass, MessageType, NodeRole, parse_node_id
from airsonde.mesh.wire import Buffer, seal

BEACON, FRAME = "sync_beacon", "stream_frame"
_ROLE_FIELDS = frozenset({"role", "new_role"})
_CLASSES: dict[str, type[Any]] = {
    Kind.FEATURE_STATE: FeatureState,
    Kind.ADR018: packets.RawCsi,
    Kind.VITALS: packets.Vitals,
    Kind.FEATURE_VECTOR: packets.FeatureVector,
    Kind.FUSED_VITALS: packets.FusedVitals,
    Kind.MODULE_OUTPUT: packets.ModuleOutput,
    Kind.COMPRESSED_CSI: packets.CompressedCsi,
    Kind.TEMPORAL: packets.Temporal,
    BEACON: SyncBeacon,
    FRAME: StreamFrame,
}
_WITH_CRC = frozenset({Kind.FEATURE_STATE, Kind.TEMPORAL})


def datagram_object(data: Buffer) -> dict[str, Any]:
    """One datagram as an object. Raises DecodeError when it is none.

    Where no magic is known, the lengths 16 and 28 are a SyncBeacon and a fitting length prefix a
    frame of the reliable stream; a port that takes firmware packets must not guess so.
    """
    if kind_of(data) is None and (guess := _without_magic(data)) is not None:
        return guess
    kind, unit = decode_datagram(data)
    out = _message_object(unit) if isinstance(unit, Message) else _packet_object(kind, unit)
    size = unit.size if isinstance(unit, Message) else len(_encode_unit(unit))
    if len(data) > size:
        out["trailing"] = bytes(data[size:]).hex()
    return out


def encode_object(value: object) -> bytes:
    """The datagram of an object. Raises ConfigError naming what is missing, unknown or unfit."""
    if not isinstance(value, Mapping):
        raise ConfigError("a datagram is an object with a kind")
    kind = value.get("kind")
    fields = value.get("fields") or {}
    if not isinstance(fields, Mapping):
        raise ConfigError("fields: must be an object")
    if kind == Kind.MESH:
        data = _encode_mesh(value, fields)
    elif isinstance(kind, str) and kind in _CLASSES:
        data = _encode_unit(_build(_CLASSES[kind], fields))
    else:
        raise ConfigError(f"kind: must be one of {Kind.MESH}, {', '.join(_CLASSES)}")
    return data + _hex(value.get("trailing", ""), "trailing")


def _without_magic(data: Buffer) -> dict[str, Any] | None:
    for kind, decode in ((FRAME, beacon.decode_frame), (BEACON, beacon.decode_beacon)):
        if data[2:4] == b"\x11\xc5":
            return None
        try:
            return {"kind": kind, "authenticated": None, "fields": _fields(decode(data))}
        except DecodeError:
            continue
    return None


def _message_object(message: Message) -> dict[str, Any]:
    return {
        "kind": Kind.MESH.value,
        "type": message.type.name,
        "role": message.role.name.lower(),
        "auth_class": int(message.auth_class),
        "epoch": message.epoch,
        "crc_ok": True,
        "authenticated": None,
        "fields": {} if message.body is None else _fields(message.body),
    }


def _packet_object(kind: Kind, unit: Unit) -> dict[str, Any]:
    crc = {"crc_ok": True} if kind in _WITH_CRC else {}
    return {"kind": kind.value, **crc, "authenticated": None, "fields": _fields(unit)}


def _fields(unit: Any) -> dict[str, Any]:
    return {name: _plain(name, value) for name, value in zip(unit._fields, unit, strict=True)}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if name in _ROLE_FIELDS:
        return NodeRole(value).name.lower() if value < len(NodeRole) else value
    if isinstance(value, tuple):
        return [_plain("", item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _encode_mesh(value: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
    try:
        kind = MessageType[str(value.get("type"))]
        auth = AuthClass(value.get("auth_class", 0))
    except (KeyError, ValueError):
        raise ConfigError("type, auth_class: must name a message and a class of it") from None
    role = NodeRole(_role(value.get("role", 0), "role", len(NodeRole)))
    epoch = value.get("epoch", 0)
    if not isinstance(epoch, int):
        raise ConfigError("epoch: must be a whole number")
    if not fields:
        return seal(kind, role, auth, epoch, b"")
    return encode_message(_build(BODIES[kind], fields), role=role, epoch=epoch, auth_class=auth)


def _encode_unit(unit: Any) -> bytes:
    match unit:
        case FeatureState():
            return encode_feature_state(unit)
        case SyncBeacon():
            return beacon.encode_beacon(unit)
        case StreamFrame():
            return beacon.encode_frame(unit)
        case _:
            return packets.encode_packet(unit)


def _build(cls: type[Any], fields: Mapping[str, Any]) -> Any:
    """A NamedTuple from named values; those with a default may be missing."""
    hints = get_type_hints(cls)
    if unknown := sorted(map(str, set(fields) - set(hints))):
        raise ConfigError(f"fields.{unknown[0]}: unknown; there are {', '.join(hints)}")
    values = {}
    for name, hint in hints.items():
        if name in fields:
            read = _role if name in _ROLE_FIELDS else _READERS[hint]
            values[name] = read(fields[name], f"fields.{name}")
        elif name not in cls._field_defaults:
            raise ConfigError(f"fields.{name}: is missing")
    return cls(**values)


def _role(value: object, path: str, stop: int = 256) -> int:
    if isinstance(value, str) and value.upper() in NodeRole.__members__:
        return NodeRole[value.upper()]
    number = _int(value, path)
    if not 0 <= number < stop:
        raise ConfigError(f"{path}: {number} is no role")
    return number


def _int(value: object, path: str) -> int:
    if isinstance(value, int):
        return int(value)
    raise ConfigError(f"{path}: must be a whole number")


def _float(value: object, path: str) -> float:
    if value is None:
        return math.nan
    try:
        if isinstance(value, int | float) or value in ("inf", "-inf"):
            return float(value)
    except OverflowError:
        pass
    raise ConfigError(f"{path}: must be a number, or null where it is unknown")


def _hex(value: object, path: str) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError:
        raise ConfigError(f"{path}: must be hexadecimal") from None


def _node_id(value: object, path: str) -> NodeId:
    try:
        return parse_node_id(str(value))
    except ConfigError as e:
        raise ConfigError(f"{path}: {e}") from None


def _list(value: object, path: str, read: Callable[[object, str], Any]) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{path}: must be a list")
    return tuple(read(item, path) for item in value)


def _event(value: object, path: str) -> tuple[int, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ConfigError(f"{path}: must be a list of pairs (type, value)")
    return _int(value[0], path), _float(value[1], path)


_READERS: dict[Any, Callable[[object, str], Any]] = {
    int: _int,
    int | None: lambda value, path: None if value is None else _int(value, path),
    float: _float,
    bytes: _hex,
    NodeId: _node_id,
    tuple[int, ...]: lambda value, path: _list(value, path, _int),
    tuple[float, ...]: lambda value, path: _list(value, path, _float),
    tuple[tuple[int, float], ...]: lambda value, path: _list(value, path, _event),
}

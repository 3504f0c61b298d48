"""What the API tells of RF memory: how much there is, and when it was last like this."""

from typing import TYPE_CHECKING, Final

from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.remembering import Alike, Remembering
from airsonde.apps.sensing_results import rounded
from airsonde.core.errors import ConfigError
from airsonde.csi.memory import Holding, Memory, Where
from airsonde.faces.http.faults import not_found
from airsonde.faces.http.queries import LikenessParameters
from airsonde.faces.http.reading import Asked, Fields, source_named

if TYPE_CHECKING:
    from airsonde.apps.memory import Hit

_LARGEST: Final = (1 << 53) - 1


async def memory(asked: Asked) -> Fields:
    remembering = asked.agent.memory
    items = [] if remembering is None else await remembering.holdings()
    listing = asked.listing([_holding_view(holding) for holding in items])
    return listing | {"enabled": remembering is not None}


async def likeness(asked: Asked) -> Fields:
    p: LikenessParameters = asked.parameters
    remembering = asked.agent.memory
    if remembering is None:
        raise ConfigError("nothing is remembered; set memory.enabled = true")
    like = await _like(asked, remembering, p)
    where = Where(room=p.room, since_ns=p.since_ns, until_ns=p.until_ns)
    hits = await remembering.alike(Alike(like=like, where=where, k=p.k, apart_s=p.apart_s))
    last_ns = max((hit.record.memory.t_ns for hit in hits), default=None)
    return asked.listing([_hit_view(hit) for hit in hits]) | {
        "like": _memory_view(like, p.like_id),
        "last_t_ns": None if last_ns is None else str(last_ns),
    }


async def _like(asked: Asked, remembering: Remembering, p: LikenessParameters) -> Memory:
    if p.like_id is None:
        return await remembering.now(source_named(asked, p.like_source or "").name)
    found = await remembering.find(p.like_id)
    if found is None:
        raise not_found(f"memory {p.like_id}", "GET /api/v1/memory/search gives numbers")
    return found


def _holding_view(holding: Holding) -> Fields:
    return {
        "room": holding.room,
        "source_id": holding.source,
        "kind": holding.kind.value,
        "encoder": holding.encoder,
        "number": holding.number,
        "first_t_ns": str(holding.first_t_ns),
        "last_t_ns": str(holding.last_t_ns),
    }


def _hit_view(hit: "Hit") -> Fields:
    view = _memory_view(hit.record.memory, hit.record.memory_id)
    return view | {"score": rounded(hit.score, 4)}


def _memory_view(memory: Memory, memory_id: int | None) -> Fields:
    """A memory; what only an agent notes is null in those that came otherwise."""
    numbers = dict(memory.numbers)
    origin, session = numbers.pop("origin", None), numbers.pop("session", None)
    known = origin in frozenset(Provenance) and isinstance(session, int)
    return {
        "memory_id": memory_id,
        "kind": memory.kind.value,
        "room": memory.room,
        "source_id": memory.source,
        "t_ns": str(memory.t_ns),
        "origin": origin if known else None,
        "session": str(session) if known else None,
        "numbers": {name: _sendable(name, value) for name, value in numbers.items()},
    }


def _sendable(name: str, value: object) -> object:
    """Times and what JavaScript cannot hold as text."""
    large = isinstance(value, int) and (name.endswith("_ns") or abs(value) > _LARGEST)
    return str(value) if large else value

"""Numbers for Prometheus in its text format 0.0.4; docs/reference/api.md names them."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from airsonde import __version__
from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.source import SourceState
from airsonde.drivers.linux.process import resident_bytes
from airsonde.faces.http.stream import Stream

Labels: TypeAlias = dict[str, str]
Sample: TypeAlias = tuple[Labels, float | None]
Family: TypeAlias = tuple[str, str, str, list[Sample]]


def exposition(agent: Agent, stream: Stream, statuses: Mapping[str, int]) -> str:
    """Every number the agent knows; what is unknown is left out."""
    lines = []
    for name, kind, meaning, samples in _families(agent, stream, statuses):
        known = [(labels, value) for labels, value in samples if value is not None]
        if known:
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
            lines += [f"{name}{_written(labels)} {value:.17g}" for labels, value in known]
    return "\n".join(lines) + "\n"


def _families(agent: Agent, stream: Stream, statuses: Mapping[str, int]) -> Iterator[Family]:
    yield from _process(agent)
    yield from _sources(agent)
    yield from _rooms(agent)
    yield from _link(agent)
    yield from _mesh(agent)
    store = agent.store
    yield _gauge("airsonde_stored_events", "Events that are kept.", [({}, store.count())])
    yield _gauge("airsonde_store_bytes", "What they take.", [({}, store.size_bytes())])
    for what in ("sent", "dropped"):
        told: list[Sample] = [({"sink": s.name}, getattr(s.waiting, what)) for s in agent.sinks]
        yield _counter(f"airsonde_sink_{what}_total", f"Messages {what}.", told)
    answered: list[Sample] = [({"status": s}, n) for s, n in sorted(statuses.items())]
    yield _counter("airsonde_http_requests_total", "Answers by class.", answered)
    yield _gauge("airsonde_stream_clients", "Clients that listen.", [({}, stream.clients)])
    for what, counts in (("sent", stream.sent), ("dropped", stream.dropped)):
        samples: list[Sample] = [({"kind": kind}, counts[kind]) for kind in ("messages", "rows")]
        yield _counter(f"airsonde_stream_{what}_total", f"Messages {what}.", samples)


def _process(agent: Agent) -> Iterator[Family]:
    build = {"version": __version__, "origin": agent.teller.provenance.value}
    uptime_s = (time.time_ns() - agent.began_ns) / 1e9
    yield _gauge("airsonde_build", "Which airsonde this is.", [(build, 1)])
    yield _gauge("airsonde_uptime_seconds", "Since it was started.", [({}, uptime_s)])
    memory: list[Sample] = [({}, resident_bytes())]
    yield _gauge("process_resident_memory_bytes", "Resident memory.", memory)
    yield _gauge("airsonde_tasks", "What its event loop runs.", [({}, len(asyncio.all_tasks()))])
    yield _counter("process_cpu_seconds_total", "CPU time.", [({}, time.process_time())])


def _sources(agent: Agent) -> Iterator[Family]:
    sources = list(agent.sources.values())
    counts = {s.name: s.counts() for s in sources}
    up: list[Sample] = [
        ({"source": s.name, "origin": s.provenance.value}, s.state is SourceState.HEARING)
        for s in sources
    ]
    yield _gauge("airsonde_source_up", "Whether frames come.", up)
    frames: list[Sample] = [({"source": n}, c.frames) for n, c in counts.items()]
    yield _counter("airsonde_frames_total", "Frames decoded.", frames)
    skipped: list[Sample] = [
        ({"source": name, "reason": reason}, number)
        for name, c in counts.items()
        for reason, number in sorted(c.skipped.items())
    ]
    yield _counter("airsonde_skipped_total", "Payloads that were no good frame.", skipped)
    lost: list[Sample] = [({"source": n}, c.lost) for n, c in counts.items()]
    yield _counter("airsonde_lost_total", "Payloads dropped before they could be read.", lost)
    again: list[Sample] = [({"source": s.name}, max(0, s.openings - 1)) for s in sources]
    yield _counter("airsonde_reconnects_total", "Times opened again.", again)
    windows: list[Sample] = [({"source": n}, v) for n, v in agent.windows_told.items()]
    yield _counter("airsonde_windows_total", "Windows concluded.", windows)
    events: list[Sample] = [
        ({"source": name, "kind": kind}, v) for (name, kind), v in agent.events_told.items()
    ]
    yield _counter("airsonde_events_total", "Events told.", events)


def _rooms(agent: Agent) -> Iterator[Family]:
    rooms = agent.teller.rooms()
    verdicts: list[Sample] = [({"room": r["room"], "verdict": r["presence"]}, 1) for r in rooms]
    yield _gauge("airsonde_room_presence", "1 for the verdict that holds.", verdicts)
    score: list[Sample] = [({"room": r["room"]}, r["motion_score"]) for r in rooms]
    yield _gauge("airsonde_motion_score", "Of the last window.", score)
    bpm: list[Sample] = [({"room": r["room"]}, r["breathing_bpm"]) for r in rooms]
    yield _gauge("airsonde_breathing_bpm", "Breaths a minute.", bpm)


def _link(agent: Agent) -> Iterator[Family]:
    status = agent.link.status
    told = status.interfaces.items() if status else ()
    delay: list[Sample] = [
        ({"interface": name, "part": part}, None if ms is None else ms / 1e3)
        for name, i in told
        for part, ms in (
            ("air", i.delay.air_ms),
            ("queue", i.delay.queue_ms),
            ("wan", i.delay.wan_ms),
        )
    ]
    yield _gauge("airsonde_link_delay_seconds", "Where packets wait.", delay)
    rate: list[Sample] = [({"interface": name}, i.bitrate_mbit) for name, i in told]
    yield _gauge("airsonde_link_bitrate_mbit", "Of the radio.", rate)
    signal: list[Sample] = [
        ({"interface": name}, i.ap.signal_dbm if i.ap else None) for name, i in told
    ]
    yield _gauge("airsonde_link_signal_dbm", "Of the access point.", signal)
    decisions: list[Sample] = [
        ({"interface": name, "action": action}, number)
        for name, i in told
        for action, number in (i.actions or {}).items()
    ]
    yield _counter("airsonde_link_decisions_total", "Actions that were decided.", decisions)


def _mesh(agent: Agent) -> Iterator[Family]:
    mesh = agent.teller.mesh_now
    rooms, nodes = mesh["rooms"], mesh["nodes"]
    if mesh["enabled"]:
        leads: list[Sample] = [({"role": mesh["role"]}, mesh["leads"])]
        yield _gauge("airsonde_mesh_leads", "Whether this agent coordinates.", leads)
    alive: list[Sample] = [
        ({"room": room["room"], "state": state}, number)
        for room in rooms
        for state, number in (("alive", room["alive"]), ("dead", room["nodes"] - room["alive"]))
    ]
    yield _gauge("airsonde_mesh_nodes", "Nodes of a room.", alive)
    verdicts: list[Sample] = [({"room": r["room"], "verdict": r["verdict"]}, 1) for r in rooms]
    yield _gauge("airsonde_mesh_room_presence", "1 for the verdict that holds.", verdicts)
    clocks: list[Sample] = [
        ({"node": n["node"]}, None if n["clock_error_us"] is None else n["clock_error_us"] / 1e6)
        for n in nodes
    ]
    yield _gauge("airsonde_mesh_clock_error_seconds", "As nodes report it.", clocks)
    refused: list[Sample] = [({"reason": r}, n) for r, n in sorted(mesh["refused"].items())]
    yield _counter("airsonde_mesh_refused_total", "Datagrams that changed nothing.", refused)
    dropped: list[Sample] = [({}, (mesh["socket"] or {}).get("dropped_by_kernel"))]
    yield _counter("airsonde_mesh_dropped_total", "Datagrams the kernel dropped.", dropped)


def _gauge(name: str, meaning: str, samples: list[Sample]) -> Family:
    return name, "gauge", meaning, samples


def _counter(name: str, meaning: str, samples: list[Sample]) -> Family:
    return name, "counter", meaning, samples


def _written(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = [f'{name}="{_escaped(value)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

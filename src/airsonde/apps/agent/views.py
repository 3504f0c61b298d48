"""What the agent knows as plain values for JSON: 64-bit numbers as text, unknown as null."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from airsonde.apps.agent.calibrating import Learning
from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.recordings import FORMAT, SUFFIX, Recorded, Recordings
from airsonde.apps.agent.settings import PrivacySettings, ReplaySettings, SimulatorSettings
from airsonde.apps.agent.source import Session, Source
from airsonde.apps.sensing_results import event_fields, rounded, window_fields
from airsonde.captures.summary import SeenLane
from airsonde.csi.calibration import Calibration, Refusal
from airsonde.csi.pipeline import Look
from airsonde.drivers.stores.events import KeptEvent


def text(number: int | None) -> str | None:
    """A 64-bit number as JavaScript can hold it."""
    return None if number is None else str(number)


def spelled(fields: Mapping[str, Any]) -> Fields:
    """Every whole number that is nanoseconds, as text."""
    return {
        name: str(value) if name.endswith("_ns") and isinstance(value, int) else value
        for name, value in fields.items()
    }


def event_view(kept: KeptEvent) -> Fields:
    """One event that was kept."""
    fields = event_fields(kept.event)
    return {
        "id": kept.number or None,
        **spelled(fields),
        "numbers": spelled(fields["numbers"]),
        "session": str(kept.session),
        "room": kept.room,
        "origin": kept.origin,
        "told_ns": str(kept.told_ns),
    }


def window_view(look: Look, source: Source, session: int, told_ns: int) -> Fields:
    """One window with what was read from it."""
    fields = window_fields(look)
    return {
        "id": f"{source.name}-{session}-{look.window.window_id}",
        **spelled(fields),
        "source_id": source.name,
        "session": str(session),
        "room": source.room,
        "origin": source.provenance.value,
        "told_ns": str(told_ns),
    }


def lane_view(seen: SeenLane, source: Source, session: Session) -> Fields:
    """One lane of the present session."""
    fields = asdict(seen.summary())
    rssi = fields["rssi_dbm"]
    return {
        **spelled(fields),
        "rssi_dbm": None if rssi is None else list(rssi),
        "source_id": source.name,
        "session": str(session.number),
        "origin": source.provenance.value,
        "subcarrier_index": seen.lane.subcarriers.tolist(),
        "valid": seen.lane.valid.tolist(),
    }


def source_view(source: Source, privacy: PrivacySettings) -> Fields:
    """How it stands with a source."""
    session, counts = source.session, source.counts()
    skipped, replay = dict(sorted(counts.skipped.items())), _replay(source)
    return {
        "source_id": source.name,
        "number": source.number,
        "kind": source.kind,
        "family": source.family,
        "chip": source.chip,
        "room": source.room,
        "origin": source.provenance.value,
        "where": source.where,
        "state": source.state.value,
        "reason": source.reason,
        "session": text(session.number) if session else None,
        "began_ns": text(session.number) if session else None,
        "heard_ns": text(source.heard_ns),
        "last_t_ns": text(session.last_t_ns) if session else None,
        "next_try_ns": text(source.next_try_ns),
        "reconnects": 0 if replay else max(0, source.openings - 1),
        "frames": counts.frames,
        "rate_hz": rounded(source.rate_hz(), 1),
        "received": counts.frames + counts.skipped.total(),
        "skipped": skipped,
        "lost": counts.lost,
        "lanes": len(session.lanes) if session else 0,
        "calibration_version": source.calibration.version if source.calibration else None,
        "raw_on_wire": raw_may_leave(source, on_wire=True, privacy=privacy),
        "raw_on_disk": raw_may_leave(source, on_wire=False, privacy=privacy),
        "removable": source.removable,
        "replay": replay,
    }


def raw_may_leave(source: Source, *, on_wire: bool, privacy: PrivacySettings) -> bool:
    """Whether raw CSI of a source may be sent or written."""
    allowed = privacy.raw_on_wire if on_wire else privacy.raw_on_disk
    return allowed or source.provenance is not Provenance.LIVE


def capture_view(recorded: Recorded, recordings: Recordings) -> Fields:
    """A recording that runs, or one that is kept."""
    running = recordings.is_running(recorded.capture_id)
    size = recordings.size_bytes(recorded.capture_id)
    kept = "kept" if size else "failed"
    return {
        "capture_id": recorded.capture_id,
        "state": "recording" if running else kept,
        "label": recorded.label,
        "source_id": recorded.source_id,
        "origin": recorded.origin.value,
        "format": FORMAT,
        "file": recorded.capture_id + SUFFIX,
        "bytes": size,
        "frames": recorded.frames,
        "began_ns": str(recorded.began_ns),
        "ended_ns": text(recorded.ended_ns),
        "seconds": recorded.seconds,
        "reason": recorded.reason,
    }


def learning_view(learning: Learning) -> Fields:
    """A calibration that was begun in this run."""
    outcome = learning.outcome
    refusal = outcome if isinstance(outcome, Refusal) else None
    passed = outcome if isinstance(outcome, Calibration) else None
    over = "passed" if passed else "refused" if refusal else "learning"
    return {
        "calibration_id": learning.learning_id,
        "state": "cancelled" if learning.cancelled else over,
        "source_id": learning.source.name,
        "room": learning.room,
        "origin": learning.source.provenance.value,
        "progress": rounded(learning.progress, 3),
        "seconds": learning.seconds,
        "began_ns": str(learning.began_ns),
        "version": passed.version if passed else None,
        "stability": passed.stability if passed else None,
        "lanes": len(passed.lanes) if passed else None,
        "reason": refusal.reason if refusal else None,
        "remedy": refusal.remedy if refusal else None,
    }


def calibration_view(kept: Calibration) -> Fields:
    """A calibration that was learnt before this run."""
    return {
        "calibration_id": kept.version,
        "state": "kept",
        "source_id": kept.source,
        "room": kept.room,
        "origin": None,
        "progress": None,
        "seconds": None,
        "began_ns": None,
        "version": kept.version,
        "stability": kept.stability,
        "lanes": len(kept.lanes),
        "reason": None,
        "remedy": None,
    }


def _replay(source: Source) -> Fields | None:
    match source.settings:
        case ReplaySettings(capture=capture, speed=speed):
            return {"speed": speed, "passes": source.openings, "capture": capture.name}
        case SimulatorSettings(speed=speed):
            return {"speed": speed, "passes": source.openings, "capture": None}
        case _:
            return None

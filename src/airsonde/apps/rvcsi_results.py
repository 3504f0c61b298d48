"""Windows, events, baselines and memory records as the rvCSI reference writes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from airsonde.captures.float_text import number_text, row_texts
from airsonde.csi.model import F32
from airsonde.csi.reference.embeddings import window_embedding
from airsonde.csi.reference.model import Event, Window

_JSON: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose frames were looked at."""

    session: int
    source: str


def window_line(window: Window, subject: Subject) -> bytes:
    """CsiWindow, one line without its end."""
    return _object(
        window_id=window.window_id,
        session_id=subject.session,
        source_id=subject.source,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
        frame_count=window.frame_count,
        mean_amplitude=window.mean_amplitude,
        phase_variance=window.phase_variance,
        motion_energy=window.motion_energy,
        presence_score=window.presence_score,
        quality_score=window.quality_score,
    )


def event_array(events: Iterable[Event], subject: Subject) -> bytes:
    """CsiEvents as one JSON array over several lines, two spaces deep."""
    compact = b"[" + b",".join(_event(event, subject) for event in events) + b"]"
    return msgspec.json.format(compact, indent=2)


def event_line(event: Event) -> str:
    """One event for people."""
    kind = event.kind.name.lower()
    return (
        f"{event.t_ns:>16} ns  {kind:<22} conf={event.confidence:.3f}  "
        f"evidence={list(event.evidence)}"
    )


def baseline_document(amplitude: F32, frames: int, subject: Subject) -> bytes:
    """What `calibrate` learnt, over several lines, two spaces deep."""
    compact = _object(
        source_id=subject.source,
        session_id=subject.session,
        version=f"{subject.source}@auto-{frames}",
        subcarrier_count=len(amplitude),
        frames_used=frames,
        baseline_amplitude=amplitude,
    )
    return msgspec.json.format(compact, indent=2)


def memory_line(number: int, window: Window, subject: Subject) -> bytes:
    """One window of an RF memory file, without its line end."""
    record = _object(
        id=number,
        kind="Window",
        source_id=subject.source,
        timestamp_ns=window.start_ns,
        embedding=window_embedding(window),
    )
    return b'{"record":%b}' % record


def _event(event: Event, subject: Subject) -> bytes:
    return _object(
        event_id=event.event_id,
        kind=event.kind.value,
        session_id=subject.session,
        source_id=subject.source,
        timestamp_ns=event.t_ns,
        confidence=event.confidence,
        evidence_window_ids=event.evidence,
        calibration_version=None,
        metadata_json="{}",
    )


def _object(**fields: Any) -> bytes:
    """Fields in the order in which they are given; float32 in its shortest text."""
    return b"{%b}" % b",".join(b'"%b":%b' % (k.encode(), _text(v)) for k, v in fields.items())


def _text(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return row_texts(value[None, :])[0]
    if isinstance(value, np.float32):
        return number_text(value)
    return _JSON.encode(value)

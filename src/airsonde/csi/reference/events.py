"""Number what the detectors say of each window."""

from airsonde.csi.reference.detectors import detectors
from airsonde.csi.reference.model import Event, Window


class EventLog:
    """Windows in, events out, in the order of windows and then of detectors."""

    def __init__(self) -> None:
        self._detectors = detectors()
        self._made = 0

    def look(self, window: Window) -> list[Event]:
        """Events of one window: they happen at its end and cite it alone."""
        found = [finding for d in self._detectors for finding in d.look(window)]
        events = [
            Event(
                event_id=number,
                kind=kind,
                t_ns=window.end_ns,
                confidence=confidence,
                evidence=(window.window_id,),
            )
            for number, (kind, confidence) in enumerate(found, self._made)
        ]
        self._made += len(events)
        return events

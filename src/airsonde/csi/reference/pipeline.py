"""The whole reference pipeline: batches in, windows and events out."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.csi.model import FrameBatch
from airsonde.csi.reference.clean import clean
from airsonde.csi.reference.events import EventLog
from airsonde.csi.reference.frames import admitted, by_size, of_source, single_chains
from airsonde.csi.reference.model import Event, Window
from airsonde.csi.reference.windows import WindowBuffer
from airsonde.csi.validate import Validator


@dataclass(frozen=True, slots=True)
class Findings:
    """Windows that were completed, and what the detectors say of them."""

    windows: list[Window]
    events: list[Event]


class ReferencePipeline:
    """Validate, clean, window and detect one session of one source.

    Frames without a verdict go through `validator`; without one they are left out, as the
    reference does when it exports. What comes out does not depend on how the frames were cut.
    """

    def __init__(self, session: int, source: str, validator: Validator | None) -> None:
        self.session = session
        self.source = source
        self._validator = validator
        self._windows = WindowBuffer()
        self._events = EventLog()

    def feed(self, batches: Sequence[FrameBatch]) -> Findings:
        """Take the batches of one block; their frames are ordered by `index`."""
        passed = admitted(single_chains(batches), self._validator)
        frames = by_size(of_source(passed, self.session, self.source))
        return self._seen(self._windows.push([clean(f) for f in frames]))

    def flush(self) -> Findings:
        """Close the window that is still open."""
        return self._seen(self._windows.flush())

    def _seen(self, windows: list[Window]) -> Findings:
        return Findings(windows, [event for w in windows for event in self._events.look(w)])

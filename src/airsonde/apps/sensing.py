"""Run a capture through the default pipeline."""

from collections.abc import Iterable, Iterator

from airsonde.csi.calibration import Calibration
from airsonde.csi.events import Event
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Findings, Look, Pipeline
from airsonde.csi.windows import WindowShape


class SensingRun:
    """One pass over the blocks of a capture; `pipeline` holds the quarantine afterwards."""

    def __init__(
        self,
        blocks: Iterable[list[FrameBatch]],
        source: str,
        *,
        shape: WindowShape | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._blocks = blocks
        self.pipeline = Pipeline(source, shape=shape, calibration=calibration)

    def findings(self) -> Iterator[Findings]:
        """Results, one block after the other."""
        for block in self._blocks:
            yield self.pipeline.feed(block)
        yield self.pipeline.flush()

    def looks(self) -> Iterator[Look]:
        for found in self.findings():
            yield from found.looks

    def events(self) -> Iterator[Event]:
        for found in self.findings():
            yield from found.events

"""Run a capture through the default pipeline."""

from collections.abc import Iterable, Iterator

from airsonde.csi.calibration import Calibration
from airsonde.csi.events import Event
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Findings, Look, Pipeline
from airsonde.csi.suspicion import Suspicion
from airsonde.csi.windows import WindowShape


class SensingRun:
    """One pass over the blocks of a capture.

    Afterwards `pipeline` holds the quarantine, and `suspicions` the signs that it was made up.
    """

    def __init__(
        self,
        blocks: Iterable[list[FrameBatch]],
        source: str,
        *,
        shape: WindowShape | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._blocks = blocks
        self._suspicion = Suspicion()
        self.pipeline = Pipeline(source, shape=shape, calibration=calibration)

    @property
    def suspicions(self) -> tuple[str, ...]:
        return self._suspicion.signs()

    def findings(self) -> Iterator[Findings]:
        """Results, one block after the other."""
        for block in self._blocks:
            for batch in block:
                self._suspicion.add(batch)
            yield self.pipeline.feed(block)
        yield self.pipeline.flush()

    def looks(self) -> Iterator[Look]:
        for found in self.findings():
            yield from found.looks

    def events(self) -> Iterator[Event]:
        for found in self.findings():
            yield from found.events

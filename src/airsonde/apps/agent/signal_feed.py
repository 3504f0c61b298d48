"""A way in that holds no CSI: the signal strength of an ordinary Wi-Fi card, ten times a second."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Final

from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.live import Heard
from airsonde.csi.model import Tally
from airsonde.csi.pipeline import Findings, Pipeline
from airsonde.csi.signal_pipeline import SignalPipeline
from airsonde.drivers.linux.interface import Interface
from airsonde.radios.linux.ops import WifiQuestions
from airsonde.radios.linux.signal import LinuxSignal

_PERIOD_S: Final = 0.1


class SignalFeed:
    """Opened when it is first listened to; a sample counts as a frame."""

    chip: str | None = None
    lost: int | None = None

    def __init__(self, interface: Interface, wifi: WifiQuestions | None = None) -> None:
        self.where = f"wifi:{interface.name}"
        self.provenance = Provenance.LIVE
        self.tally = Tally()
        self._signal = LinuxSignal(interface, wifi)

    async def heard(self, pipeline: Pipeline) -> AsyncGenerator[Heard, None]:
        """A look a second. Raises DriverError where the card has no access point."""
        concluding = SignalPipeline(pipeline.source)
        while True:
            sample = await self._signal.sample(time.time_ns())
            if sample is None:
                self.tally.skip("nothing heard")
            else:
                self.tally.decoded += 1
                found = concluding.feed(sample)
                yield Heard([], Findings(events=found.events), tuple(found.looks))
            await asyncio.sleep(_PERIOD_S)

    async def aclose(self) -> None:
        await self._signal.aclose()

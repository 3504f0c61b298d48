"""A capture that was never measured: the demonstration's last resort, the tests' first."""

from collections.abc import Iterator

import numpy as np

from airsonde.csi.model import Family, FrameBatch, Tally
from airsonde.radios.sim.chips import BY_SLUG
from airsonde.radios.sim.decode import lane_of, to_batch
from airsonde.radios.sim.scene import Scene, simulate

SIMULATED = "SIMULATED: these frames were computed, no radio measured them"


class SimulatedCapture:
    """One pass over a simulated scene, in blocks like a file. The same seed, the same frames."""

    def __init__(
        self,
        scene: Scene | None = None,
        *,
        seconds: float = 30.0,
        chip: str = "simulated-80mhz",
        seed: int = 1,
    ) -> None:
        self.family = Family.SIM
        self.tally = Tally()
        self.chip: str | None = chip
        self.warnings = [SIMULATED]
        self._scene = scene or Scene()
        self._frames = max(1, round(seconds * self._scene.rate_hz))
        self._seed = seed

    def blocks(self) -> Iterator[list[FrameBatch]]:
        """Yield the batches of one stretch of the scene after the other."""
        row = BY_SLUG[self.chip or ""]
        lane = lane_of(0, row)
        rng = np.random.default_rng(self._seed)  # noqa: TID251  (seeded by the caller)
        center_hz = (lane.channel.center_mhz if lane.channel else 5180) * 1e6
        stretches = simulate(
            self._scene, rng, center_hz=center_hz, tones=lane.subcarriers, frames=self._frames
        )
        for stretch in stretches:
            stretch.csi[:, ~lane.valid] = 0
            rms = np.sqrt(np.mean(np.abs(stretch.csi[:, lane.valid]) ** 2, axis=1))
            rssi = (20 * np.log10(rms / 1000) - 50).round().astype(np.float32)
            yield [to_batch(lane, stretch.t_ns, stretch.csi, self.tally.decoded, rssi)]
            self.tally.decoded += len(stretch.t_ns)

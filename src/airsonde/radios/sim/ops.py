"""A radio that does not exist, as the mesh commands one: a seeded room, a channel, losses."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from airsonde.core.channel import band_of, from_primary
from airsonde.core.errors import ConfigError, DriverError, UnsupportedError
from airsonde.csi.batches import take
from airsonde.csi.model import FrameBatch
from airsonde.mesh.model import CaptureProfile, RadioMode
from airsonde.mesh.observation import RadioHealth
from airsonde.radios.sim.chips import BY_SLUG
from airsonde.radios.sim.decode import lane_of, to_batch
from airsonde.radios.sim.scene import Scene, Simulated, simulate

BUSY: Final = {1: 0.5, 6: 0.3, 11: 0.2, 36: 0.1, 44: 0.05}
_SECOND_NS: Final = 1_000_000_000
_STRETCH: Final = 16
_NOISE_DBM: Final = -92.0
_LONGEST_NS: Final = 2 * _SECOND_NS


class SimRadio:
    """Frames of a scene up to a moment; the same seed and moments, the same frames.

    `loss` is the share of frames that never arrive, `drift_ppm` how fast its clock runs ahead.
    """

    def __init__(
        self, scene: Scene | None = None, *, seed: int = 1, loss: float = 0.0, drift_ppm: float = 0
    ) -> None:
        self._scene = scene or Scene()
        self._rng = np.random.default_rng(seed)  # noqa: TID251  (seeded by the caller)
        self._loss = loss
        self._rate = 1 + drift_ppm * 1e-6
        self._open = self._enabled = False
        self._mode = RadioMode.PASSIVE_RX
        self._channel = 36
        self._lane = lane_of(0, BY_SLUG["simulated-20mhz"])
        self._stretches: Iterator[Simulated] | None = None
        self._waiting: FrameBatch | None = None
        self._zero_ns: int | None = None
        self._begun_ns = self._asked_ns = 0
        self._made = 0
        self._second = 0
        self._counted = 0
        self._yield: float | None = None
        self._rssi: list[float] = []

    async def open(self) -> None:
        self._open = self._enabled = True

    async def set_channel(self, channel: int, bw_mhz: int) -> None:
        self._demand_open()
        if bw_mhz != 20:
            raise UnsupportedError("the simulated radio measures 20 MHz")
        try:
            there = from_primary(band_of(channel), channel, 20)
        except ConfigError as e:
            raise UnsupportedError(str(e)) from None
        if channel != self._channel:
            self._channel = channel
            self._lane = replace(self._lane, number=self._lane.number + 1, channel=there)
            self._stretches = self._waiting = None

    async def set_mode(self, mode: RadioMode) -> None:
        self._demand_open()
        self._mode = mode

    async def set_profile(self, profile: CaptureProfile) -> None:
        """Every profile measures the same scene at the scene's rate."""
        self._demand_open()
        CaptureProfile(profile)

    async def set_csi(self, *, enabled: bool) -> None:
        self._demand_open()
        self._enabled = enabled

    async def health(self) -> RadioHealth:
        if not self._open:
            return RadioHealth(open=False)
        return RadioHealth(
            open=True,
            pkt_yield=self._yield,
            channel=self._channel,
            bw_mhz=20,
            rssi_median_dbm=float(np.median(self._rssi)) if self._rssi else None,
            noise_dbm=_NOISE_DBM,
            busy=BUSY,
        )

    async def aclose(self) -> None:
        self._open = self._enabled = False

    def frames(self, now_ns: int) -> list[FrameBatch]:
        """What was measured since this was asked last."""
        if self._zero_ns is None or now_ns - self._asked_ns > _LONGEST_NS:
            self._zero_ns, self._stretches, self._waiting = now_ns, None, None
        self._asked_ns = now_ns
        until_ns = round((now_ns - self._zero_ns) * self._rate)
        out: list[FrameBatch] = []
        while self._open and self._enabled and self._mode is not RadioMode.DISABLED:
            batch = self._waiting or self._stretch(until_ns)
            ready = batch.t_ns <= until_ns
            self._waiting = take(batch, ~ready) if not ready.all() else None
            if (part := self._received(batch, ready)) is not None:
                out.append(part)
            if self._waiting is not None:
                break
        self._count(out, now_ns)
        return out

    def _stretch(self, until_ns: int) -> FrameBatch:
        """The next frames of the scene, which begins anew on another channel."""
        lane = self._lane
        if self._stretches is None:
            center_hz = (lane.channel.center_mhz if lane.channel else 5180) * 1e6
            self._begun_ns = until_ns
            self._stretches = simulate(
                self._scene,
                self._rng,
                center_hz=center_hz,
                tones=lane.subcarriers,
                frames=1 << 62,
                block=_STRETCH,
            )
        stretch = next(self._stretches)
        stretch.csi[:, ~lane.valid] = 0
        rms = np.sqrt(np.mean(np.abs(stretch.csi[:, lane.valid]) ** 2, axis=1))
        rssi = (20 * np.log10(np.maximum(rms, 1) / 1000) - 50).round().astype(np.float32)
        batch = to_batch(lane, stretch.t_ns + self._begun_ns, stretch.csi, self._made, rssi)
        self._made += len(batch)
        return batch

    def _received(self, batch: FrameBatch, ready: np.ndarray) -> FrameBatch | None:
        kept = ready & (self._rng.random(len(batch)) >= self._loss)
        return take(batch, kept) if kept.any() else None

    def _count(self, batches: list[FrameBatch], now_ns: int) -> None:
        second = now_ns // _SECOND_NS
        if second != self._second:
            if self._second:
                self._yield = float(self._counted) if second == self._second + 1 else 0.0
            self._second, self._counted = second, 0
        for batch in batches:
            self._counted += len(batch)
            if batch.rssi_dbm is not None:
                self._rssi = batch.rssi_dbm.tolist()

    def _demand_open(self) -> None:
        if not self._open:
            raise DriverError("the simulated radio is not open")

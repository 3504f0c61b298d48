"""What a capture holds, in numbers: one pass, bounded memory."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from airsonde.captures.model import Reader
from airsonde.core.ids import mac_text
from airsonde.csi.model import Family, FrameBatch, Lane
from airsonde.csi.suspicion import Suspicion


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSummary:
    """One lane in numbers, named as in the JSON of `inspect`."""

    lane: int
    transmitter: str | None
    channel: int | None
    band: str | None
    width_mhz: int | None
    center_mhz: int | None
    ppdu: str | None
    training: str | None
    core: int | None
    stream: int | None
    n_rx: int
    n_tx: int
    subcarriers: int
    valid_subcarriers: int
    frames: int
    first_t_ns: int
    last_t_ns: int
    rate_hz: float | None
    rssi_dbm: tuple[float, float] | None


@dataclass(slots=True)
class SeenLane:
    lane: Lane
    frames: int = 0
    first_t_ns: int = 0
    last_t_ns: int = 0
    low: float = np.inf
    high: float = -np.inf

    def add(self, batch: FrameBatch) -> None:
        if not self.frames:
            self.first_t_ns = int(batch.t_ns[0])
        self.last_t_ns = int(batch.t_ns[-1])
        self.frames += len(batch)
        if batch.rssi_dbm is not None and not np.isnan(batch.rssi_dbm).all():
            self.low = min(self.low, float(np.nanmin(batch.rssi_dbm)))
            self.high = max(self.high, float(np.nanmax(batch.rssi_dbm)))

    def summary(self) -> LaneSummary:
        lane, channel = self.lane, self.lane.channel
        span_s = (self.last_t_ns - self.first_t_ns) / 1e9
        return LaneSummary(
            lane=lane.number,
            transmitter=None if lane.transmitter is None else mac_text(lane.transmitter),
            channel=channel.primary if channel else None,
            band=channel.band.value if channel else None,
            width_mhz=channel.width_mhz if channel else lane.width_mhz,
            center_mhz=channel.center_mhz if channel else None,
            ppdu=lane.ppdu.value if lane.ppdu else None,
            training=lane.training,
            core=lane.core,
            stream=lane.stream,
            n_rx=lane.n_rx,
            n_tx=lane.n_tx,
            subcarriers=len(lane.subcarriers),
            valid_subcarriers=int(lane.valid.sum()),
            frames=self.frames,
            first_t_ns=self.first_t_ns,
            last_t_ns=self.last_t_ns,
            rate_hz=round((self.frames - 1) / span_s, 3) if span_s > 0 else None,
            rssi_dbm=(self.low, self.high) if self.low <= self.high else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything one pass over a capture tells."""

    family: str | None
    chip: str | None
    records: int
    decoded: int
    skipped: dict[str, int]
    lanes: tuple[LaneSummary, ...]
    suspicions: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, reader: Reader) -> Self:
        seen: dict[int, SeenLane] = {}
        suspicion = Suspicion()
        for block in reader.blocks():
            for batch in block:
                seen.setdefault(batch.lane.number, SeenLane(batch.lane)).add(batch)
                suspicion.add(batch)
        return cls(
            family=None if reader.family is Family.UNKNOWN else reader.family.value,
            chip=reader.chip,
            records=reader.tally.records,
            decoded=reader.tally.decoded,
            skipped=dict(sorted(reader.tally.skipped.items())),
            lanes=tuple(seen[n].summary() for n in sorted(seen)),
            suspicions=suspicion.signs(),
            warnings=tuple(reader.warnings),
        )


def summary_fields(survey: Survey) -> dict[str, object]:
    """Everything but the format, as plain values for JSON."""
    fields = asdict(survey)
    fields["lanes"] = [
        {
            k: list(v) if isinstance(v, Sequence) and not isinstance(v, str) else v
            for k, v in asdict(lane).items()
        }
        for lane in survey.lanes
    ]
    return fields | {"suspicions": list(survey.suspicions), "warnings": list(survey.warnings)}

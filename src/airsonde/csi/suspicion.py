"""Signs that frames were made up instead of measured, gathered over batches.

Asked only of ESP32 L-LTF and HT-LTF lanes: their hardware leaves DC and the outermost guard
tones exactly empty, or, with its channel filter on, fills DC from its neighbours and in phase with
them. Made-up noise at DC fits neither. Other radios leak their oscillator or status words into
that bin, so that nothing follows from it there.
"""

from dataclasses import dataclass, field

import numpy as np

from airsonde.csi.model import C64, F32, I64, Bools, Family, FrameBatch, Lane

_FIELDS = {"l-ltf", "l-ltf+ht-ltf", "ht-ltf"}
_MOST_LANES = 1024  # a stream of chance transmitters proves nothing
_GUARD = 30  # the outermost tones; the filter reaches from ±26 to ±29 at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a sign is taken for one."""

    frames: int = 100
    dc_share: float = 0.9  # of frames whose DC is not empty
    dc_level: float = 0.5  # DC relative to its neighbours, RMS; the filter gives about 0.9
    coherence: float = 0.3  # of DC with its neighbours; the filter gives nearly 1
    mean_spread: float = 0.01  # variation coefficient of the frames' mean amplitudes
    rssi_range_db: int = 10


@dataclass(slots=True)
class _LaneSigns:
    """Sums over one lane."""

    dc: int
    used: Bools
    guard: Bools
    frames: int = 0
    dc_filled: int = 0
    guard_filled: int = 0
    dc_power: float = 0.0
    side_power: float = 0.0
    cross: complex = 0j
    mean_sum: float = 0.0
    mean_squares: float = 0.0
    rssi: I64 = field(default_factory=lambda: np.zeros(256, dtype=np.int64))

    def add(self, csi: C64, rssi_dbm: F32 | None) -> None:
        dc, side = csi[:, self.dc], (csi[:, self.dc - 1] + csi[:, self.dc + 1]) / 2
        mean = np.abs(csi[:, self.used]).mean(axis=1)
        self.frames += len(csi)
        self.dc_filled += int(np.count_nonzero(dc))
        self.guard_filled += int(csi[:, self.guard].any(axis=1).sum())
        self.dc_power += float((np.abs(dc) ** 2).sum())
        self.side_power += float((np.abs(side) ** 2).sum())
        self.cross += complex((dc * side.conj()).sum())
        self.mean_sum += float(mean.sum(dtype=np.float64))
        self.mean_squares += float((mean.astype(np.float64) ** 2).sum())
        if rssi_dbm is not None:
            known = rssi_dbm[~np.isnan(rssi_dbm)].clip(-128, 127).astype(np.int64) + 128
            self.rssi += np.bincount(known, minlength=256)

    def signs(self, limits: Limits) -> list[str]:
        if self.frames < limits.frames:
            return []
        found = []
        if self._noise_at_dc(limits):
            found.append("synthetic: dc bin never empty")
        if self._constant(limits):
            found.append("synthetic: mean amplitude constant")
        if found and (level := self._clipped_at(limits)) is not None:
            found.append(f"synthetic: rssi clipped at {level} dBm")
        return found

    def _noise_at_dc(self, limits: Limits) -> bool:
        empty_guard = self.guard_filled <= (1 - limits.dc_share) * self.frames
        filled = self.dc_filled >= limits.dc_share * self.frames
        faint = self.dc_power < limits.dc_level**2 * self.side_power
        both = np.sqrt(self.dc_power * self.side_power)
        return empty_guard and filled and faint and abs(self.cross) < limits.coherence * both

    def _constant(self, limits: Limits) -> bool:
        mean = self.mean_sum / self.frames
        spread = max(self.mean_squares / self.frames - mean**2, 0.0) ** 0.5
        return mean > 0 and spread < limits.mean_spread * mean

    def _clipped_at(self, limits: Limits) -> int | None:
        """A round level at which the highest readings pile up; alone it proves nothing."""
        levels = np.flatnonzero(self.rssi) - 128
        if not len(levels) or levels[-1] - levels[0] < limits.rssi_range_db or levels[-1] % 10:
            return None
        piled = self.rssi[levels[-1] + 128] >= self.rssi[levels[-1] + 127]
        return int(levels[-1]) if piled else None


class Suspicion:
    """Takes the batches of a capture, in any cut, in bounded memory."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lanes: dict[int, _LaneSigns] = {}

    def add(self, batch: FrameBatch) -> None:
        """Gather from N frames; those of lanes that tell nothing are passed over."""
        signs = self._lanes.get(batch.lane.number)
        if signs is None:
            if len(self._lanes) == _MOST_LANES or not _tells(batch.lane):
                return
            signs = self._lanes[batch.lane.number] = _signs_of(batch.lane)
        with np.errstate(over="ignore", invalid="ignore"):
            signs.add(batch.csi.reshape(-1, len(batch.lane.subcarriers)), batch.rssi_dbm)

    def signs(self) -> tuple[str, ...]:
        """Every sign once, in the order of the lanes that show it."""
        every = (sign for lane in self._lanes.values() for sign in lane.signs(self._limits))
        return tuple(dict.fromkeys(every))


def _tells(lane: Lane) -> bool:
    """Whether an empty DC bin is expected in the lane, with both neighbours measured."""
    at = int(np.searchsorted(lane.subcarriers, 0))
    around = lane.valid[max(at - 1, 0) : at + 2].tolist()
    whole = len(lane.subcarriers) == 64 and around == [True, False, True]
    return lane.family is Family.ESP32 and lane.training in _FIELDS and whole


def _signs_of(lane: Lane) -> _LaneSigns:
    return _LaneSigns(
        dc=int(np.searchsorted(lane.subcarriers, 0)),
        used=lane.valid,
        guard=np.abs(lane.subcarriers) == _GUARD,
    )

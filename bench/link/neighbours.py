"""The rules of other tools, as far as they are published, behind one form each.

Rates: a bitrate (Mbit/s) every two seconds in, the rate that stands out. Roams: the serving
access point and the other one in (dBm, after a scan), True to move. The thresholds are those of
their published sources: hifi-wifi 3.0 beta 2, wpa_supplicant, iwd 3, usteer, DAWN, cake-autorate 3.
"""

from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from airsonde.link.governor import governor
from airsonde.link.model import Observation, SetShaping


class RateRule(Protocol):
    def push(self, t_s: float, bitrate_mbit: float) -> float: ...


class GovernorRate:
    """Egress shaping of one of our presets."""

    def __init__(self, preset: str) -> None:
        self._governor = governor(preset)
        self._mbit = 0.0
        self._packets = 0

    def push(self, t_s: float, bitrate_mbit: float) -> float:
        self._packets += 10_000
        obs = Observation(
            t_ns=round(t_s * 1e9),
            ifname="wlan0",
            bitrate_mbit=bitrate_mbit,
            rx_packets=self._packets,
            tx_packets=self._packets,
        )
        for action in self._governor.step(obs):
            if isinstance(action, SetShaping):
                self._mbit = action.bandwidth_mbit
        return self._mbit


@dataclass(slots=True)
class HifiRate:
    """Median of three at 85 %, in steps of 15 Mbit or 15 %; down after one tick, up after three."""

    _window: list[float] = field(default_factory=list)
    _good: float = 100.0
    _mbit: float = 0.0
    _ups: int = 0

    def push(self, t_s: float, bitrate_mbit: float) -> float:  # noqa: ARG002  (as the form has it)
        self._good = bitrate_mbit if bitrate_mbit >= 20 else self._good
        self._window = [*self._window, 0.85 * self._good][-3:]
        middle = median(self._window)
        change = middle - self._mbit
        if abs(change) < 15 and abs(change) < 0.15 * self._mbit:
            self._ups = 0
        elif change < 0 or not self._mbit or self._ups >= 2:
            self._mbit, self._ups = middle, 0
        else:
            self._ups += 1
        return self._mbit


class CakeAutorate:
    """Delay in thirds of a second, by the defaults; one way of a symmetric round trip."""

    def __init__(self, least: float = 5, base: float = 20, most: float = 80) -> None:
        self._least, self._base, self._most = least, base, most
        self._mbit = base
        self._deltas_ms: list[float] = []
        self._cut_s = self._decayed_s = -9.0

    def push(self, t_s: float, delay_ms: float, carried_mbit: float) -> float:
        self._deltas_ms = [*self._deltas_ms, delay_ms / 2][-6:]
        mean = sum(self._deltas_ms) / len(self._deltas_ms)
        if sum(d > 30 for d in self._deltas_ms) >= 3:
            if t_s - self._cut_s >= 0.3:
                self._mbit *= 0.99 - 0.24 * min(1.0, max(0.0, (mean - 30) / 30))
                self._cut_s = t_s
        elif carried_mbit > 0.75 * self._mbit:
            self._mbit *= 1 + 0.04 * min(1.0, max(0.0, (30 - mean) / 20))
        elif t_s - self._decayed_s > 1:
            self._decayed_s = t_s
            above = self._mbit > self._base
            self._mbit *= 0.99 if above else 1.01
        self._mbit = min(self._most, max(self._least, self._mbit))
        return self._mbit


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An access point as a scan hears it."""

    freq_mhz: int
    signal_dbm: float

    @property
    def is_5ghz(self) -> bool:
        return self.freq_mhz > 4000

    @property
    def rate_mbit(self) -> float:
        """What iwd would expect: SNR over -95 dBm, 20 MHz at 2.4 GHz and 80 MHz at 5 GHz."""
        snr = max(0.0, self.signal_dbm + 95 - (6 if self.is_5ghz else 0))
        share = min(1.0, snr / 40)
        return share * (867 if self.is_5ghz else 144)


class RoamRule(Protocol):
    def roams(self, t_s: float, here: Heard, there: Heard, *, new_scan: bool) -> bool: ...


class WpaSupplicant:
    """After a scan: the other one stronger by 1 to 5 dB, less the weaker we are here."""

    def roams(self, t_s: float, here: Heard, there: Heard, *, new_scan: bool) -> bool:  # noqa: ARG002
        need = next(
            (
                db
                for below, db in ((-85, 1), (-80, 2), (-75, 3), (-70, 4))
                if here.signal_dbm < below
            ),
            5,
        )
        gain = there.rate_mbit / max(1.0, here.rate_mbit)
        eager = next(
            (db for more, db in ((1.5, 10), (1.2, 5), (1.1, 2), (1.0, 1)) if gain > more), 0
        )
        loth = next(
            (db for less, db in ((1.5, 10), (1.2, 5), (1.1, 2)) if 1 / max(gain, 0.01) > less), 0
        )
        if there.is_5ghz and not here.is_5ghz:
            need -= 2
        return new_scan and there.signal_dbm - here.signal_dbm > need - eager + loth


@dataclass(slots=True)
class Iwd:
    """Under -70 dBm (-76 at 5 GHz) for 5 s: to any higher rank; tries again after 60 s."""

    _low_since_s: float | None = None
    _tried_s: float = -99.0

    def roams(self, t_s: float, here: Heard, there: Heard, *, new_scan: bool) -> bool:
        if here.signal_dbm > (-76 if here.is_5ghz else -70):
            self._low_since_s = None
            return False
        self._low_since_s = t_s if self._low_since_s is None else self._low_since_s
        if t_s - self._low_since_s < 5 or t_s - self._tried_s < 60 or not new_scan:
            return False
        self._tried_s = t_s
        return there.rate_mbit > here.rate_mbit


@dataclass(slots=True)
class Usteer:
    """Kicked to a better one when under -74 dBm, band-steered after 30 s above -57 dBm."""

    _good_since_s: float | None = None
    _moved_s: float = -99.0

    def roams(self, t_s: float, here: Heard, there: Heard, *, new_scan: bool) -> bool:  # noqa: ARG002
        above = here.signal_dbm > -57 and not here.is_5ghz
        self._good_since_s = (self._good_since_s or t_s) if above else None
        steered = self._good_since_s is not None and t_s - self._good_since_s >= 30
        weak = here.signal_dbm < -74 and there.signal_dbm > here.signal_dbm
        if (steered or weak) and t_s - self._moved_s >= 60:
            self._moved_s = t_s
            return True
        return False


@dataclass(slots=True)
class Dawn:
    """Score 80 or 100 by band, 15 more above -60 dBm, 15 less under -80; 20 better, three times."""

    _seen: int = 0

    def roams(self, t_s: float, here: Heard, there: Heard, *, new_scan: bool) -> bool:  # noqa: ARG002
        if new_scan:
            self._seen = self._seen + 1 if _dawn(there) - _dawn(here) >= 20 else 0
        return new_scan and self._seen >= 3


def _dawn(ap: Heard) -> float:
    signal = 15 if ap.signal_dbm > -60 else -15 if ap.signal_dbm < -80 else 0
    return (100 if ap.is_5ghz else 80) + signal

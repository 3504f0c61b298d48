"""A station between two access points of one network: fading, scans that take time, roams."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from airsonde.core.ids import MacAddress
from airsonde.link.governor import governor
from airsonde.link.model import Bss, Observation, Roam, Scan
from bench.link.neighbours import Heard, RoamRule

TICK_S = 2.0
FREQUENCIES_MHZ = (2437, 5180)
_BSSIDS = (MacAddress(b"\x02\0\0\0\0\1"), MacAddress(b"\x02\0\0\0\0\2"))

Signals = Sequence[tuple[float, float]]
"""What is heard of both access points (dBm), every two seconds."""


def equal_scores(seed: int, ticks: int = 1800) -> Signals:
    """-55 dBm at 2.4 and -70 dBm at 5 GHz, each with 4 dB of shadowing that lasts ~40 s."""
    r, rho, sigma = random.Random(seed), 0.95, 4.0
    a = b = 0.0
    out = []
    for _ in range(ticks):
        a = rho * a + (1 - rho**2) ** 0.5 * r.gauss(0, sigma)
        b = rho * b + (1 - rho**2) ** 0.5 * r.gauss(0, sigma)
        out.append((-55 + b + r.gauss(0, 1.5), -70 + a + r.gauss(0, 1.5)))
    return out


def walk_away(seed: int, ticks: int = 150) -> Signals:
    """From the 2.4 GHz one (-50 dBm) to where it is heard at -88, within two minutes.

    The other one grows to -60 dBm meanwhile.
    """
    r, out = random.Random(seed), []
    for i in range(ticks):
        gone = min(1.0, i * TICK_S / 120)
        out.append((-50 - 38 * gone + r.gauss(0, 1.5), -85 + 25 * gone + r.gauss(0, 1.5)))
    return out


def fall(seed: int, ticks: int = 60) -> Signals:
    """A door closes after 60 s: from -60 to -82 dBm at once; the other one stays at -68."""
    r = random.Random(seed)
    return [
        ((-60 if i * TICK_S < 60 else -82) + r.gauss(0, 1.5), -68 + r.gauss(0, 1.5))
        for i in range(ticks)
    ]


@dataclass(slots=True)
class Walk:
    """When the association moved (s), and where it was at every tick."""

    roams_s: list[float] = field(default_factory=list)
    at: list[int] = field(default_factory=list)

    @property
    def ping_pongs(self) -> int:
        """Roams within a minute of the one before."""
        return sum(b - a < 60 for a, b in zip(self.roams_s, self.roams_s[1:], strict=False))

    def left_after_s(self, signals: Signals, dbm: float = -82) -> float:
        """From when the first one is heard at `dbm` for good until it was left; 0 if before."""
        heard = [max(s[0] for s in signals[i : i + 3]) for i in range(len(signals))]
        begin = next(i for i, s in enumerate(heard) if s <= dbm + 2)
        left = next((i for i, k in enumerate(self.at) if k), len(self.at))
        return max(0.0, (left - begin) * TICK_S)


class Station(Protocol):
    def step(self, t_s: float, signals: tuple[float, float], at: int) -> bool:
        """Look around; True to move to the other one."""


@dataclass(slots=True)
class RuleStation:
    """A neighbour's rule: the live signal here, the other one as of the last scan."""

    rule: RoamRule
    scan_s: float = 10.0
    _scanned: tuple[float, float] = (0.0, 0.0)
    _next_s: float = 0.0

    def step(self, t_s: float, signals: tuple[float, float], at: int) -> bool:
        new = t_s >= self._next_s
        if new:
            self._scanned, self._next_s = signals, t_s + self.scan_s
        here = Heard(freq_mhz=FREQUENCIES_MHZ[at], signal_dbm=signals[at])
        there = Heard(freq_mhz=FREQUENCIES_MHZ[1 - at], signal_dbm=self._scanned[1 - at])
        return self.rule.roams(t_s, here, there, new_scan=new)


class GovernorStation:
    """One of our presets. `scan_s`: scans that come by themselves; None: only those asked for."""

    def __init__(self, preset: str, scan_s: float | None, takes_s: float = 4.0) -> None:
        self._governor = governor(preset)
        self._every_s, self._takes_s = scan_s, takes_s
        self._scan_id, self._scanned = 0, (-200.0, -200.0)
        self._next_s = 0.0 if scan_s is not None else float("inf")

    def step(self, t_s: float, signals: tuple[float, float], at: int) -> bool:
        if t_s >= self._next_s:
            self._scan_id, self._scanned = self._scan_id + 1, signals
            self._next_s = float("inf") if self._every_s is None else t_s + self._every_s
        actions = self._governor.step(self._observation(t_s, signals, at))
        if self._every_s is None and any(isinstance(a, Scan) for a in actions):
            self._next_s = min(self._next_s, t_s + self._takes_s)
        return any(isinstance(a, Roam) for a in actions)

    def _observation(self, t_s: float, signals: tuple[float, float], at: int) -> Observation:
        other = 1 - at
        heard = (_bss(other, self._scanned[other], self._scan_id),) if self._scan_id else ()
        return Observation(
            t_ns=round(t_s * 1e9),
            ifname="wlan0",
            connected=True,
            ap=_bss(at, signals[at], None),
            scan_id=self._scan_id or None,
            candidates=heard,
        )


def _bss(which: int, signal_dbm: float, scan_id: int | None) -> Bss:
    return Bss(
        bssid=_BSSIDS[which],
        ssid="home",
        freq_mhz=FREQUENCIES_MHZ[which],
        signal_dbm=signal_dbm,
        seen_scan_id=scan_id,
    )


def walk(make: Callable[[], Station], signals: Signals) -> Walk:
    """Let a station live through the signals, from the first access point on."""
    station, done, at = make(), Walk(), 0
    for i, heard in enumerate(signals):
        if station.step(i * TICK_S, heard, at):
            at = 1 - at
            done.roams_s.append(i * TICK_S)
        done.at.append(at)
    return done

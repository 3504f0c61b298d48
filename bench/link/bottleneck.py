"""A bottleneck and a CAKE before or behind it, as fluids: the delay a rate rule causes, the waste.

Four greedy flows are clocked by what is delivered: what is under way grows by one segment a flow
and round trip, shrinks while CAKE marks (sojourn over 10 ms), and by 30 % when the FIFO of 1000
packets is full. Upwards CAKE stands before the bottleneck, downwards behind it. The probe passes
CAKE at once (it is sparse) and waits in the FIFO.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

STEP_S = 0.005
BASE_RTT_S = 0.020
FIFO_MBIT = 1000 * 1514 * 8e-6
FLOWS, SEGMENT_MBIT = 4, 1514 * 8e-6
MARK_S, SHRINK = 0.010, 1.5  # CAKE marks above this sojourn; share of the window lost per second

Script = Sequence[tuple[float, float]]
Rule = Callable[[float, float, float], float]
"""(time s, added delay ms, carried Mbit/s) -> rate Mbit/s, called for every sample."""


@dataclass(slots=True)
class Run:
    """What came of one run: added delays (ms) at every step, the share carried, the changes."""

    delays_ms: list[float] = field(default_factory=list)
    kept: float = 0.0
    changes: int = 0

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.delays_ms)
        return ordered[int(share * (len(ordered) - 1))]

    def share_over(self, ms: float) -> float:
        return sum(d >= ms for d in self.delays_ms) / len(self.delays_ms)

    def settled_after_s(self, start_s: float, end_s: float, ms: float = 30.0) -> float:
        """How long after `start_s` a second began of which nine tenths lay below `ms`."""
        span = self.delays_ms[round(start_s / STEP_S) : round(end_s / STEP_S)]
        risen = next((i for i, d in enumerate(span) if d >= ms), None)
        if risen is None:
            return 0.0
        second = round(1 / STEP_S)
        for i in range(risen, len(span) - second):
            if span[i] < ms and sum(d < ms for d in span[i : i + second]) >= 0.9 * second:
                return i * STEP_S
        return float("inf")


class _Pipe:
    """Window, CAKE, FIFO and what is on the way back, in one direction."""

    def __init__(self, rate: float, *, downwards: bool) -> None:
        self.rate = rate
        self._downwards = downwards
        self.fifo = self._cake = self._debt = 0.0
        self._window = rate * BASE_RTT_S
        self._returning = deque([rate * STEP_S] * round(BASE_RTT_S / STEP_S))

    def flow(self, capacity: float) -> tuple[float, float]:
        """Advance one step; Mbit that arrived, and Mbit that left the bottleneck."""
        inflow = self._inflow(capacity)
        if self._downwards:
            passed = self._through_fifo(inflow, capacity)
            out = self._through_cake(passed)
        else:
            out = passed = self._through_fifo(self._through_cake(inflow), capacity)
        self._returning.append(out)
        return out, passed

    def _inflow(self, capacity: float) -> float:
        before = self._window
        sojourn = self._cake / self.rate
        if sojourn > MARK_S:
            self._window *= 1 - SHRINK * STEP_S
        else:
            rtt = BASE_RTT_S + sojourn + self.fifo / capacity
            self._window += FLOWS * SEGMENT_MBIT * STEP_S / rtt
        self._window = max(self._window, FLOWS * SEGMENT_MBIT)
        clocked = self._returning.popleft() + self._window - before - self._debt
        self._debt = max(0.0, -clocked)
        return max(0.0, clocked)

    def _through_fifo(self, inflow: float, capacity: float) -> float:
        out = min(self.fifo + inflow, capacity * STEP_S)
        self.fifo += inflow - out
        if self.fifo > FIFO_MBIT:
            self._debt -= self.fifo - FIFO_MBIT
            self.fifo = FIFO_MBIT
            self._debt += 0.3 * self._window
            self._window *= 0.7
        return out

    def _through_cake(self, inflow: float) -> float:
        out = min(self._cake + inflow, self.rate * STEP_S)
        self._cake += inflow - out
        return out


def run(
    rule: Rule, script: Script, seconds: float, *, start: float, downwards: bool, hz: float = 20
) -> Run:
    """One direction under one rule; `script` lists (second, Mbit/s) of the bottleneck."""
    pipe, done, noise = _Pipe(start, downwards=downwards), Run(), random.Random(11)
    flying: deque[tuple[float, float]] = deque()
    offered = carried = since = last_s = 0.0
    for i in range(round(seconds / STEP_S)):
        t = i * STEP_S
        capacity = [mbit for begin, mbit in script if begin <= t][-1]
        out, passed = pipe.flow(capacity)
        carried, offered, since = carried + out, offered + capacity * STEP_S, since + passed
        delay_s = pipe.fifo / capacity
        done.delays_ms.append(delay_s * 1e3)
        if i % round(1 / hz / STEP_S) == 0:
            flying.append((t + BASE_RTT_S + delay_s, delay_s * 1e3 + abs(noise.gauss(0, 2))))
        while flying and flying[0][0] <= t:
            rate = rule(t, flying.popleft()[1], since / max(STEP_S, t - last_s))
            done.changes += rate != pipe.rate
            pipe.rate, since, last_s = rate, 0.0, t
    done.kept = carried / offered
    return done


def steps(hi: float = 24, lo: float = 6) -> tuple[Script, float]:
    """Down after 7 s, up again after 17 s."""
    return [(0, hi), (7, lo), (17, hi)], 27


def lte(hi: float = 24, lo: float = 6) -> tuple[Script, float]:
    """A logarithmic random walk once a second, sometimes a jump."""
    r, x, out = random.Random(7), 0.6, []
    for i in range(30):
        x = r.random() if r.random() < 0.12 else min(1, max(0, x + r.gauss(0, 0.18)))
        out.append((i, lo * (hi / lo) ** x))
    return out, 30


def wifi(hi: float = 24, lo: float = 6) -> tuple[Script, float]:
    """A walk over MCS indices every 200 ms, with brief dips."""
    r, k, out = random.Random(7), 5, []
    mcs = [lo + (hi - lo) * i / 7 for i in range(8)]
    for i in range(150):
        k = min(7, max(2, k + r.choice((-1, 0, 0, 1))))
        out.append((i / 5, mcs[0 if r.random() < 0.04 else k]))
    return out, 30

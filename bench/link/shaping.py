"""Shaping by bitrate: how often the qdisc is touched, what is given away, how late it reacts."""

import random
from collections.abc import Callable, Sequence
from statistics import mean

from airsonde.link.bandwidth import Bandwidth
from airsonde.link.model import Direction, Estimates, Observation, SetShaping, Situation
from bench.link.neighbours import GovernorRate, HifiRate, RateRule
from bench.table import Row

SEEDS = range(20)
TICK_S = 2.0
EFFICIENCY = 0.85
_LADDER_MBIT = (866.7, 780.0, 650.0, 585.0)

RULES: dict[str, Callable[[], RateRule]] = {
    "v3": lambda: GovernorRate("v3"),
    "hifi-wifi": HifiRate,
}


def jitter(seed: int, ticks: int = 1800) -> Sequence[tuple[float, float]]:
    """(reported, true) bitrates: a walk over four MCS; one report in twenty is a beacon's rate."""
    r, i, out = random.Random(seed), 0, []
    for _ in range(ticks):
        if r.random() < 0.3:
            i = max(0, min(3, i + r.choice((-1, 1))))
        out.append((6.0 if r.random() < 0.05 else _LADDER_MBIT[i], _LADDER_MBIT[i]))
    return out


def updates_and_kept(make: Callable[[], RateRule], seed: int) -> tuple[int, float]:
    """Changes in an hour, and the share of the usable rate (85 % of the bitrate) that is let by."""
    rule, stood, changes = make(), 0.0, 0
    let = usable = 0.0
    for tick, (reported, true) in enumerate(jitter(seed)):
        mbit = rule.push(tick * TICK_S, reported)
        changes, stood = changes + (mbit != stood), mbit
        let, usable = let + min(mbit, EFFICIENCY * true), usable + EFFICIENCY * true
    return changes, let / usable


def reaction_s(make: Callable[[], RateRule], *, bare: bool = False) -> float:
    """From 867 to 130 Mbit: seconds until the rate is within 10 % of what it should be."""
    rule, share = make(), 1.0 if bare else EFFICIENCY
    for tick in range(60):
        rule.push(tick * TICK_S, 866.7)
    for tick in range(60, 120):
        if rule.push(tick * TICK_S, 130.0) <= 1.1 * share * 130:
            return (tick - 59) * TICK_S
    return float("inf")


def reaction_with_latency_s(hz: float = 20) -> float:
    """The same drop while a download fills the air, seen by its delay alone.

    The queue grows by what flows in above 110 Mbit, and its delay is seen a round trip later.
    """
    policy, mbit, queue_mbit = Bandwidth(), 730.0, 0.0
    seen, sent_bytes = [0.0] * 2, 0
    for tick in range(round(12 * hz)):
        t_s, capacity = tick / hz, 110.0 if tick >= 10 * hz else 736.0
        queue_mbit = max(0.0, queue_mbit + (min(mbit, 736.0) - capacity) / hz)
        seen.append(min(250.0, queue_mbit / capacity * 1e3))
        sent_bytes += round(min(mbit, 736.0) / hz * 125e3)
        obs = Observation(
            t_ns=round(t_s * 1e9),
            ifname="wlan0",
            bitrate_mbit=866.7,
            up_delay_ms=seen.pop(0),
            tx_bytes=sent_bytes,
        )
        now = Situation(obs=obs, estimates=Estimates(), game=False)
        for action in policy.step(now):
            if isinstance(action, SetShaping) and action.direction is Direction.EGRESS:
                mbit = action.bandwidth_mbit
        if t_s >= 10 and mbit <= 1.1 * 110.5:
            return t_s - 10
    return float("inf")


def rows() -> list[Row]:
    """Updates, what is kept, and both reactions."""
    ours = [updates_and_kept(lambda: GovernorRate("adaptive"), seed) for seed in SEEDS]
    peers = {name: [updates_and_kept(make, seed) for seed in SEEDS] for name, make in RULES.items()}
    updates, kept = mean(u for u, _ in ours), mean(k for _, k in ours)
    slow = reaction_s(lambda: GovernorRate("adaptive"))
    fast = reaction_with_latency_s()
    return [
        Row(
            name="MCS jitter: qdisc updates/h",
            figures=f"{updates:.0f}",
            peer=", ".join(f"{n} {mean(u for u, _ in p):.0f}" for n, p in peers.items()),
            ratio=updates,
            at_most=30,
        ),
        Row(
            name="the same: % of the usable rate let by",
            figures=f"{100 * kept:.0f}",
            peer=", ".join(f"{n} {100 * mean(k for _, k in p):.0f}" for n, p in peers.items()),
            ratio=100 * kept,
            at_least=85,
        ),
        Row(
            name="867 → 130 Mbit, bitrate alone: reaction (s)",
            figures=f"{slow:.1f}",
            peer=f"v3 {reaction_s(RULES['v3'], bare=True):.0f}, "
            f"hifi-wifi {reaction_s(RULES['hifi-wifi']):.0f}",
            ratio=slow,
            at_most=4,
        ),
        Row(
            name="867 → 130 Mbit, delay alone: reaction (s)",
            figures=f"{fast:.2f}",
            peer="no neighbour on a client",
            ratio=fast,
            at_most=1,
        ),
    ]

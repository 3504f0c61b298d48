"""Roams between two access points: how many, how many in vain, and how late."""

from collections.abc import Callable
from statistics import mean

from bench.link import world
from bench.link.neighbours import Dawn, Iwd, Usteer, WpaSupplicant
from bench.table import Row

SEEDS = range(20)

STATIONS: dict[str, Callable[[], world.Station]] = {
    "v3": lambda: world.GovernorStation("v3", scan_s=world.TICK_S),
    "wpa_supplicant": lambda: world.RuleStation(WpaSupplicant()),
    "iwd": lambda: world.RuleStation(Iwd()),
    "usteer": lambda: world.RuleStation(Usteer()),
    "DAWN": lambda: world.RuleStation(Dawn()),
}


def rows() -> list[Row]:
    return [
        *_equal_scores(),
        _leaving("walking away", world.walk_away),
        _leaving("fall", world.fall),
    ]


def _equal_scores() -> list[Row]:
    traces = [world.equal_scores(seed) for seed in SEEDS]

    def figures(make: Callable[[], world.Station]) -> tuple[float, float]:
        walks = [world.walk(make, trace) for trace in traces]
        return mean(len(w.roams_s) for w in walks), mean(w.ping_pongs for w in walks)

    roams, pings = figures(lambda: world.GovernorStation("adaptive", scan_s=10))
    peers = {name: figures(make) for name, make in STATIONS.items()}
    return [
        Row(
            name="equal scores, 4 dB of shadowing: roams/h",
            figures=f"{roams:.1f}",
            peer=", ".join(f"{name} {r:.0f}" for name, (r, _) in peers.items()),
            ratio=roams,
            at_most=4,
        ),
        Row(
            name="the same: roams/h within a minute of the last",
            figures=f"{pings:.1f}",
            peer=", ".join(f"{name} {p:.0f}" for name, (_, p) in peers.items()),
            ratio=pings,
            at_most=0,
        ),
    ]


def _leaving(name: str, scene: Callable[[int], world.Signals]) -> Row:
    traces = [scene(seed) for seed in SEEDS]

    def worst(make: Callable[[], world.Station]) -> float:
        return max(world.walk(make, trace).left_after_s(trace) for trace in traces)

    ours = worst(lambda: world.GovernorStation("adaptive", scan_s=None))
    peers = {label: worst(make) for label, make in STATIONS.items()}
    return Row(
        name=f"{name}: a -82 dBm access point is left after (s, worst of {len(SEEDS)})",
        figures=f"{ours:.0f} (scans only as asked for, 4 s each)",
        peer=", ".join(f"{label} {s:.0f}" for label, s in peers.items()) + " (scans every 10 s)",
        ratio=ours,
        at_most=12,
    )

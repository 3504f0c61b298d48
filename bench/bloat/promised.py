"""What is promised of latency under load, beside what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.table import Row

Medians = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """P95 of the added delay in ms at most; shares of the capacity in % at least."""

    p95_ms: float
    up: float
    down: float
    over_30: float | None = None
    settled_s: float | None = None


PROMISES = {
    "steps": Promise(p95_ms=100, up=78, down=83, over_30=15, settled_s=2.5),
    "lte": Promise(p95_ms=70, up=78, down=84),
    "wifi": Promise(p95_ms=70, up=84, down=88),
}
# Half of what cake-autorate 3 used in 27 s of steps under the same emulation, and its changes.
CPU_S, CHANGES = 7.5, 190


def rows(scene: str, ours: str, medians: Mapping[str, Medians]) -> list[Row]:
    """One row for each figure that something is promised of."""
    promise = PROMISES[scene]
    most: list[tuple[str, str, int, float | None]] = [
        ("added round trip, P95 (ms)", "p95_ms", 1, promise.p95_ms),
        ("over 30 ms (% of the time)", "over_30", 100, promise.over_30),
        ("CPU (s)", "cpu_s", 1, CPU_S),
        ("changes of a queue", "changes", 1, CHANGES),
    ]
    if promise.settled_s is not None:
        most.append(("below 30 ms for good after the drop (s)", "settled_s", 1, promise.settled_s))
    least = [
        ("used upwards (% of the capacity)", "up", 100, promise.up),
        ("used downwards (% of the capacity)", "down", 100, promise.down),
    ]

    def row(name: str, key: str, scale: float, **bound: float | None) -> Row:
        figure = medians[ours][key] * scale
        peers = [f"{peer} {m[key] * scale:.1f}" for peer, m in medians.items() if peer != ours]
        return Row(name=name, figures=f"{figure:.1f}", peer="; ".join(peers), ratio=figure, **bound)

    return [
        *(row(name, key, scale, at_most=bound) for name, key, scale, bound in most),
        *(row(name, key, scale, at_least=bound) for name, key, scale, bound in least),
    ]

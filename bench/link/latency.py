"""The latency loop on a bottleneck that changes, in the fluid model of `bottleneck`."""

from collections.abc import Callable

from airsonde.link.blame import BlameConfig, Growth
from airsonde.link.delay_samples import DelaySample
from airsonde.link.latency import RateLoop
from bench.link.bottleneck import Rule, Run, Script, lte, run, steps, wifi
from bench.link.neighbours import CakeAutorate
from bench.table import Row

START_MBIT, MOST_MBIT = 20.0, 80.0

# P95 of the added delay (ms) at most, share of the capacity (%) carried up and down at least
PROMISED = {"steps": (100, 78, 83), "lte": (70, 78, 84), "wifi": (70, 84, 88)}


def rows() -> list[Row]:
    """Every scenario, upwards and downwards."""
    scenes = {"steps": steps, "lte": lte, "wifi": wifi}
    return [row for name, scene in scenes.items() for row in _scene(name, *scene())] + [_drop()]


class _Ours:
    """The loop with the daemon's way of taking a carried rate."""

    def __init__(self) -> None:
        self._loop = RateLoop(start_mbit=START_MBIT)
        self._growth = Growth(BlameConfig().span_s)
        self._last_s = self._bytes = 0.0

    def push(self, t_s: float, delay_ms: float, carried_mbit: float) -> float:
        self._bytes += carried_mbit * (t_s - self._last_s) * 125e3
        self._last_s = t_s
        t_ns = round(t_s * 1e9)
        carried = self._growth.push(t_ns, round(self._bytes))
        sample = DelaySample(t_ns=t_ns, delay_ms=delay_ms, carried_mbit=carried, behind=True)
        return self._loop.push(sample, MOST_MBIT)


def _oracle(script: Script, late_s: float = 0.5) -> Rule:
    def rule(t_s: float, delay_ms: float, carried_mbit: float) -> float:  # noqa: ARG001
        return 0.95 * [mbit for begin, mbit in script if begin == 0 or begin + late_s <= t_s][-1]

    return rule


def _both(make: Callable[[], Rule], script: Script, seconds: float) -> tuple[Run, Run]:
    up, down = (
        run(make(), script, seconds, start=START_MBIT, downwards=downwards)
        for downwards in (False, True)
    )
    return up, down


def _scene(name: str, script: Script, seconds: float) -> list[Row]:
    ours = _both(lambda: _Ours().push, script, seconds)
    autorate = _both(lambda: CakeAutorate().push, script, seconds)
    oracle = _both(lambda: _oracle(script), script, seconds)
    most_ms, *least = PROMISED[name]
    delay = Row(
        name=f"{name}: added delay, P95 (ms), the worse direction",
        figures=_delay(ours),
        peer=f"cake-autorate {_delay(autorate)}; oracle 500 ms late {_delay(oracle)}",
        ratio=max(r.percentile_ms(0.95) for r in ours),
        at_most=most_ms,
    )
    carried = [
        Row(
            name=f"{name}: carried {direction} (%)",
            figures=f"{100 * ours[i].kept:.0f}, {ours[i].changes} changes",
            peer=f"cake-autorate {100 * autorate[i].kept:.0f}, {autorate[i].changes} changes; "
            f"oracle {100 * oracle[i].kept:.0f}",
            ratio=100 * ours[i].kept,
            at_least=least[i],
        )
        for i, direction in enumerate(("up", "down"))
    ]
    return [delay, *carried]


def _delay(runs: tuple[Run, Run]) -> str:
    worst = max(r.percentile_ms(0.95) for r in runs)
    over = max(r.share_over(30) for r in runs)
    return f"{worst:.0f} ({100 * over:.0f} % over 30 ms)"


def _drop() -> Row:
    script, seconds = steps()
    ours = _both(lambda: _Ours().push, script, seconds)
    autorate = _both(lambda: CakeAutorate().push, script, seconds)
    worst = max(r.settled_after_s(7, 17) for r in ours)
    return Row(
        name="24 → 6 Mbit: below 30 ms for nine tenths of a second after (s)",
        figures=f"{worst:.1f}",
        peer=f"cake-autorate {max(r.settled_after_s(7, 17) for r in autorate):.1f}",
        ratio=worst,
        at_most=2.5,
    )

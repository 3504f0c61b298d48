"""What counters and samples say between two observations of one interface."""

from airsonde.core.smooth import RollingMean
from airsonde.link.model import NS_PER_S, Estimates, Observation

CPU_SAMPLES = 3


class Estimator:
    """Turns observations of one interface into rates and shares.

    A rate is the growth of a counter over the time between two observations. It is unknown
    before the second one, when no time passed, and when the counter fell (it was reset).
    Observations less than `span_s` after the last one that counted change nothing.
    """

    def __init__(self, span_s: float = 0.0) -> None:
        self._span_ns = round(span_s * NS_PER_S)
        self._estimates = Estimates()
        self._last: Observation | None = None
        self._load = RollingMean(CPU_SAMPLES)
        self._cpu_load = 0.0

    def push(self, obs: Observation) -> Estimates:
        last = self._last
        if last is not None and 0 <= obs.t_ns - last.t_ns < self._span_ns:
            return self._estimates
        self._last = obs
        if last is None or obs.t_ns <= last.t_ns:
            self._estimates = Estimates(cpu_load=self._cpu_load)
        else:
            self._estimates = self._between(last, obs)
        return self._estimates

    def _between(self, last: Observation, obs: Observation) -> Estimates:
        seconds = (obs.t_ns - last.t_ns) / NS_PER_S
        self._push_load(last, obs)
        rx = growth(last.rx_packets, obs.rx_packets)
        tx = growth(last.tx_packets, obs.tx_packets)
        return Estimates(
            cpu_load=self._cpu_load,
            packets_pps=None if rx is None or tx is None else (rx + tx) / seconds,
            rx_pps=_rate(rx, seconds),
            tx_pps=_rate(tx, seconds),
            rx_mbit=_mbit(growth(last.rx_bytes, obs.rx_bytes), seconds),
            tx_mbit=_mbit(growth(last.tx_bytes, obs.tx_bytes), seconds),
            udp_rx_pps=_rate(growth(last.udp_rx, obs.udp_rx), seconds),
            udp_tx_pps=_rate(growth(last.udp_tx, obs.udp_tx), seconds),
            retry_share=_share(growth(last.tx_retries, obs.tx_retries), tx),
        )

    def _push_load(self, last: Observation, obs: Observation) -> None:
        busy = growth(last.cpu_busy, obs.cpu_busy)
        total = growth(last.cpu_total, obs.cpu_total)
        if busy is not None and total:
            self._cpu_load = self._load.push(min(1.0, busy / total))


def growth(before: int | None, after: int | None) -> int | None:
    """How far a counter went; None when unknown or when it started anew."""
    if before is None or after is None or after < before:
        return None
    return after - before


def _rate(count: int | None, seconds: float) -> float | None:
    return None if count is None else count / seconds


def _mbit(count: int | None, seconds: float) -> float | None:
    return None if count is None else count * 8e-6 / seconds


def _share(retries: int | None, sent: int | None) -> float | None:
    """Retries among all transmissions; None when nothing was sent."""
    if retries is None or not sent:
        return None
    return retries / (retries + sent)

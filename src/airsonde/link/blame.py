"""Which direction a delay belongs to, and what each direction carried when it was measured."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from airsonde.link.delay_samples import DelaySample
from airsonde.link.model import NS_PER_S, Direction, Observation

FRAME_BYTES, PAYLOAD_BYTES = 1514, 1448  # of a full TCP segment with timestamps
ACKED_SHARE = 66 / (2 * FRAME_BYTES)  # every second segment is acknowledged

_NS_PER_MS = NS_PER_S // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BlameConfig:
    """How delays are split; rates are taken over `span_s`, some ten packets of a slow link.

    The gateway's delay counts over its least one, which rises by `creep_ms_s`: the gateway may
    have moved away. It is smoothed by `smooth` for each answer, about as slowly as the kernel
    smooths the round trips that it is taken off. While an answer is out for `late_ms` longer than
    the last ones, nobody knows what the downlink delays, until it is lost after `lost_ms`. A
    downlink that carries over `loaded` of what the uplink carries is loaded itself:
    acknowledgements alone are a twentieth.
    """

    span_s: float = 0.15
    creep_ms_s: float = 0.01
    smooth: float = 0.6
    late_ms: float = 10.0
    lost_ms: float = 300.0
    loaded: float = 0.1


class Blame:
    """Splits what was measured of one interface into a sample for each direction.

    Connections that send much wait in our own queue, in the uplink's, and for acknowledgements in
    the downlink's, which is the gateway's delay while the downlink is loaded: the uplink's is what
    is left. Where none sends much, the fuller direction answers for what is known.
    """

    def __init__(self, config: BlameConfig | None = None) -> None:
        self.config = config or BlameConfig()
        self._empty: tuple[int, float] | None = None
        self._smooth_ms = self._queue_ms = 0.0
        self._looked_ns: int | None = None
        self._sent, self._received, self._acked = (Growth(self.config.span_s) for _ in range(3))

    def push(self, obs: Observation) -> Mapping[Direction, DelaySample]:
        """A sample of each direction of which something new is known."""
        gateway_ms, fresh = self._gateway_delay_ms(obs), self._is_fresh(obs.t_ns)
        sent_mbit = self._sent.push(obs.t_ns, obs.tx_bytes)
        down_mbit = self._received.push(obs.t_ns, obs.rx_bytes)
        acked_mbit = self._acked_mbit(obs, down_mbit or 0.0)
        if obs.up_delay_ms is not None or obs.down_delay_ms is not None:
            up_ms, down_ms = obs.up_delay_ms, obs.down_delay_ms
        elif obs.bulk_delay_ms is not None:
            loaded = (down_mbit or 0.0) > self.config.loaded * (acked_mbit or 0.0)
            up_ms, down_ms = self._split(obs, gateway_ms, loaded=loaded, fresh=fresh)
        else:
            common_ms = gateway_ms if obs.tcp_delay_ms is None else obs.tcp_delay_ms
            fuller = (down_mbit or 0.0) > (sent_mbit or 0.0)
            up_ms, down_ms = (None, common_ms) if fuller else (common_ms, None)
        behind = obs.bulk_delay_ms is not None and acked_mbit is not None
        up = (up_ms, acked_mbit if behind else sent_mbit, behind)
        told = {Direction.EGRESS: up, Direction.INGRESS: (down_ms, down_mbit, True)}
        return {
            d: DelaySample(t_ns=obs.t_ns, delay_ms=ms, carried_mbit=mbit, behind=is_behind)
            for d, (ms, mbit, is_behind) in told.items()
            if ms is not None
        }

    def _split(
        self, obs: Observation, gateway_ms: float | None, *, loaded: bool, fresh: bool
    ) -> tuple[float | None, float | None]:
        """Delay (ms) of the uplink, and of the downlink where that is loaded."""
        self._queue_ms += self.config.smooth * ((obs.queue_ms or 0.0) - self._queue_ms)
        bulk_ms = (obs.bulk_delay_ms or 0.0) - self._queue_ms
        if not loaded:
            return max(0.0, bulk_ms), None
        known = fresh and not self._is_late(obs)
        return max(0.0, bulk_ms - self._smooth_ms) if known else None, gateway_ms

    def _is_fresh(self, t_ns: int) -> bool:
        """Whether an answer now is of this moment: its question was asked after the last look."""
        before_ns, self._looked_ns = self._looked_ns, t_ns
        return before_ns is not None and t_ns - before_ns < self.config.lost_ms * _NS_PER_MS

    def _is_late(self, obs: Observation) -> bool:
        """Whether an answer that is out will be later than the last ones were."""
        waits_ms = obs.gateway_waits_ms or 0.0
        empty_ms = 0.0 if self._empty is None else self._empty[1]
        late_ms = waits_ms - empty_ms - self._smooth_ms
        return late_ms > self.config.late_ms and waits_ms < self.config.lost_ms

    def _gateway_delay_ms(self, obs: Observation) -> float | None:
        """Over the delay of the empty path; None without a new answer."""
        rtt_ms = obs.gateway_rtt_ms
        if rtt_ms is None:
            return None
        then_ns, empty_ms = self._empty or (obs.t_ns, rtt_ms)
        crept_ms = self.config.creep_ms_s * (obs.t_ns - then_ns) / NS_PER_S
        empty_ms = min(rtt_ms, empty_ms + crept_ms)
        self._empty = obs.t_ns, empty_ms
        self._smooth_ms += self.config.smooth * (rtt_ms - empty_ms - self._smooth_ms)
        return rtt_ms - empty_ms

    def _acked_mbit(self, obs: Observation, down_mbit: float) -> float | None:
        """What the uplink carried, as frames, with the acknowledgements of what was received.

        A later acknowledgement of ours was not sent later.
        """
        mbit = self._acked.push(obs.t_ns, obs.acked_bytes, self._smooth_ms)
        if mbit is None:
            return None
        return mbit * FRAME_BYTES / PAYLOAD_BYTES + ACKED_SHARE * down_mbit


class Growth:
    """The rate at which a counter of bytes has grown lately."""

    def __init__(self, span_s: float) -> None:
        self._span_ns = round(span_s * NS_PER_S)
        self._counts: deque[tuple[int, int, float]] = deque()

    def push(self, t_ns: int, count: int | None, late_ms: float = 0.0) -> float | None:
        """Mbit/s; None before the second count and where the counter began anew.

        `late_ms` is the delay on the way from where it was counted: what comes in while that
        falls was counted over a longer time.
        """
        counts = self._counts
        if counts and (count is None or count < counts[-1][1] or t_ns <= counts[-1][0]):
            counts.clear()
        if count is None:
            return None
        counts.append((t_ns, count, late_ms))
        while len(counts) > 2 and t_ns - counts[0][0] > self._span_ns:
            counts.popleft()
        then_ns, before, later_ms = counts[0]
        span_ns = t_ns - then_ns + max(0.0, later_ms - late_ms) * _NS_PER_MS
        return (count - before) * 8e3 / span_ns if len(counts) > 1 else None

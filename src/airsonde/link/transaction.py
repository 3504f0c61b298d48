"""A roam as a transaction: was it carried out, is the link as good, what failed lately."""

from dataclasses import dataclass
from enum import StrEnum

from airsonde.core.ids import MacAddress
from airsonde.link.model import NS_PER_S, Bss, Observation

_MOST_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyConfig:
    """A roam is judged after `within_s`: by the access point, its signal, the gateway's answer.

    The signal is too low when it lies `loss_db`, and the whole gain, under what was promised.
    A target that failed is avoided for `avoid_s`, twice as long each time, up to `avoid_most_s`.
    """

    within_s: float = 5.0
    loss_db: float = 10.0
    gateway_ms: float = 200.0
    avoid_s: float = 60.0
    avoid_most_s: float = 3600.0


class Verdict(StrEnum):
    OPEN = "not judged yet"
    KEPT = "verified: kept"
    ELSEWHERE = "somebody else chose another access point"
    NOT_MOVED = "the association did not move"
    WORSE = "moved, but the link is worse: taken back"
    LOST = "the association was lost: taken back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A roam that was asked for and is not yet judged."""

    target: Bss
    origin: MacAddress
    since_ns: int
    gain_db: float

    def judge(self, obs: Observation, config: VerifyConfig) -> Verdict:
        """What became of it, as far as this observation shows."""
        ap = obs.ap
        if ap is not None and ap.bssid not in {self.target.bssid, self.origin}:
            return Verdict.ELSEWHERE
        if obs.t_ns - self.since_ns < config.within_s * NS_PER_S:
            return Verdict.OPEN
        if ap is None or obs.connected is False:
            return Verdict.LOST
        if ap.bssid == self.origin:
            return Verdict.NOT_MOVED
        return Verdict.WORSE if self._is_worse(ap, obs, config) else Verdict.KEPT

    def _is_worse(self, ap: Bss, obs: Observation, config: VerifyConfig) -> bool:
        promised = self.target.signal_dbm
        weaker = (
            ap.signal_dbm is not None
            and promised is not None
            and ap.signal_dbm < promised - max(config.loss_db, self.gain_db)
        )
        slow = obs.gateway_rtt_ms is not None and obs.gateway_rtt_ms > config.gateway_ms
        return weaker or slow


class Avoided:
    """Access points that failed, for how long they are avoided, and how often they failed."""

    def __init__(self, config: VerifyConfig) -> None:
        self._config = config
        self._until_ns: dict[MacAddress, tuple[int, int]] = {}

    def add(self, bssid: MacAddress, t_ns: int) -> None:
        _, failures = self._until_ns.pop(bssid, (0, 0))
        longer = self._config.avoid_s * 2 ** min(failures, 16)
        seconds = min(self._config.avoid_most_s, longer)
        self._until_ns[bssid] = (t_ns + round(seconds * NS_PER_S), failures + 1)
        if len(self._until_ns) > _MOST_REMEMBERED:
            del self._until_ns[next(iter(self._until_ns))]

    def holds(self, bssid: MacAddress, t_ns: int) -> bool:
        return t_ns < self._until_ns.get(bssid, (0, 0))[0]

    def forgive(self, bssid: MacAddress) -> None:
        self._until_ns.pop(bssid, None)

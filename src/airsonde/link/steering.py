"""Preset v3's band steering: roam to what scores better three times in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.core.channel import Band
from airsonde.core.smooth import Persist
from airsonde.link.model import Bss, LinkAction, Reason, Roam, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeringConfig:
    bias_5ghz_db: float = 15.0
    bias_6ghz_db: float = 20.0
    observations: int = 3


class Steering:
    """Score is RSSI plus a bias by band; the same BSS must score strictly better three times.

    Candidates are the other access points of the current SSID; of equal scores the lower BSSID
    is the better one.
    """

    def __init__(self, config: SteeringConfig | None = None) -> None:
        self.config = config or SteeringConfig()
        self._bias_db = {
            Band.GHZ_5: self.config.bias_5ghz_db,
            Band.GHZ_6: self.config.bias_6ghz_db,
        }
        self._persist = Persist(self.config.observations)
        self._ap_score: float | None = None
        self._best: Bss | None = None
        self._best_score: float | None = None
        self._rule = ""

    def score(self, bss: Bss) -> float | None:
        """RSSI (dBm) plus bias (dB); None when no signal is known."""
        if bss.signal_dbm is None:
            return None
        return bss.signal_dbm + (self._bias_db.get(bss.band, 0.0) if bss.band else 0.0)

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        self._judge(now)
        offered = self._best.bssid if self._best and self._better() else None
        if not self._persist.push(offered) or offered is None:
            self._rule = "better, not for long enough" if offered else "nothing better"
            return ()
        self._persist.reset()
        self._rule = "better for long enough"
        return (Roam(ifname=now.obs.ifname, bssid=offered),)

    def _judge(self, now: Situation) -> None:
        ap = now.obs.ap
        self._best = self._best_score = None
        self._ap_score = None if ap is None else self.score(ap)
        if ap is None or ap.ssid is None:
            return
        others = [
            (-score, c.bssid, c)
            for c in now.obs.candidates
            if c.ssid == ap.ssid and c.bssid != ap.bssid and (score := self.score(c)) is not None
        ]
        if others:
            negated, _, self._best = min(others, key=lambda o: o[:2])
            self._best_score = -negated

    def _better(self) -> bool:
        if self._best_score is None or self._ap_score is None:
            return False
        return self._best_score > self._ap_score

    def why(self) -> Reason:
        best = self._best
        return Reason(
            policy="steering",
            rule=self._rule,
            saw={
                "ap_score": self._ap_score,
                "best": best.bssid.hex(":") if best else None,
                "best_score": self._best_score,
                "seen": self._persist.seen if self._persist.candidate else 0,
            },
        )

"""Power save of the radio: only on battery, never while somebody plays."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.link.model import NS_PER_S, LinkAction, Reason, SetPowerSave, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSaveConfig:
    """`settle_s`: how long saving must have been right before it begins."""

    settle_s: float = 0.0


class PowerSave:
    """Off while somebody plays or on mains, on otherwise; off at once, on when it has settled."""

    def __init__(self, config: PowerSaveConfig | None = None) -> None:
        self.config = config or PowerSaveConfig()
        self._since_ns: int | None = None
        self._rule = ""
        self._blocked: tuple[str, ...] = ()

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        self._blocked = ()
        if now.obs.kind != "wifi":
            self._rule = "no radio"
            return ()
        if now.game or now.obs.on_battery is False:
            self._since_ns = None
            self._rule = "game: off" if now.game else "mains: off"
            return (SetPowerSave(ifname=now.obs.ifname, enabled=False),)
        if now.obs.on_battery is None:
            self._rule = "power supply unknown"
            return ()
        return self._save(now)

    def _save(self, now: Situation) -> Sequence[LinkAction]:
        self._rule = "battery, no game: on"
        if self._since_ns is None:
            self._since_ns = now.obs.t_ns
        if now.obs.t_ns - self._since_ns < self.config.settle_s * NS_PER_S:
            self._blocked = ("not settled",)
            return ()
        return (SetPowerSave(ifname=now.obs.ifname, enabled=True),)

    def why(self) -> Reason:
        return Reason(policy="power_save", rule=self._rule, blocked_by=self._blocked)

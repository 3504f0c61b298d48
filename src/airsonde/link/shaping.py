"""Preset v3's shaping: CAKE breathes with the smoothed bitrate."""

from collections.abc import Sequence
from dataclasses import dataclass

from airsonde.core.smooth import Deadband, Ema
from airsonde.link.model import LinkAction, Reason, SetShaping, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class BreathingConfig:
    alpha: float = 0.3
    shift_mbit: float = 5.0
    shift_share: float = 0.10
    least_mbit: int = 1


class Breathing:
    """Egress follows the moving average of the bitrate, in steps worth taking.

    `smoothed = 0.3 * bitrate + 0.7 * smoothed`; it is taken over when it differs from the last
    one taken over by more than 5 Mbit or more than 10 %, and set in whole Mbit (half rounds up).
    """

    def __init__(self, config: BreathingConfig | None = None) -> None:
        self.config = config or BreathingConfig()
        self._smoothed = Ema(self.config.alpha)
        self._applied = Deadband(self.config.shift_mbit, self.config.shift_share)
        self._bitrate_mbit: float | None = None
        self._rule = ""

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        self._bitrate_mbit = now.obs.bitrate_mbit
        if self._bitrate_mbit is None:
            self._rule = "bitrate unknown"
            return ()
        taken = self._applied.push(self._smoothed.push(self._bitrate_mbit))
        self._rule = "shifted enough" if taken else "within the dead band"
        bandwidth = whole_mbit(self._applied.value or 0.0, self.config.least_mbit)
        return (SetShaping(ifname=now.obs.ifname, bandwidth_mbit=bandwidth),)

    def why(self) -> Reason:
        return Reason(
            policy="shaping",
            rule=self._rule,
            saw={
                "bitrate_mbit": self._bitrate_mbit,
                "smoothed_mbit": self._smoothed.value,
                "applied_mbit": self._applied.value,
            },
        )


def whole_mbit(mbit: float, least: int) -> int:
    """The nearest whole number of Mbit (half rounds up), at least `least`."""
    return max(least, int(mbit + 0.5))

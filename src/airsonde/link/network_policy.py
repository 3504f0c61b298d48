"""What may be done on which network: nothing behind a captive portal or where bytes cost money."""

from dataclasses import dataclass

from airsonde.link.model import Observation, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRule:
    """What holds for the network with this SSID, or this connection UUID."""

    ssid: str | None = None
    connection: str | None = None
    hands_off: bool = False
    roam: bool = True

    def matches(self, obs: Observation) -> bool:
        by_uuid = self.connection is not None and self.connection == obs.connection
        ssid = None if obs.ap is None else obs.ap.ssid
        return by_uuid or (self.ssid is not None and self.ssid == ssid)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The first rule that matches holds."""

    rules: tuple[NetworkRule, ...] = ()
    portal_hands_off: bool = True
    metered_hands_off: bool = True


_OPEN = NetworkRule()


class NetworkPolicy:
    """Looks up the rule of the current network, and what stands against touching it."""

    def __init__(self, config: NetworkConfig | None = None) -> None:
        self.config = config or NetworkConfig()
        self._rule = _OPEN
        self._against: tuple[str, ...] = ()

    def push(self, obs: Observation) -> tuple[bool, bool]:
        """Say whether this network may be touched at all, and whether it may be roamed in."""
        self._rule = next((r for r in self.config.rules if r.matches(obs)), _OPEN)
        reasons = {
            "told by the configuration": self._rule.hands_off,
            "captive portal": bool(obs.portal) and self.config.portal_hands_off,
            "metered": bool(obs.metered) and self.config.metered_hands_off,
        }
        self._against = tuple(reason for reason, holds in reasons.items() if holds)
        return not self._against, self._rule.roam

    def why(self) -> Reason:
        rule = "hands off" if self._against else "may be touched"
        return Reason(
            policy="network",
            rule=rule,
            blocked_by=self._against,
            saw={"roam": self._rule.roam},
        )

"""All link policies of a preset as one step, for every interface apart."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from airsonde.core.errors import ConfigError
from airsonde.core.step import Setting
from airsonde.link.bandwidth import Bandwidth, BandwidthConfig
from airsonde.link.coalescing import Coalescing, CoalescingConfig
from airsonde.link.estimate import Estimator
from airsonde.link.gamemode import GameShape, GameShapeConfig, PacketGame
from airsonde.link.model import HandsOff, LinkAction, Observation, Reason, Situation
from airsonde.link.network_policy import NetworkConfig, NetworkPolicy
from airsonde.link.ports import GameSense, Policy
from airsonde.link.powersave import PowerSave, PowerSaveConfig
from airsonde.link.roaming import Roaming, RoamingConfig
from airsonde.link.shaping import Breathing
from airsonde.link.steering import Steering

VIRTUAL_PREFIXES: Final = ("docker", "veth", "virbr", "tun", "tap")
MOST_INTERFACES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What governs one interface: how a game is told, and the policies in their order.

    `span_s` is the least time over which packets, bytes and CPU load are averaged.
    """

    game: GameSense
    policies: tuple[Policy, ...]
    untouched: tuple[str, ...] = VIRTUAL_PREFIXES
    networks: NetworkConfig | None = None
    span_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveConfig:
    """Every threshold of the preset adaptive."""

    game: GameShapeConfig = field(default_factory=GameShapeConfig)
    bandwidth: BandwidthConfig = field(default_factory=BandwidthConfig)
    coalescing: CoalescingConfig = field(default_factory=lambda: CoalescingConfig(free_below=0.75))
    power_save: PowerSaveConfig = field(default_factory=lambda: PowerSaveConfig(settle_s=6.0))
    roaming: RoamingConfig = field(default_factory=RoamingConfig)
    networks: NetworkConfig = field(default_factory=NetworkConfig)
    span_s: float = 0.9


def v3() -> Preset:
    """The specified flows, exactly."""
    return Preset(
        game=PacketGame(),
        policies=(Breathing(), Coalescing(), PowerSave(), Steering()),
    )


def adaptive(config: AdaptiveConfig | None = None) -> Preset:
    """The same flows with better constants and inputs."""
    config = config or AdaptiveConfig()
    return Preset(
        game=GameShape(config.game),
        policies=(
            Bandwidth(config.bandwidth),
            Coalescing(config.coalescing),
            PowerSave(config.power_save),
            Roaming(config.roaming),
        ),
        untouched=(*VIRTUAL_PREFIXES, "br-", "lo", "wg", "ifb"),
        networks=config.networks,
        span_s=config.span_s,
    )


PRESETS: Final[Mapping[str, Callable[[], Preset]]] = MappingProxyType(
    {"v3": v3, "adaptive": adaptive}
)


class Governor:
    """One preset, made anew for every interface that is seen.

    Says how every setting should stand at every observation; who applies them drops what stands
    already (`Standing`). Of more than 64 interfaces the one unseen for longest is forgotten.
    """

    def __init__(self, preset: Callable[[], Preset]) -> None:
        self._preset = preset
        self._interfaces: dict[str, _Interface] = {}
        self._last: _Interface | None = None

    def step(self, obs: Observation, /) -> Sequence[LinkAction]:
        known = self._interfaces.pop(obs.ifname, None)
        self._last = known or _Interface(self._preset())
        self._interfaces[obs.ifname] = self._last
        if len(self._interfaces) > MOST_INTERFACES:
            del self._interfaces[next(iter(self._interfaces))]
        return self._last.step(obs)

    def why(self) -> Sequence[Reason]:
        """Account for the last step, policy by policy."""
        return () if self._last is None else self._last.why()


class _Interface:
    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._suspended_ns: int | None = None
        self._estimator = Estimator(preset.span_s)
        self._network = None if preset.networks is None else NetworkPolicy(preset.networks)
        self._virtual = False
        self._touched = True

    def step(self, obs: Observation) -> Sequence[LinkAction]:
        self._virtual = obs.ifname.startswith(self._preset.untouched)
        if self._virtual:
            return ()
        woke = self._woke(obs)
        if woke:
            self._estimator = Estimator(self._preset.span_s)
        estimates = self._estimator.push(obs)
        game = self._preset.game.push(obs, estimates)
        before = self._touched
        self._touched, may_roam = self._network.push(obs) if self._network else (True, True)
        if not self._touched:
            return (HandsOff(ifname=obs.ifname),) if before else ()
        now = Situation(
            obs=obs,
            estimates=estimates,
            game=game,
            may_roam=may_roam,
            woke=woke,
        )
        return [action for policy in self._preset.policies for action in policy.step(now)]

    def _woke(self, obs: Observation) -> bool:
        """Whether the machine slept; a rate over that time would say nothing."""
        before, self._suspended_ns = self._suspended_ns, obs.suspended_ns
        return None not in {before, obs.suspended_ns} and before != obs.suspended_ns

    def why(self) -> Sequence[Reason]:
        if self._virtual:
            return (Reason(policy="governor", rule="virtual interfaces are never touched"),)
        network = [self._network.why()] if self._network else []
        policies = [policy.why() for policy in self._preset.policies] if self._touched else []
        return [self._preset.game.why(), *network, *policies]


def governor(preset: str) -> Governor:
    """The governor of a named preset. Raises ConfigError for a name that is none."""
    if preset not in PRESETS:
        raise ConfigError(f"there is no preset {preset!r}; there are {', '.join(PRESETS)}")
    return Governor(PRESETS[preset])


class Standing:
    """How every knob stands, so that a setting is passed on only when it changes something."""

    def __init__(self) -> None:
        self._stands: dict[Hashable, LinkAction] = {}

    def changes(self, action: LinkAction) -> bool:
        """Say whether the action changes anything, and remember that it was made."""
        if isinstance(action, HandsOff):
            self.forget(action.ifname)
            return True
        if not isinstance(action, Setting):
            return True
        if self._stands.get(action.knob) == action:
            return False
        self._stands[action.knob] = action
        return True

    def forget(self, ifname: str) -> None:
        """Of one interface nothing is known any more: somebody else changed it, or it is new."""
        gone = [knob for knob, action in self._stands.items() if action.ifname == ifname]
        for knob in gone:
            del self._stands[knob]

"""All link policies of a preset as one step, for every interface apart."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from airsonde.core.errors import ConfigError
from airsonde.core.step import Setting
from airsonde.link.coalescing import Coalescing
from airsonde.link.estimate import Estimator
from airsonde.link.gamemode import PacketGame
from airsonde.link.model import HandsOff, LinkAction, Observation, Reason, Situation
from airsonde.link.ports import GameSense, Policy
from airsonde.link.powersave import PowerSave
from airsonde.link.shaping import Breathing
from airsonde.link.steering import Steering

VIRTUAL_PREFIXES: Final = ("docker", "veth", "virbr", "tun", "tap")
MOST_INTERFACES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What governs one interface: how a game is told, and the policies in their order."""

    game: GameSense
    policies: tuple[Policy, ...]
    untouched: tuple[str, ...] = VIRTUAL_PREFIXES


def v3() -> Preset:
    """The specified flows, exactly."""
    return Preset(
        game=PacketGame(),
        policies=(Breathing(), Coalescing(), PowerSave(), Steering()),
    )


PRESETS: Final[Mapping[str, Callable[[], Preset]]] = MappingProxyType({"v3": v3})


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
        self._estimator = Estimator()
        self._touched = True

    def step(self, obs: Observation) -> Sequence[LinkAction]:
        self._touched = not obs.ifname.startswith(self._preset.untouched)
        if not self._touched:
            return ()
        estimates = self._estimator.push(obs)
        game = self._preset.game.push(obs, estimates)
        situation = Situation(obs=obs, estimates=estimates, game=game)
        return [action for policy in self._preset.policies for action in policy.step(situation)]

    def why(self) -> Sequence[Reason]:
        if not self._touched:
            return (Reason(policy="governor", rule="virtual interfaces are never touched"),)
        return [self._preset.game.why(), *(policy.why() for policy in self._preset.policies)]


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

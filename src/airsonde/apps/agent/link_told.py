"""What a governor says of itself, checked, and in the words of the API.

Fields that are not known here are passed over, for governors grow.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from airsonde.apps.agent.hub import Fields
from airsonde.core.errors import DriverError

Seen: TypeAlias = float | int | str | bool | None
_MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    bssid: str
    ssid: str | None
    freq_mhz: int | None
    signal_dbm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """In ms: in the air, in the host's own queue, beyond the gateway."""

    air_ms: float | None
    queue_ms: float | None
    wan_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """`actions`: how often each was decided; None: this governor does not count."""

    kind: str
    driver: str | None
    connected: bool | None
    ap: AccessPoint | None
    bitrate_mbit: float | None
    channel_busy: float | None
    on_battery: bool | None
    delay: Delay
    candidates: int
    t_ns: int
    actions: dict[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    kind: str
    target: str
    before: Any
    now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    what: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The rule that held, what stood against more, and on what."""

    policy: str
    rule: str
    blocked_by: tuple[str, ...]
    saw: dict[str, Seen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Something done, a rule that holds from now on, or a note of the host."""

    at: str
    t_ns: int
    ifname: str | None
    action: str | None = None
    bandwidth_mbit: float | None = None
    direction: str | None = None
    adaptive_rx: bool | None = None
    enabled: bool | None = None
    bssid: str | None = None
    outcome: str | None = None
    note: str | None = None
    because: Because | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer to `status`."""

    version: str
    preset: str
    dry_run: bool
    interfaces: dict[str, Interface]
    changed: tuple[Changed, ...]
    files: tuple[str, ...]
    refused: tuple[Refused, ...]
    missing: tuple[str, ...]
    complaints: tuple[str, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer to `explain`."""

    reasons: dict[str, tuple[Because, ...]]
    decisions: tuple[Decision, ...]


T = TypeVar("T", Status, Explanation)


def understood(answer: Any, kind: type[T]) -> T:
    """An answer of the socket as a type. Raises DriverError where it is none."""
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as e:
        raise DriverError(f"the governor's answer is not understood: {e}; update it") from None


def status_view(status: Status | None) -> Fields:
    """The fields of a status; everything is unknown, and lists are empty, while there is none."""
    if status is None:
        lists = ("interfaces", "changed", "files", "refused", "missing", "complaints", "decisions")
        unknown: Fields = dict.fromkeys(("version", "preset", "dry_run"))
        return unknown | {name: [] for name in lists}
    view: Fields = msgspec.to_builtins(status)
    interfaces = [
        {"name": name, **told, "t_ns": str(told["t_ns"])}
        for name, told in view["interfaces"].items()
    ]
    return view | {"interfaces": interfaces, "decisions": _decisions(view["decisions"])}


def explanation_view(explanation: Explanation) -> Fields:
    view: Fields = msgspec.to_builtins(explanation)
    return view | {"decisions": _decisions(view["decisions"])}


def _decisions(told: list[Fields]) -> list[Fields]:
    return [{**decision, "t_ns": str(decision["t_ns"])} for decision in told[-_MOST:]]

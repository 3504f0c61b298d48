"""The JSON of the link as types."""

from typing import Annotated, Any, Literal

from pydantic import Field

from airsonde.faces.http.models import Answer, Model, Ns

LinkNs = Annotated[Ns, Field(description="ns by the host's clock since it was started")]


class AccessPoint(Model):
    """Where an interface is associated."""

    bssid: str
    ssid: str | None
    freq_mhz: int | None
    signal_dbm: float | None


class Delay(Model):
    """Where packets wait: in the air, in the host's own queue, beyond the gateway."""

    air_ms: float | None
    queue_ms: float | None
    wan_ms: float | None


class LinkInterface(Model):
    """One interface that is governed; `actions` counts what was decided for it."""

    name: str
    kind: str
    driver: str | None
    connected: bool | None
    ap: AccessPoint | None
    bitrate_mbit: float | None
    channel_busy: float | None
    on_battery: bool | None
    delay: Delay
    candidates: int
    t_ns: LinkNs
    actions: dict[str, int] | None


class Changed(Model):
    """One setting of the host that stands otherwise than it was found."""

    kind: str
    target: str
    before: Any
    now: Any


class RefusedSetting(Model):
    """What the host cannot do, and why."""

    what: list[str]
    reason: str


class Because(Model):
    """The rule that held, what stood against more, and on what."""

    policy: str
    rule: str
    blocked_by: list[str]
    saw: dict[str, float | int | str | bool | None]


class LinkDecision(Model):
    """Something done (`action`), a rule that holds from now on (`because`), or a note."""

    at: str
    t_ns: LinkNs
    ifname: str | None
    action: str | None
    bandwidth_mbit: float | None
    direction: str | None
    adaptive_rx: bool | None
    enabled: bool | None
    bssid: str | None
    outcome: str | None
    note: str | None
    because: Because | None


class Link(Answer):
    """How the link stands; `reason` says why nothing is known of it."""

    enabled: bool
    mode: Literal["off", "watch", "run"]
    paused: bool
    reason: str | None
    told_ns: Ns | None
    version: str | None
    preset: str | None
    dry_run: bool | None
    interfaces: list[LinkInterface]
    changed: list[Changed]
    files: list[str]
    refused: list[RefusedSetting]
    missing: list[str]
    complaints: list[str]
    decisions: list[LinkDecision]


class LinkExplanation(Answer):
    """Why every policy stands as it does, by interface, and the latest decisions."""

    reasons: dict[str, list[Because]]
    decisions: list[LinkDecision]

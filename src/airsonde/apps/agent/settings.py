"""The agent's settings: one TOML file, every fault of which is reported with its place."""

import os
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, ValidationError

from airsonde.apps.agent import sink_settings
from airsonde.apps.agent.link_settings import LinkSettings
from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.sink_settings import JsonlSettings, MqttSettings, SinkSettings
from airsonde.apps.agent.table import Port, RoomName, SourceName, Table, Where
from airsonde.core.errors import ConfigError, DriverError
from airsonde.csi.model import Family
from airsonde.radios.sim.scene import Motion

_LARGEST_BYTES: Final = 1 << 20

Speed: TypeAlias = Annotated[float, Field(ge=0.1, le=100)]


class AnySource(Table):
    """What every source may have; `calibration` is a room whose newest one is used, or a file."""

    kind: str
    room: RoomName | None = None
    calibration: str | None = None


class UdpSettings(AnySource):
    """Frames that a radio sends to a UDP port."""

    kind: Literal["udp"]
    family: Annotated[Family, Field(strict=False)]
    host: str = "0.0.0.0"  # noqa: S104  (broadcasts arrive there)
    port: Port


class SerialSettings(AnySource):
    """Lines that an ESP32 writes to a serial port."""

    kind: Literal["serial"]
    family: Annotated[Family, Field(strict=False)] = Family.ESP32
    path: str
    baud: Annotated[int, Field(ge=300, le=12_000_000)] = 921_600


class ReplaySettings(AnySource):
    """A capture, played again and again."""

    kind: Literal["replay"]
    capture: Where
    speed: Speed = 1.0


class SimulatorSettings(AnySource):
    """A room that is computed."""

    kind: Literal["simulator"]
    scene: Annotated[Motion, Field(strict=False)] = Motion.WALKER
    speed: Speed = 1.0
    seed: Annotated[int, Field(ge=0)] = 1


class RssiSettings(AnySource):
    """The signal strength of an ordinary Wi-Fi card: it tells movement at best, and unsurely."""

    kind: Literal["rssi"]
    interface: Annotated[str, Field(min_length=1, max_length=15)]
    calibration: None = None


SourceSettings: TypeAlias = Annotated[
    UdpSettings | SerialSettings | ReplaySettings | SimulatorSettings | RssiSettings,
    Field(discriminator="kind"),
]


class RetentionSettings(Table):
    """How much is kept: the oldest events go first, recordings are refused beyond their share."""

    days: Annotated[float, Field(gt=0, le=36_500)] = 30
    events_mb: Annotated[float, Field(ge=1)] = 256
    captures_mb: Annotated[float, Field(ge=0)] = 4096


class PrivacySettings(Table):
    """Whether raw CSI of live sources may leave the process; replays and simulations always may."""

    raw_on_disk: bool = False
    raw_on_wire: bool = False


def state_folder() -> Path:
    """`airsonde` in the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "airsonde"


class AgentSettings(Table):
    """What the agent keeps, and where."""

    folder: Where = Field(default_factory=state_folder)
    retention: RetentionSettings = RetentionSettings()
    privacy: PrivacySettings = PrivacySettings()


class MemorySettings(Table):
    """RF memory: `store` is a file or an address (default: that of `airsonde memory`).

    Of each source at most so many `windows` are kept, none `days` older than its newest.
    """

    enabled: bool = False
    store: Annotated[str, Field(min_length=1)] | None = None
    days: Annotated[float, Field(gt=0, le=36_500)] = 30
    windows: Annotated[int, Field(ge=1)] = 250_000


class HttpSettings(Table):
    """Who may ask; `names` are hosts that people call this machine by, besides its addresses."""

    bind: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8787
    names: tuple[str, ...] = Field(default=(), strict=False)
    read_token_file: Where | None = None
    write_token_file: Where | None = None
    tls_certificate: Where | None = None
    tls_key: Where | None = None

    SECRETS: ClassVar[frozenset[str]] = frozenset(
        {"read_token_file", "write_token_file", "tls_certificate", "tls_key"}
    )


class Settings(Table):
    """Everything one file may say."""

    sources: dict[SourceName, SourceSettings] = Field(default_factory=dict)
    agent: AgentSettings = Field(default_factory=AgentSettings)
    memory: MemorySettings = MemorySettings()
    link: LinkSettings = LinkSettings()
    mesh: MeshSettings = MeshSettings()
    sinks: dict[SourceName, SinkSettings] = Field(default_factory=dict)
    http: HttpSettings = HttpSettings()


_KINDS: Final[dict[str, type[Table]]] = {
    "udp": UdpSettings,
    "serial": SerialSettings,
    "replay": ReplaySettings,
    "simulator": SimulatorSettings,
    "rssi": RssiSettings,
    "mqtt": MqttSettings,
    "jsonl": JsonlSettings,
}


def read_settings(path: Path) -> Settings:
    """The settings in a file.

    Raises DriverError when it cannot be read, ConfigError with one line for each fault.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ConfigError(f"{path} is too large for a configuration")
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as e:
        raise DriverError(f"cannot read {path}: {e.strerror}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path} is not TOML: {e}") from e
    return settings_of(tree, str(path))


def settings_of(tree: dict[str, Any], name: str) -> Settings:
    """Settings out of nested tables; `name` is how faults call them. Raises ConfigError."""
    try:
        return Settings.model_validate(tree)
    except ValidationError as e:
        faults = [_fault(error["type"], error["loc"], error["msg"]) for error in e.errors()]
        raise ConfigError("\n  ".join([f"{name}: {len(faults)} to mend", *faults])) from e


def public_settings(settings: Settings) -> dict[str, Any]:
    """Every setting in force as plain values; where secrets are is not told."""
    tree = settings.model_dump(mode="json", exclude_none=True)
    tree["http"] |= dict.fromkeys(HttpSettings.SECRETS & tree["http"].keys(), "(set)")
    if "store" in tree["memory"]:
        tree["memory"]["store"] = "(set)"  # an address may hold a password
    if "keys" in tree["mesh"]:
        tree["mesh"]["keys"] = "(set)"
    for sink in tree["sinks"].values():
        sink.update(dict.fromkeys(sink_settings.SECRETS & sink.keys(), "(set)"))
    return tree


def _fault(kind: str, loc: Sequence[int | str], message: str) -> str:
    """One line: where, what, and the nearest key that is known."""
    place = [str(part) for part in loc]
    if place[:1] in (["sources"], ["sinks"]) and len(place) > 3 and place[2] in _KINDS:
        model: type[Table] = _KINDS[place.pop(2)]
    else:
        model = _model_at(place[:-1])
    message = message.removeprefix("Value error, ")
    if kind != "extra_forbidden":
        return f"{'.'.join(place)}: {message[0].lower()}{message[1:]}"
    known = list(model.model_fields)
    near = get_close_matches(place[-1], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{'.'.join(place)}: no such setting; {hint}"


def _model_at(place: Sequence[str]) -> type[Table]:
    model: type[Table] = Settings
    for name in place:
        known = model.model_fields.get(name)
        inner = known.annotation if known else None
        if isinstance(inner, type) and issubclass(inner, Table):
            model = inner
    return model

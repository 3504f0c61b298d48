"""The daemon's configuration: one TOML file, every threshold, no key that is not known."""

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

import msgspec

from airsonde.core.errors import ConfigError
from airsonde.drivers.linux.atomic_file import read_small
from airsonde.link.enforcement import EnforcementConfig
from airsonde.link.governor import PRESETS, AdaptiveConfig, Preset, adaptive

PATH: Final = Path("/etc/airsonde/airsonde.toml")
_LARGEST: Final = 10**15

Tick = Annotated[float, msgspec.Meta(ge=0.02, le=60)]
Folder = Annotated[str, msgspec.Meta(pattern="^/")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningConfig:
    """Which parts of the tuning plan are carried out."""

    sysctls: bool = True
    driver_options: bool = True
    offloads: bool = True
    interrupts: bool = True
    iwd: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorConfig:
    """How the daemon runs.

    Every `tick_s` it looks at what has no event; while more than `busy_mbit` flow every
    `busy_tick_s`, or `delayed_tick_s` once that adds `delayed_ms` of delay, until it has not for
    `alert_s`. `busy_mbit` 0 never looks faster. `interfaces` names those to govern, also such as
    no hardware is behind (none: all with hardware).
    `socket_group` may read the status besides root.
    """

    preset: Literal["adaptive", "v3"] = "adaptive"
    tick_s: Tick = 2.0
    busy_tick_s: Tick = 0.5
    delayed_tick_s: Tick = 0.03
    delayed_ms: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    alert_s: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    busy_mbit: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    interfaces: tuple[str, ...] = ()
    probe_gateway: bool = True
    state_dir: Folder = "/var/lib/airsonde"
    run_dir: Folder = "/run/airsonde"
    socket_group: str = ""
    log_bytes: Annotated[int, msgspec.Meta(ge=4096, le=1 << 30)] = 1 << 20
    tuning: TuningConfig = field(default_factory=TuningConfig)
    enforcement: EnforcementConfig = field(default_factory=EnforcementConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole file: how to run, and every threshold of the policies."""

    governor: GovernorConfig = field(default_factory=GovernorConfig)
    link: AdaptiveConfig = field(default_factory=AdaptiveConfig)

    def preset(self) -> Preset:
        """A preset made anew, as `Governor` asks for it."""
        if self.governor.preset == "adaptive":
            return adaptive(self.link)
        return PRESETS[self.governor.preset]()


def read_settings(path: Path | None) -> Settings:
    """The settings of a file; the defaults where none is named and the usual one is absent.

    Raises ConfigError with the path of the key that is wrong.
    """
    content = read_small(path or PATH)
    if content is None:
        if path is not None:
            raise ConfigError(f"there is no configuration {path}; leave --config out for defaults")
        return Settings()
    return parse_settings(content, str(path or PATH))


def parse_settings(content: bytes, name: str) -> Settings:
    """Settings from the bytes of a TOML file. Raises ConfigError."""
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as e:
        raise ConfigError(f"{name} is no TOML: {e}") from None
    try:
        _check(table, Settings, "")
        settings = msgspec.convert(table, Settings)
        settings.preset()
    except msgspec.ValidationError as e:
        raise ConfigError(f"{name}: {str(e).replace('`$.', '`')}") from None
    except ValueError as e:
        raise ConfigError(f"{name}: {e}") from None
    if settings.governor.preset == "v3" and "link" in table:
        raise ConfigError(f"{name}: preset v3 has no thresholds; leave [link] out")
    return settings


def _check(table: Mapping[str, Any], into: type, path: str) -> None:
    """Raise for a key that means nothing, and for numbers that are none."""
    types = get_type_hints(into)
    known = [f.name for f in fields(into)]
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.0)
            meant = f"{path}.{near[0]}" if path else near[0]
            raise ConfigError(f"there is no setting {here}; the nearest is {meant}")
        _check_value(value, types[key], here)


def _check_value(value: Any, kind: Any, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{path} is {value}, which is no number to compare with")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ConfigError(f"{path} is {value}; the largest is {_LARGEST}")
    if isinstance(value, dict) and isinstance(kind, type) and is_dataclass(kind):
        _check(value, kind, path)
    if isinstance(value, list):
        for number, item in enumerate(value):
            inner = next(iter(get_args(kind)), object)
            _check_value(item, inner, f"{path}[{number}]")

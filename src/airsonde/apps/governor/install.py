"""Install the daemon as a service, keep its links, and remove all of it again."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from airsonde.apps.governor.tree import COMMANDS, build_tree, launcher
from airsonde.apps.governor.undo import failed, revert
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.atomic_file import refusal, remove, replace, unfinished
from airsonde.drivers.linux.systemctl import systemctl

SERVICE = "airsonde.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an installation lives; below /var, because /usr may be replaced by an update."""

    state: Path = Path("/var/lib/airsonde")
    units: Path = Path("/etc/systemd/system")
    commands: Path = Path("/usr/bin")
    config: Path = Path("/etc/airsonde")

    @property
    def tree(self) -> Path:
        return self.state / "program"

    @property
    def unit(self) -> Path:
        return self.units / SERVICE

    @property
    def wanted(self) -> Path:
        """The link that systemctl enables the unit with."""
        return self.units / "multi-user.target.wants" / SERVICE


def unit_text(places: Places) -> str:
    """The unit: no more rights than shaping, tuning and probing need."""
    airsonde = launcher(places.tree, "airsonde")
    return f"""[Unit]
Description=Keeps the network link fast and steady
After=dbus.service NetworkManager.service systemd-sysctl.service
Wants=dbus.service

[Service]
Type=notify
ExecStartPre=-+{airsonde} link heal
ExecStart={airsonde} link run
ExecReload=/bin/kill -HUP $MAINPID
ExecStopPost={airsonde} link revert --stopped
Restart=on-failure
RestartSec=2
WatchdogSec=30
TimeoutStopSec=60
StateDirectory=airsonde
RuntimeDirectory=airsonde
ProtectSystem=full
ReadWritePaths=-/etc/modprobe.d -/etc/sysctl.d -/etc/iwd
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW
NoNewPrivileges=yes
ProtectHome=yes
PrivateTmp=yes
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
"""


def install(places: Places) -> list[str]:
    """Copy the program, write the unit, link the commands, start the service; what to say.

    Raises DriverError.
    """
    with suppress(UnsupportedError):
        systemctl("--quiet", "stop", SERVICE) if places.unit.exists() else ""
    _make(places.state)
    build_tree(places.tree)
    _make(places.units)
    replace(places.unit, unit_text(places).encode())
    said = heal(places)
    systemctl("daemon-reload")
    systemctl("enable", "--now", SERVICE)
    return [*said, f"installed in {places.tree}, running as {SERVICE}"]


def heal(places: Places) -> list[str]:
    """Make the links to the commands that are missing; why one could not be made."""
    return [said for command in COMMANDS if (said := _link(places, command)) is not None]


def uninstall(places: Places, *, keep_config: bool) -> list[str]:
    """Stop, undo, and remove everything; offline. Raises DriverError where something stays."""
    with suppress(UnsupportedError):
        if places.unit.exists():
            systemctl("disable", "--now", SERVICE)
    report = revert(places.state)
    if left := failed(report):
        names = ", ".join(f"{done.kind} {done.target}" for done in left)
        raise DriverError(f"still to be put back: {names}; start what it needs and try again")
    for path in (places.unit, unfinished(places.unit), places.wanted):
        remove(path)
    with suppress(UnsupportedError):
        systemctl("daemon-reload")
    for command in COMMANDS:
        if _is_ours(places, places.commands / command):
            remove(places.commands / command)
    _remove_folder(places.state)
    if not keep_config:
        _remove_folder(places.config)
    return [f"{len(report)} settings were put back; nothing of airsonde is left"]


def _link(places: Places, command: str) -> str | None:
    path, target = places.commands / command, launcher(places.tree, command)
    if _is_ours(places, path) and path.exists():
        return None
    if path.exists() and not path.is_symlink():
        return f"{path} belongs to somebody else and is left alone"
    try:
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    except OSError as e:
        return refusal("write", path, e).reason
    return None


def _is_ours(places: Places, path: Path) -> bool:
    return path.is_symlink() and path.readlink().is_relative_to(places.state)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise refusal("make", folder, e) from e


def _remove_folder(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as e:
        raise refusal("remove", folder, e) from e

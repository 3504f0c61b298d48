"""Write a commented configuration from what this machine has."""

import json
from pathlib import Path
from typing import Final

from airsonde.apps.agent.link_settings import LinkSettings
from airsonde.apps.governor.status_socket import NAME
from airsonde.apps.mesh.folders import keys_folder, state_folder
from airsonde.apps.mesh.status import read_status
from airsonde.core.errors import AirsondeError, ConfigError
from airsonde.drivers.linux.devices import serial_ports, wifi_cards
from airsonde.drivers.transport.outputs import AtomicFile

_GOVERNOR: Final = LinkSettings().folder
_HEAD: Final = """\
# What `airsonde run` does. Every setting is described in docs/how-to/agent.md.
"""
_UDP: Final = """
# A radio that sends to this machine: nexmon to port 5500, ESP32 (ADR-018) to port 5005.
{mark}[sources.{name}]
{mark}kind = "udp"
{mark}family = "{family}"
{mark}port = {port}
{mark}room = "living room"
"""
_SERIAL: Final = """
# An ESP32 at a USB port.
[sources.esp32-{number}]
kind = "serial"
path = {path}
baud = 921600
room = "room {number}"
"""
_SIMULATOR: Final = """
# No radio was found: a computed room, to look around.
[sources.simulator]
kind = "simulator"
"""
_WATCHED: Final = """
[link]             # the governor runs on this machine; the agent shows what it does
mode = "watch"
"""
_UNTENDED: Final = """
# {cards} can be kept fast and steady: start `airsonde link run` as root and watch it here,
# or let this agent govern (mode = "run", as root).
# [link]
# mode = "watch"
"""
_MESH: Final = """
# This machine holds a mesh key. watch shows a coordinator that runs here; coordinator is one.
[mesh]
role = "{role}"
"""
_TAIL: Final = """
# A recording, played again and again; delete what you do not need.
# [sources.walk]
# kind = "replay"
# capture = "walk.pcap"
# speed = 1.0

[agent.retention]
days = 30          # events older than this are deleted for good
events_mb = 256
captures_mb = 4096

[agent.privacy]    # raw CSI of live sources; off: only what is concluded leaves the process
raw_on_disk = false
raw_on_wire = false

[memory]           # what each second was like, for "when was it last like this?"
enabled = false

# [sinks.home]     # Home Assistant, by MQTT
# kind = "mqtt"
# host = "homeassistant.local"

[http]
bind = "127.0.0.1" # any other address needs read_token_file
port = 8787
"""


def first_file() -> str:
    """The text: what is there as settings, what is not as comments."""
    cards = wifi_cards()
    nexmon = any(card.driver == "brcmfmac" for card in cards)
    serial = [
        _SERIAL.format(number=number, path=json.dumps(path))
        for number, path in enumerate(serial_ports(), 1)
    ]
    radio = _UDP.format(
        mark="" if nexmon else "# ", name="pi" if nexmon else "radio", family="nexmon", port=5500
    )
    simulated = "" if nexmon or serial else _SIMULATOR
    names = ", ".join(card.ifname for card in cards) or "The links of this machine"
    link = _WATCHED if governor_runs() else _UNTENDED.format(cards=names)
    return "".join([_HEAD, radio, *serial, simulated, link, _mesh(), _TAIL])


def governor_runs(folder: Path = _GOVERNOR) -> bool:
    """Whether its socket is there; only root, and a group, may ask it."""
    return (folder / NAME).is_socket()


def _mesh() -> str:
    """Where there are keys: watch who coordinates here, else nothing yet."""
    if not any(keys_folder().glob("*.key")):
        return ""
    try:
        read_status(state_folder("coordinator"))
    except AirsondeError:
        return _MESH.format(role="off")
    return _MESH.format(role="watch")


def write_first_file(path: Path, *, force: bool) -> None:
    """Write it. Raises ConfigError when something is there already."""
    if path.exists() and not force:
        raise ConfigError(f"{path} exists; --force overwrites it")
    file = AtomicFile(path)
    file.write(first_file().encode())
    file.close()

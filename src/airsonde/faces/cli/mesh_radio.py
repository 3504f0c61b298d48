"""Which radio a mesh node commands, and where the frames come from that it measures."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from airsonde.apps.mesh.frame_sources import captured, firmware, live, silent, simulated
from airsonde.apps.mesh.listening_radio import ListeningRadio
from airsonde.apps.mesh.origin import origin_of
from airsonde.apps.python_api import datagram_decoder
from airsonde.captures.capture import open_capture
from airsonde.core.errors import ConfigError
from airsonde.csi.model import Family, FrameBatch
from airsonde.drivers.linux.commands import run_command
from airsonde.drivers.linux.interface import Interface
from airsonde.faces.cli.live_source import live_choice
from airsonde.mesh.model import LIVE, HealthFlag
from airsonde.mesh.ports import RadioOps
from airsonde.radios.esp32.ops import FirmwareRadio
from airsonde.radios.linux.ops import LinuxRadio
from airsonde.radios.nexmon.ops import NexmonRadio
from airsonde.radios.sim.ops import SimRadio
from airsonde.radios.sim.scene import Motion, Scene

_ESP32_PORT: Final = "5005"
_NEXMON_PORT: Final = "5500"


class Chosen(NamedTuple):
    """A radio, its frames, and how real those are."""

    radio: RadioOps
    frames: AsyncIterator[list[FrameBatch]]
    origin: HealthFlag


def choose(given: dict[str, Any]) -> Chosen:
    """The radio and its frames. Raises ConfigError where the options do not fit together."""
    kind = given["radio"] or _implied(given)
    _demand(given, kind)
    match kind:
        case "sim":
            return _sim(given)
        case "linux":
            return _linux(given["ifname"])
        case _ if given["path"] is not None:
            return _replay(given["path"], given["speed"], kind)
        case "nexmon":
            return _nexmon(given)
        case _:
            return _listen(given, kind)


def _implied(given: dict[str, Any]) -> str:
    """The radio that the source of frames means, where none was named."""
    live_named = given["udp"] is not None or given["serial"] is not None
    if sum((given["path"] is not None, given["simulate"] is not None, live_named)) != 1:
        raise ConfigError(
            "name one source: CAPTURE, --udp PORT, --serial PORT, --simulate, or a --radio"
        )
    if given["simulate"] is not None:
        return "sim"
    return "capture" if given["path"] is not None else "stream"


_ALLOWED: Final = {
    "sim": {"simulate"},
    "esp32": {"path", "udp", "serial"},
    "nexmon": {"path", "udp", "ifname"},
    "linux": {"ifname"},
    "capture": {"path"},
    "stream": {"udp", "serial"},
}
_WRITTEN: Final = {
    "simulate": "--simulate",
    "path": "a CAPTURE",
    "udp": "--udp",
    "serial": "--serial",
    "ifname": "--ifname",
}


def _demand(given: dict[str, Any], kind: str) -> None:
    named = [word for word in _WRITTEN if given[word] is not None]
    if foreign := [_WRITTEN[word] for word in named if word not in _ALLOWED[kind]]:
        raise ConfigError(f"{foreign[0]} does not go with --radio {kind}")
    if sum(word in {"path", "udp", "serial"} for word in named) > 1:
        raise ConfigError("name one source: CAPTURE, --udp PORT or --serial PORT")
    needs_ifname = kind == "linux" or (kind == "nexmon" and given["path"] is None)
    if needs_ifname and given["ifname"] is None:
        raise ConfigError(f"say which interface is commanded: --radio {kind} --ifname wlan0")


def _sim(given: dict[str, Any]) -> Chosen:
    scene = Scene(motion=Motion(given["simulate"] or Motion.EMPTY))
    radio = SimRadio(scene, seed=given["seed"])
    return Chosen(radio, simulated(radio), origin_of(Family.SIM))


def _linux(ifname: str) -> Chosen:
    """Signal and survey; such a card tells no CSI, so no frame ever comes."""
    return Chosen(LinuxRadio(Interface.named(ifname)), silent(), LIVE)


def _replay(path: Path, speed: float, kind: str) -> Chosen:
    """What a radio of that kind measured before, or any capture."""
    family = None if kind == "capture" else Family(kind)
    origin = origin_of(open_capture(path).reader().family, played=True)
    radio = ListeningRadio(f"the capture {path.name}")
    return Chosen(radio, captured(path, speed, family), origin)


def _nexmon(given: dict[str, Any]) -> Chosen:
    choice = live_choice(given["udp"] or _NEXMON_PORT, None, given["baud"], Family.NEXMON)
    radio = NexmonRadio(given["ifname"], run_command)
    return Chosen(radio, live(choice.open, datagram_decoder(choice.family)), LIVE)


def _listen(given: dict[str, Any], kind: str) -> Chosen:
    """A stream that somebody sends; from an ESP32's datagrams its radio learns how it fares."""
    udp, serial, family = given["udp"], given["serial"], given["family"]
    if kind == "esp32":
        family = Family.ESP32
        udp = udp or (None if serial else _ESP32_PORT)
    choice = live_choice(udp, serial, given["baud"], family)
    decoder = datagram_decoder(choice.family)
    if kind == "esp32" and udp is not None:
        radio = FirmwareRadio(time.monotonic_ns)
        return Chosen(radio, firmware(choice.open, decoder, radio), LIVE)
    stream = ListeningRadio(f"the stream of {choice.name}")
    return Chosen(stream, live(choice.open, decoder), origin_of(choice.family))

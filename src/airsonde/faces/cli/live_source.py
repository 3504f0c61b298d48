"""Options that say where live frames come from, and the source they name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from airsonde.core.errors import ConfigError
from airsonde.csi.model import RADIOS, Family
from airsonde.drivers.transport.blocks import LiveSource

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChoice:
    """What was asked for; `family` says who sends."""

    udp: str | None
    serial: str | None
    baud: int
    family: Family

    @property
    def name(self) -> str:
        return f"udp:{self.udp}" if self.udp is not None else f"serial:{self.serial}"

    def open(self, *, linger_s: float = 0.005) -> LiveSource:
        """Begin to receive; datagrams are gathered for `linger_s`, which saves work.

        Raises ConfigError for a bad address, DriverError when it fails.
        """
        if self.udp is not None:
            from airsonde.drivers.transport.udp import UdpSource

            return UdpSource.bind(*_address(self.udp), linger_s=linger_s)
        from airsonde.drivers.transport.serial import SerialSource

        return SerialSource.open(self.serial or "", self.baud)


def live_options(command: F) -> F:
    """Add --udp, --serial, --baud and --family."""
    for decorate in (
        click.option("--family", type=click.Choice([f.value for f in RADIOS]), help="Who sends."),
        click.option("--baud", default=921600, show_default=True, help="Speed of the serial port."),
        click.option("--serial", metavar="PORT", help="Read lines from here (/dev/ttyUSB0)."),
        click.option(
            "--udp", metavar="[HOST:]PORT", help="Listen here (nexmon: 5500, esp32: 5005)."
        ),
    ):
        command = decorate(command)
    return command


def live_choice(udp: str | None, serial: str | None, baud: int, family: str | None) -> LiveChoice:
    """What the options mean. Raises ConfigError where they contradict each other."""
    if (udp is None) == (serial is None):
        raise ConfigError("say where the frames come from: either --udp PORT or --serial PORT")
    if family is None and serial is None:
        raise ConfigError("say who sends: --family nexmon or --family esp32")
    return LiveChoice(udp=udp, serial=serial, baud=baud, family=Family(family or Family.ESP32))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f"{text!r} is no [HOST:]PORT; nexmon sends to 5500, esp32 to 5005")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  (broadcasts arrive there)

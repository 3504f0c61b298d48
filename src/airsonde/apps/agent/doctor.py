"""Why does nothing come? Looks at the hardware and at every configured source."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from airsonde.apps.agent.check import Check
from airsonde.apps.agent.link_doctor import link_checks
from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.probe import Probe, listened
from airsonde.apps.agent.settings import (
    AnySource,
    ReplaySettings,
    RssiSettings,
    SerialSettings,
    Settings,
    UdpSettings,
)
from airsonde.captures.capture import open_capture
from airsonde.core.errors import AirsondeError, DriverError
from airsonde.csi.signal import SignalSample
from airsonde.drivers.linux.devices import blocked_radios, serial_ports, wifi_cards
from airsonde.drivers.linux.udp_tap import UdpTap
from airsonde.drivers.transport.blocks import LiveSource
from airsonde.drivers.transport.serial import SerialSource
from airsonde.drivers.transport.udp import UdpSource

_WORLD: Final = frozenset({"00", "99"})
_NEXMON_DRIVERS: Final = frozenset({"brcmfmac"})


def examine(settings: Settings, seconds: float) -> Iterator[Check]:
    """Look at the machine, then at each source, live ones for so many seconds."""
    yield from machine()
    yield from link_checks(settings.link)
    for name, source in settings.sources.items():
        try:
            yield _examined(name, source, seconds)
        except AirsondeError as e:
            yield _fault(name, e)
    if settings.mesh.role != "off":
        yield _mesh(settings.mesh)


def machine() -> Iterator[Check]:
    """Radio switches, Wi-Fi cards and their country, serial ports."""
    for radio in blocked_radios():
        remedy = "turn its switch on" if radio.hard else "`rfkill unblock wlan`"
        yield Check(name=radio.name, well=False, found="the radio is off", remedy=remedy)
    for card in wifi_cards():
        if card.driver in _NEXMON_DRIVERS:
            found = f"{card.driver}: measures CSI with the nexmon firmware"
        else:
            found = (
                f"{card.driver or 'its driver'} gives no CSI to programs; its link can be tended"
            )
        yield Check(name=card.ifname, well=None, found=found)
    if wifi_cards():
        yield asyncio.run(_country())
    if not serial_ports():
        remedy = "plug in an ESP32, or list /dev/tty* if you did"
        yield Check(name="serial", well=None, found="no USB serial port", remedy=remedy)


async def _country() -> Check:
    """Whose rules the radios follow: where none are set, most channels are closed."""
    from airsonde.drivers.linux.nl80211 import Nl80211

    try:
        nl80211 = await Nl80211.open()
        try:
            country = await nl80211.regulatory_domain()
        finally:
            await nl80211.aclose()
    except DriverError as e:
        return Check(name="country", well=None, found=str(e))
    if country not in _WORLD:
        return Check(name="country", well=True, found=country)
    found = f"none is set ({country}): 6 GHz and some channels of 5 GHz are closed"
    return Check(name="country", well=None, found=found, remedy="`iw reg set` and two letters")


def _examined(name: str, source: AnySource, seconds: float) -> Check:
    match source:
        case ReplaySettings(capture=path):
            survey = open_capture(path).survey
            found = f"{survey.decoded} of {survey.records} records are frames"
            return Check(name=name, well=survey.decoded > 0, found=found)
        case UdpSettings():
            opened: LiveSource = UdpSource.bind(source.host, source.port)
            return _listened(name, opened, source, seconds)
        case SerialSettings():
            opened = SerialSource.open(source.path, source.baud)
            return _listened(name, opened, source, seconds)
        case RssiSettings():
            return _strength(name, source.interface)
        case _:
            return Check(name=name, well=True, found="computed, nothing to look at")


def _mesh(mesh: MeshSettings) -> Check:
    from airsonde.apps.agent.mesh_programs import examined

    try:
        return Check(name="mesh", well=True, found=f"{mesh.role}: {examined(mesh)}")
    except AirsondeError as e:
        return _fault("mesh", e)


def _fault(name: str, error: AirsondeError) -> Check:
    found, _, remedy = str(error).partition("; ")
    return Check(name=name, well=False, found=found, remedy=remedy or None)


def _strength(name: str, interface: str) -> Check:
    """Raises DriverError without Wi-Fi, or an access point."""
    from airsonde.drivers.linux.interface import Interface
    from airsonde.radios.linux.signal import LinuxSignal

    async def ask() -> SignalSample | None:
        signal = LinuxSignal(Interface.named(interface))
        try:
            return await signal.sample(time.time_ns())
        finally:
            await signal.aclose()

    sample = asyncio.run(ask())
    if sample is None:
        remedy = "make some traffic, such as ping to the router"
        return Check(name=name, well=False, found="no frame for half a second", remedy=remedy)
    found = f"{interface}: {sample.signal_dbm:.0f} dBm; movement at best can be told from that"
    return Check(name=name, well=True, found=found)


def _listened(
    name: str, opened: LiveSource, source: UdpSettings | SerialSettings, seconds: float
) -> Check:
    async def listen() -> Probe:
        try:
            return await listened(opened, source.family, seconds)
        finally:
            await opened.aclose()

    where = opened.name
    with _tap(source) as tap:
        probe = asyncio.run(listen())
        if tap is not None:
            probe.arrived, probe.ifname = tap.arrived()
    well, found, remedy = probe.finding(lines=isinstance(source, SerialSettings))
    return Check(name=name, well=well, found=f"{where}: {found}", remedy=remedy)


@contextmanager
def _tap(source: UdpSettings | SerialSettings) -> Iterator[UdpTap | None]:
    """Where packets are seen before a firewall sees them; None for those who may not look."""
    try:
        tap = UdpTap.open(source.port) if isinstance(source, UdpSettings) else None
    except DriverError:
        tap = None
    try:
        yield tap
    finally:
        if tap is not None:
            tap.close()

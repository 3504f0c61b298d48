"""Finding and asking the default gateway, which is another namespace of the real kernel."""

import asyncio
import time

import pytest

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.gateway import default_gateways
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.probe import ArpProbe, EchoProbe
from airsonde.drivers.linux.rtnl import Rtnl
from tests.drivers.linux.namespaces import gateway_behind_veth, ip, needs_root, veth

pytestmark = needs_root


async def gateways():
    rtnl = await Rtnl.open()
    try:
        return [(g.address, g.metric) for g in await default_gateways(rtnl)]
    finally:
        await rtnl.aclose()


def test_the_default_gateways_preferred_first():
    with gateway_behind_veth():
        ip("route", "add", "default", "via", "10.9.0.9", "metric", "100")
        ip("route", "add", "10.77.0.0/16", "via", "10.9.0.8")
        assert asyncio.run(gateways()) == [("10.9.0.9", 100), ("10.9.0.1", 600), ("fd09::1", 1024)]


def test_several_hops_of_one_route():
    with gateway_behind_veth():
        ip("route", "replace", "default", "metric", "600",
           "nexthop", "via", "10.9.0.1", "nexthop", "via", "10.9.0.5")  # fmt: skip
        found = asyncio.run(gateways())
        assert [address for address, _ in found] == ["10.9.0.1", "10.9.0.5", "fd09::1"]


def test_no_gateway_at_all():
    with veth():
        ip("route", "add", "default", "dev", "v0")
        assert asyncio.run(gateways()) == []


async def asked(kind, address, times=3, timeout_s=1.0):
    probe = kind.open(Interface.named("v0"), address)
    try:
        return [await probe.rtt_ns(timeout_s) for _ in range(times)]
    finally:
        probe.close()


@pytest.mark.parametrize(
    ("kind", "address"), [(EchoProbe, "10.9.0.1"), (EchoProbe, "fd09::1"), (ArpProbe, "10.9.0.1")]
)
def test_the_gateway_answers(kind, address):
    """The first question may be lost while the kernel looks for the gateway's hardware address."""
    with gateway_behind_veth():
        for rtt_ns in asyncio.run(asked(kind, address))[1:]:
            assert rtt_ns is not None
            assert 0 <= rtt_ns < 500_000_000


@pytest.mark.parametrize("kind", [EchoProbe, ArpProbe])
def test_a_silent_gateway_is_unknown_not_zero(kind):
    with gateway_behind_veth() as there:
        ip("netns", "exec", there, "ip", "link", "set", "v1", "arp", "off")
        ip("netns", "exec", there, "ip", "addr", "flush", "dev", "v1")
        assert asyncio.run(asked(kind, "10.9.0.1", times=2, timeout_s=0.05)) == [None, None]


def test_a_late_answer_is_not_taken_for_the_next():
    async def ask_twice():
        probe = EchoProbe.open(Interface.named("v0"), "10.9.0.1")
        first = await probe.rtt_ns(0.0)
        await asyncio.sleep(0.05)
        second = await probe.rtt_ns(1.0)
        probe.close()
        return first, second

    with gateway_behind_veth():
        first, second = asyncio.run(ask_twice())
        assert first is None
        assert second is not None
        assert second < 50_000_000


@pytest.mark.parametrize("jump_ns", [3600 * 10**9, -3600 * 10**9])
def test_setting_the_wall_clock_does_not_make_a_delay(monkeypatch, jump_ns):
    real = time.time_ns
    with gateway_behind_veth():
        monkeypatch.setattr(time, "time_ns", lambda: real() + jump_ns)
        (rtt_ns,) = asyncio.run(asked(EchoProbe, "10.9.0.1", times=1))
        assert 0 < rtt_ns < 500_000_000


@pytest.mark.parametrize("packet", [b"", b"\x45", b"\x4f" * 30, bytes(28), b"\xff" * 60])
def test_packets_that_are_no_answer(packet):
    with gateway_behind_veth():
        for kind in (EchoProbe, ArpProbe):
            probe = kind.open(Interface.named("v0"), "10.9.0.1")
            probe._question()
            assert not probe._is_answer(packet)
            probe.close()


def test_an_address_that_cannot_be_asked():
    with veth():
        for kind in (EchoProbe, ArpProbe):
            with pytest.raises(DriverError, match="cannot be asked"):
                kind.open(Interface(index=77, name="wlan77"), "10.99.0.1")
        with pytest.raises(DriverError, match="cannot be asked by ARP"):
            ArpProbe.open(Interface.named("v0"), "fd00::1")

"""Offloads of a veth pair in the real kernel, and what a driver does not support."""

import asyncio
import struct

import pytest

from airsonde.core.errors import UnsupportedError
from airsonde.drivers.linux import ethtool
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal
from tests.drivers.linux.namespaces import ip, needs_root, veth

pytestmark = needs_root


def test_offloads_are_turned_and_put_back_bit_by_bit(tmp_path):
    with veth():
        v0 = Interface.named("v0")
        offload = ethtool.Offload()
        journal = Journal.open(tmp_path, "b1")
        before = ethtool.features(v0)
        assert before["tx-tcp-segmentation"].active
        wanted = dict.fromkeys((*ethtool.TSO_FEATURES, ethtool.GSO_FEATURE), False)
        for name, value in {**wanted, ethtool.GRO_FEATURE: True}.items():
            asyncio.run(journal.turn(offload, f"{v0.target}/{name}", value))
        stands = ethtool.features(v0)
        assert not any(stands[name].active for name in wanted)
        assert stands["rx-gro"].active
        asyncio.run(journal.revert({"offload": offload}))
        journal.close()
        assert ethtool.features(v0) == before


def test_what_the_driver_fixes_is_a_capability():
    with veth():
        target = Interface.named("v0").target
        with pytest.raises(UnsupportedError, match="does not let rx-lro be changed"):
            asyncio.run(ethtool.Offload().write(f"{target}/rx-lro", True))
        with pytest.raises(UnsupportedError, match="no offload sorcery"):
            asyncio.run(ethtool.Offload().read(f"{target}/sorcery"))


@pytest.mark.parametrize("knob", [ethtool.AdaptiveRx(), ethtool.EnergyEfficient()])
def test_what_veth_lacks_is_a_capability(knob):
    with veth():
        target = Interface.named("v0").target
        with pytest.raises(UnsupportedError, match="support"):
            asyncio.run(knob.read(target))
        with pytest.raises(UnsupportedError, match="support"):
            asyncio.run(knob.write(target, True))


class Phy:
    """A wired device as linux/ethtool.h's struct ethtool_eee tells of it; EEE off forgets modes."""

    def __init__(self, enabled):
        self.fields = [0, 0x28, 0x28, 0, 0, int(enabled), 1, 17, 0, 0]

    def __call__(self, interface, request):
        asked = list(struct.unpack("=10I", request))
        if asked[0] == 0x45:
            self.fields = [0, 0x28, asked[2] * asked[5], 0, 0, asked[5], asked[6], asked[7], 0, 0]
        return struct.pack("=10I", 0x44, *self.fields[1:])


@pytest.mark.parametrize("enabled", [True, False])
def test_a_docks_eee_is_turned_off_and_put_back(tmp_path, monkeypatch, enabled):
    with veth() as name:
        phy = Phy(enabled)
        monkeypatch.setattr(ethtool, "_asked", phy)
        before = list(phy.fields)
        knob, journal = ethtool.EnergyEfficient(), Journal.open(tmp_path, "b1")
        turned = asyncio.run(journal.turn(knob, Interface.named(name).target, False))
        assert (turned, phy.fields[5]) == (enabled, 0)
        asyncio.run(journal.revert({"eee": knob}))
        journal.close()
        assert phy.fields == before


def test_an_interface_that_went_away():
    with veth():
        v0 = Interface.named("v0")
        ip("link", "del", "v0")
        with pytest.raises(UnsupportedError, match="gone"):
            ethtool.features(v0)
        with pytest.raises(UnsupportedError, match="gone"):
            asyncio.run(ethtool.Offload().read(f"{v0.target}/rx-gro"))

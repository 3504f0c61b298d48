"""Offloads of a veth pair in the real kernel, and what a driver does not support."""

import asyncio

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


def test_an_interface_that_went_away():
    with veth():
        v0 = Interface.named("v0")
        ip("link", "del", "v0")
        with pytest.raises(UnsupportedError, match="gone"):
            ethtool.features(v0)
        with pytest.raises(UnsupportedError, match="gone"):
            asyncio.run(ethtool.Offload().read(f"{v0.target}/rx-gro"))

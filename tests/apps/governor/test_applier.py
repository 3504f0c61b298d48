"""What a host refuses for good is not asked for again; what it refuses in passing is."""

import asyncio
import errno

import pytest

from airsonde.apps.governor.applier import Applier
from airsonde.apps.governor.host import Host
from airsonde.apps.governor.roamer import Roamer
from airsonde.core.errors import UnsupportedError
from airsonde.drivers.linux.cake import CakeState
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.rtnl import kernel_refusal
from airsonde.link.model import Direction, SetShaping

SHAPE = SetShaping(ifname="lo", bandwidth_mbit=8.0, direction=Direction.INGRESS)


class Redirecting:
    """An ingress that fails so many times as there are errors."""

    def __init__(self, *errors):
        self.errors = list(errors)

    async def redirect(self, journal, interface):
        if self.errors:
            raise self.errors.pop(0)
        return Interface(index=9, name="ifb9")

    async def write(self, target, value):
        assert value is None


class Queues:
    """Holds every CAKE that it is told of."""

    async def shape(self, journal, place, cake):
        self.held = CakeState(cake=cake, tins=(), memory_used_bytes=0)

    async def cake(self, place):
        return self.held


def outcomes(tmp_path, error):
    """What becomes of three attempts of which the first is refused."""

    async def run():
        journal = Journal.open(tmp_path)
        host = Host(rtnl=None, queues=Queues(), ingress=Redirecting(error))
        applier = Applier(host, journal, Roamer(host, journal))
        try:
            return [await applier.apply(SHAPE) for _ in range(3)]
        finally:
            journal.close()

    return asyncio.run(run())


def test_an_ifb_that_somebody_deletes_while_it_is_turned_is_made_anew(tmp_path):
    gone = kernel_refusal(errno.ENODEV)
    assert isinstance(gone, UnsupportedError)
    assert outcomes(tmp_path, gone) == ["refused: the interface is gone", "applied", None]


@pytest.mark.parametrize("error", [UnsupportedError("no sch_ingress"), kernel_refusal(95)])
def test_what_a_kernel_lacks_is_said_once(tmp_path, error):
    assert outcomes(tmp_path, error) == [f"refused: {error.reason}", None, None]

"""One machine for all lab tests; a machine that was started by hand is used and left running."""

from collections.abc import Iterator

import pytest

from lab.hwsim.guest import Guest
from lab.hwsim.station import connect
from lab.hwsim.vm import Machine


@pytest.fixture(scope="session")
def guest() -> Iterator[Guest]:
    """The guest with its radios on and this checkout's wheel installed."""
    machine = Machine()
    started_by_hand = machine.running
    if not started_by_hand:
        machine.start()
    try:
        guest = Guest(machine)
        guest.prepare()
        yield guest
    finally:
        if not started_by_hand:
            machine.stop()


@pytest.fixture
def connected(guest: Guest) -> Guest:
    """The guest with wlan0 connected and every access point near."""
    connect(guest)
    return guest

"""One machine for all lab tests; a machine that was started by hand is used and left running."""

from collections.abc import Iterator

import pytest

from lab.hwsim.governor import InstalledGovernor
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


@pytest.fixture(scope="session")
def installed(guest: Guest) -> Iterator[InstalledGovernor]:
    """The governor of this checkout, as the service it ships."""
    governor = InstalledGovernor(guest)
    governor.uninstall()
    yield governor
    governor.uninstall()


@pytest.fixture
def governor(installed: InstalledGovernor) -> Iterator[InstalledGovernor]:
    """The installed governor, which does not run yet, at a connected station."""
    installed.install()
    installed.stop()
    connect(installed.guest)
    yield installed
    installed.stop()

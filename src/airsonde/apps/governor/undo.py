"""Put the host back as it was found: at a stop, at the next start, or when asked."""

import asyncio
from contextlib import suppress
from pathlib import Path

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.journal import Journal, Knob, Outcome, Undone
from airsonde.drivers.linux.journal_record import Entry
from airsonde.drivers.linux.message_bus import Bus
from airsonde.drivers.linux.undo import revert_host

_SYSTEMD, _PATH = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
_STATE = f"{_SYSTEMD}.Manager"


async def undo_all(journal: Journal, knobs: dict[str, Knob], *, keep_files: bool) -> list[Undone]:
    """Revert a journal; with `keep_files` what survives a reboot stays, and stays recorded.

    Options of kernel modules act at the next boot: taking them back while the machine goes down
    would mean that they never act.
    """

    def now(entry: Entry) -> bool:
        knob = knobs.get(entry.kind)
        return not keep_files or knob is None or knob.volatile

    return await journal.revert(knobs, now)


async def going_down(bus: Bus | None) -> bool:
    """Whether the machine is being shut down, as far as systemd says."""
    if bus is None or bus.gone.done():
        return False
    with suppress(DriverError):
        if await bus.owner(_SYSTEMD) is None:
            return False
        (state,) = await bus.call(
            _SYSTEMD, _PATH, "org.freedesktop.DBus.Properties.Get", "ss", [_STATE, "SystemState"]
        )
        return bool(state == "stopping")
    return False


def revert(state_dir: Path, *, stopped: bool = False) -> list[Undone]:
    """Revert what a daemon left behind; nothing is there to do after an orderly stop.

    With `stopped` a machine that goes down keeps what is meant for its next boot. Raises
    DriverError while a daemon runs.
    """
    if not (state_dir / "undo.journal").exists():
        return []
    journal = Journal.open(state_dir)
    try:
        if stopped and asyncio.run(_system_goes_down()):
            return []
        return asyncio.run(revert_host(journal)) if journal.entries else []
    finally:
        journal.close()


def failed(report: list[Undone]) -> list[Undone]:
    """What is still to be put back."""
    return [done for done in report if done.outcome is Outcome.FAILED]


async def _system_goes_down() -> bool:
    with suppress(DriverError):
        bus = await Bus.system()
        try:
            return await going_down(bus)
        finally:
            await bus.aclose()
    return False

"""`airsonde link run`: govern in the foreground, reload on SIGHUP, end on SIGTERM or SIGINT."""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

from airsonde.apps.governor.applier import DryRun
from airsonde.apps.governor.daemon import Daemon
from airsonde.apps.governor.decisions import Decisions
from airsonde.apps.governor.governing import Print, end, govern, open_applied, told
from airsonde.apps.governor.host import open_host
from airsonde.apps.governor.settings import Settings, read_settings
from airsonde.core.errors import AirsondeError, DriverError
from airsonde.drivers.linux.systemd import Notifier


def require_root() -> None:
    """Raises DriverError for anybody else."""
    if os.geteuid() != 0:
        raise DriverError("the governor changes the network: run it as root (sudo airsonde …)")


def run(config: Path | None, *, dry_run: bool, say: Print, tell: Print) -> None:
    """Govern until told to stop; in a dry run `tell` gets every decision as a JSON line.

    Raises ConfigError for bad settings, DriverError.
    """
    settings = read_settings(config)
    if not dry_run:
        require_root()
    asyncio.run(_run(config, settings, dry_run=dry_run, say=say, tell=tell))


async def _run(
    config: Path | None, settings: Settings, *, dry_run: bool, say: Print, tell: Print
) -> None:
    async with AsyncExitStack() as stack:
        host = await open_host(stack)
        if dry_run:
            daemon = Daemon(host, settings, DryRun(), None, Decisions(say=tell))
            stack.callback(daemon.observer.close)
            await _live(daemon, config, Notifier({}), say)
        else:
            daemon, _ = await open_applied(stack, host, settings, say)
            await _live(daemon, config, Notifier(), say)


async def _live(daemon: Daemon, config: Path | None, notifier: Notifier, say: Print) -> None:
    """Govern until a signal says to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, stop, daemon)
    loop.add_signal_handler(signal.SIGHUP, _reload, daemon, config, notifier, say)
    await govern(daemon, stop, notifier, say)


def _reload(daemon: Daemon, config: Path | None, notifier: Notifier, say: Print) -> None:
    """Take the settings anew; bad ones are told and change nothing."""
    told(notifier.reloading, time.monotonic_ns() // 1000)
    try:
        daemon.renew(read_settings(config))
        said = "settings were read again"
    except AirsondeError as e:
        said = f"the settings stay as they were: {e}"
    say(said)
    told(notifier.ready, said)

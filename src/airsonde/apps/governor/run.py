"""`airsonde link run`: put the daemon together, keep it alive, and undo everything at its end."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from functools import partial
from io import BytesIO
from pathlib import Path

from airsonde.apps.governor import events
from airsonde.apps.governor.applier import Applier, DryRun
from airsonde.apps.governor.daemon import Daemon
from airsonde.apps.governor.decisions import Decisions, LogFile
from airsonde.apps.governor.host import Host, open_host
from airsonde.apps.governor.roamer import Roamer
from airsonde.apps.governor.sessions import follow_sessions
from airsonde.apps.governor.settings import Settings, read_settings
from airsonde.apps.governor.status import Answers
from airsonde.apps.governor.status_socket import StatusSocket
from airsonde.apps.governor.tuner import Tuner
from airsonde.apps.governor.undo import failed, going_down, undo_all
from airsonde.apps.link_trace import write_trace
from airsonde.core.errors import AirsondeError, DriverError, UnsupportedError
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.systemd import Notifier
from airsonde.link.model import Observation

Print = Callable[[str], None]


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
        for reason in host.missing.values():
            say(reason)
        if dry_run:
            daemon = Daemon(host, settings, DryRun(), None, Decisions(say=tell))
            stack.callback(daemon.observer.close)
            await _live(daemon, config, Notifier({}), say)
        else:
            await _applied(stack, host, settings, config, say)


async def _applied(
    stack: AsyncExitStack, host: Host, settings: Settings, config: Path | None, say: Print
) -> None:
    """The whole daemon, with everything it changes recorded."""
    state = Path(settings.governor.state_dir)
    journal = Journal.open(state)
    stack.callback(journal.close)
    for done in failed(await undo_all(journal, host.knobs(), keep_files=False)):
        say(f"left by a daemon that died: {done.kind} {done.target}: {done.reason}")
    log = Decisions(LogFile(state / "decisions.jsonl", settings.governor.log_bytes))
    stack.callback(log.close)
    roamer = Roamer(host, journal)
    tuner = Tuner(host, journal, settings.governor)
    daemon = Daemon(host, settings, Applier(host, journal, roamer), tuner, log)
    stack.callback(daemon.observer.close)
    stack.push_async_callback(_undo, host, journal, say)
    stack.push_async_callback(roamer.aclose)
    folder, group = Path(settings.governor.run_dir), settings.governor.socket_group
    socket = await StatusSocket.open(folder, group, Answers(daemon, journal))
    stack.push_async_callback(socket.aclose)
    daemon.watchers.append(partial(_tell, socket))
    await _live(daemon, config, Notifier(), say)


async def _undo(host: Host, journal: Journal, say: Print) -> None:
    keep = await going_down(host.bus)
    for done in failed(await undo_all(journal, host.knobs(), keep_files=keep)):
        say(f"{done.kind} {done.target} {done.outcome.value}: {done.reason}")


def _tell(socket: StatusSocket, obs: Observation) -> None:
    """Give an observation to who records."""
    if socket.followed:
        line = BytesIO()
        write_trace(line, [obs])
        socket.tell(line.getvalue())


async def _live(daemon: Daemon, config: Path | None, notifier: Notifier, say: Print) -> None:
    """Look around until a signal says to stop; faults of followers are told, not fatal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stop, daemon)
    loop.add_signal_handler(signal.SIGHUP, _reload, daemon, config, notifier, say)
    followers = [asyncio.create_task(work) for work in _followers(daemon, say)]
    try:
        await daemon.look()
        _told(notifier.ready, f"governs {', '.join(daemon.latest) or 'nothing yet'}")
        while not stop.is_set():
            names = await daemon.wakes.wait(_pause_s(daemon, notifier))
            _told(notifier.alive)
            if not stop.is_set():
                await daemon.look(names)
        _told(notifier.stopping)
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


def _followers(daemon: Daemon, say: Print) -> list[Coroutine[None, None, None]]:
    host = daemon.host
    works: list[Callable[[], Awaitable[None]]] = [
        partial(events.follow_manager, host, daemon.wakes),
        partial(events.follow_kernel, daemon.kernel_changed),
        partial(events.follow_sleep, host, daemon.awake),
        partial(_follow_games, daemon),
    ]
    if host.nl80211 is not None:
        works.append(partial(events.follow_wifi, daemon.wifi_changed))
    return [events.keep(work, say) for work in works]


async def _follow_games(daemon: Daemon) -> None:
    try:
        await follow_sessions(daemon.games_changed)
    except UnsupportedError as e:
        daemon.host.missing["games"] = e.reason
        raise


def _pause_s(daemon: Daemon, notifier: Notifier) -> float:
    return min(daemon.pause_s, (notifier.watchdog_s or 1e9) / 2)


def _stop(stop: asyncio.Event, daemon: Daemon) -> None:
    stop.set()
    daemon.wakes.wake()


def _reload(daemon: Daemon, config: Path | None, notifier: Notifier, say: Print) -> None:
    """Take the settings anew; bad ones are told and change nothing."""
    _told(notifier.reloading, time.monotonic_ns() // 1000)
    try:
        daemon.renew(read_settings(config))
        said = "settings were read again"
    except AirsondeError as e:
        said = f"the settings stay as they were: {e}"
    say(said)
    _told(notifier.ready, said)


def _told(tell: Callable[..., None], *words: object) -> None:
    """Systemd that does not listen is no reason to stop."""
    with suppress(DriverError):
        tell(*words)

"""A governor's life: what it changes is recorded, and put back at its end, whoever runs it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from functools import partial
from io import BytesIO
from pathlib import Path

from airsonde.apps.governor import events
from airsonde.apps.governor.applier import Applier
from airsonde.apps.governor.daemon import Daemon
from airsonde.apps.governor.decisions import Decisions, LogFile
from airsonde.apps.governor.host import Host
from airsonde.apps.governor.roamer import Roamer
from airsonde.apps.governor.sessions import follow_sessions
from airsonde.apps.governor.settings import Settings
from airsonde.apps.governor.status import Answers
from airsonde.apps.governor.status_socket import StatusSocket
from airsonde.apps.governor.tuner import Tuner
from airsonde.apps.governor.undo import failed, going_down, undo_all
from airsonde.apps.link_trace import write_trace
from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.systemd import Notifier
from airsonde.link.model import Observation

Print = Callable[[str], None]


async def open_applied(
    stack: AsyncExitStack, host: Host, settings: Settings, say: Print
) -> tuple[Daemon, Answers]:
    """A daemon that acts, and answers at its socket; closing the stack puts everything back.

    Raises DriverError, also while another one runs.
    """
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
    answers = Answers(daemon, journal)
    socket = await StatusSocket.open(folder, group, answers)
    stack.push_async_callback(socket.aclose)
    daemon.watchers.append(partial(_tell, socket))
    return daemon, answers


async def govern(daemon: Daemon, stop: asyncio.Event, notifier: Notifier, say: Print) -> None:
    """Look around until `end` is called; what is missing and faults of followers are told."""
    say = events.unrepeated(say)
    for reason in daemon.host.missing.values():
        say(reason)
    followers = [asyncio.create_task(work) for work in _followers(daemon, say)]
    try:
        await daemon.look()
        told(notifier.ready, f"governs {', '.join(daemon.latest) or 'nothing yet'}")
        while not stop.is_set():
            names = await daemon.wakes.wait(_pause_s(daemon, notifier))
            told(notifier.alive)
            if not stop.is_set():
                await daemon.look(names)
        told(notifier.stopping)
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


def end(stop: asyncio.Event, daemon: Daemon) -> None:
    """Let `govern` return as soon as it has done what it is doing."""
    stop.set()
    daemon.wakes.wake()


def told(tell: Callable[..., None], *words: object) -> None:
    """Systemd that does not listen is no reason to stop."""
    with suppress(DriverError):
        tell(*words)


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

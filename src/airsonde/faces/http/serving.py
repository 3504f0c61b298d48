"""Put the agent and its API together, and run them until a signal comes."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from airsonde.apps.agent.actions import Actions
from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.daemon import Daemon
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.settings import Settings
from airsonde.faces.http.server import Server

_THREADS: Final = 2  # they decode slices of replays, each costs an arena; a sink may block its own


async def serve(settings: Settings, file: str | None) -> None:
    """Run until SIGTERM or SIGINT. Raises AirsondeError when it cannot begin."""
    agent = Agent(settings, Log(), file=file)
    daemon = Daemon(agent)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS + len(agent.sinks)))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, daemon.ask_to_stop)
    server = Server(Actions(agent, daemon))
    agent.log.info("listening", url=server.url, origin=agent.teller.provenance)
    if sys.stdout.isatty():  # a terminal shows it to one person; a pipe may be a log
        print(f"open {server.url}/#token={server.tokens.write}")
    await daemon.run([server, *agent.asked_for()])

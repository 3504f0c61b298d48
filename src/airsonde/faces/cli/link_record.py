"""`airsonde link record`: the daemon's observations as a trace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import click

from airsonde.apps.governor.status_socket import follow
from airsonde.faces.cli.link_options import config_option, run_dir


@click.command()
@config_option
@click.argument("trace", type=click.File("wb"), default="-")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so long.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many observations.")
def record(config: Path | None, trace: BinaryIO, seconds: float | None, count: int | None) -> None:
    """Write what the daemon observes to TRACE (- is the output), for `airsonde link replay`."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_record(follow(run_dir(config)), trace, seconds, count))


async def _record(
    lines: AsyncIterator[bytes], trace: BinaryIO, seconds: float | None, count: int | None
) -> None:
    written = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for line in lines:
                trace.write(line)
                trace.flush()
                written += 1
                if written == count:
                    return

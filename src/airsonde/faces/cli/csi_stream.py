"""`airsonde csi stream`: what a live source says, one JSON object a line."""

import asyncio
import signal

import click

from airsonde.apps.calibrate import baseline as baseline_of
from airsonde.apps.live import LINGER_S, LiveRun
from airsonde.apps.python_api import datagram_decoder
from airsonde.apps.sensing_results import event_fields, window_fields
from airsonde.csi.pipeline import Findings, Pipeline
from airsonde.faces.cli.live_source import LiveChoice, live_choice, live_options
from airsonde.faces.cli.output import print_line
from airsonde.faces.cli.sensing_options import baseline_option

_EXAMPLES = """\b
Examples:
  airsonde csi stream --udp 5500 --family nexmon | jq 'select(.topic == "event")'
  airsonde csi stream --serial /dev/ttyUSB0 --windows
"""


@click.command(epilog=_EXAMPLES)
@live_options
@baseline_option
@click.option("--windows", is_flag=True, help="Print every window too, not the events alone.")
def stream(
    udp: str | None,
    serial: str | None,
    baud: int,
    family: str | None,
    baseline: str | None,
    windows: bool,
) -> None:
    """Print the events of a live source as JSON lines until Ctrl-C; each names its "topic"."""
    choice = live_choice(udp, serial, baud, family)
    calibration = baseline_of(baseline) if baseline else None
    pipeline = Pipeline(choice.name, calibration=calibration)
    asyncio.run(_stream(choice, pipeline, windows=windows))


async def _stream(choice: LiveChoice, pipeline: Pipeline, *, windows: bool) -> None:
    source = choice.open(linger_s=LINGER_S)
    run = LiveRun(source, datagram_decoder(choice.family), pipeline)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.stop)
    click.echo(f"listening on {source.name}; Ctrl-C ends it", err=True)
    try:
        async for heard in run.heard():
            _print(heard.findings, windows=windows)
    finally:
        await source.aclose()


def _print(findings: Findings, *, windows: bool) -> None:
    if windows:
        for look in findings.looks:
            print_line({"topic": "window", **window_fields(look)})
    for event in findings.events:
        print_line({"topic": "event", **event_fields(event)})

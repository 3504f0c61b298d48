"""`airsonde csi record`: from a UDP port or a serial port into a capture."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import click

from airsonde.apps.python_api import datagram_decoder
from airsonde.apps.record import (
    Account,
    Limits,
    Opener,
    Recorder,
    capture_opener,
    check_target,
    free_name,
    survives_a_kill,
)
from airsonde.csi.model import Family
from airsonde.drivers.transport.blocks import LiveSource
from airsonde.faces.cli.live_source import live_choice, live_options
from airsonde.faces.cli.output import print_json

_QUIET_S = 5.0
_PROGRESS_S = 0.5
_CHECKS = {
    Family.NEXMON: (
        "is the extractor armed (`nexutil -Iwlan0 -s500 …`) on the channel the access point uses, "
        "and does `tcpdump -ni wlan0 dst port 5500` show packets? Does a firewall drop them?"
    ),
    Family.ESP32: (
        "does the board run (its console says so), is this machine its target address, "
        "and are both in one network? Does a firewall drop UDP to this port?"
    ),
}
_EXAMPLES = """\b
Examples:
  airsonde csi record walk.arrows.zst --udp 5500 --family nexmon --duration 30s
  airsonde csi record desk.rvcsi --serial /dev/ttyUSB0 --baud 921600
"""
_UNITS_S = {"": 1.0, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """A time as people write it: 30, 30s, 1.5m, 2h."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", str(value).strip())
        if match is None or match[2] not in _UNITS_S or float(match[1]) == 0:
            self.fail(f"{value!r} is no time; write 30s, 5m or 1h", param, ctx)
        return float(match[1]) * _UNITS_S[match[2]]


@click.command(epilog=_EXAMPLES)
@click.argument("out", type=click.Path(path_type=Path))
@live_options
@click.option("--duration", type=Duration(), help="Stop after this time: 30s, 5m, 1h.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many frames.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@click.option("--next", "next_", is_flag=True, help="Where OUT exists, write OUT-2, OUT-3, …")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
def record(  # noqa: PLR0917  (click passes them by name)
    out: Path,
    udp: str | None,
    serial: str | None,
    baud: int,
    family: str | None,
    duration: float | None,
    count: int | None,
    force: bool,
    next_: bool,
    as_json: bool,
) -> None:
    """Record live CSI into OUT until a limit is reached or Ctrl-C.

    The suffix of OUT picks the format.
    """
    target = free_name(out) if next_ else out
    check_target(target, force=force)
    choice = live_choice(udp, serial, baud, family)
    opener = capture_opener(target, choice.name, choice.family)
    if not survives_a_kill(target):
        click.echo(
            f"{target.name} appears when the recording has ended in order; "
            "end the name in .arrows.zst to keep what a power cut leaves",
            err=True,
        )
    limits = Limits(duration_s=duration, frames=count)
    account = asyncio.run(_record(choice.open(), choice.family, opener, limits))
    _report(account, target, choice.family, as_json=as_json)


async def _record(source: LiveSource, family: Family, opener: Opener, limits: Limits) -> Account:
    recorder = Recorder(source, datagram_decoder(family), opener, limits)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, recorder.stop)
    click.echo(f"listening on {source.name}; Ctrl-C ends the recording", err=True)
    try:
        return await recorder.run(_Progress(family))
    finally:
        await source.aclose()


class _Progress:
    """One line on a terminal; one hint, anywhere, when nothing comes."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._line = sys.stderr.isatty()
        self._next_s = _PROGRESS_S
        self._hinted = False

    def __call__(self, account: Account) -> None:
        if not account.received and not self._hinted and account.elapsed_s >= _QUIET_S:
            self._hinted = True
            click.echo(f"nothing yet: {_check(self._family)}", err=True)
        if self._line and account.elapsed_s >= self._next_s:
            self._next_s = account.elapsed_s + _PROGRESS_S
            click.echo(f"\r{_line(account)}\x1b[K", err=True, nl=False)


def _check(family: Family) -> str:
    return _CHECKS.get(family, "is the sender running, and does it send to this port?")


def _line(account: Account) -> str:
    rate = account.decoded / account.elapsed_s if account.elapsed_s else 0.0
    skipped = sum(account.skipped.values())
    parts = [f"{account.elapsed_s:.0f} s", f"{account.decoded} frames ({rate:.0f}/s)"]
    parts += [f"{skipped} skipped"] if skipped else []
    parts += [f"{account.lost} lost"] if account.lost else []
    return ", ".join(parts)


def _report(account: Account, target: Path, family: Family, *, as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo("", err=True)
    written = str(target) if account.decoded else None
    if as_json:
        print_json(
            {
                "file": written,
                "elapsed_s": round(account.elapsed_s, 3),
                "received": account.received,
                "decoded": account.decoded,
                "skipped": account.skipped,
                "lost": account.lost,
            }
        )
    else:
        click.echo(
            f"{account.received} received = {account.decoded} decoded + "
            f"{sum(account.skipped.values())} skipped, {_lost(account.lost)}"
        )
        for reason, number in sorted(account.skipped.items()):
            click.echo(f"  skipped {number}: {reason}")
    if written is None:
        hint = f"; {_check(family)}" if not account.received else "; is --family right?"
        raise click.ClickException(f"no frame was recorded, {target} was not written{hint}")
    if not as_json:
        click.echo(f"wrote {written}")


def _lost(lost: int | None) -> str:
    return "losses unknown" if lost is None else f"{lost} lost before they could be read"

"""Options that the memory verbs share: the store, which memories are meant, times."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import click

from airsonde.apps.memory_stores import open_store
from airsonde.csi.memory import MemoryKind, RfMemory, Where

F = TypeVar("F", bound=Callable[..., Any])
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST_CLOCK_NS: Final = 946_684_800_000_000_000  # 2000: what lies before counts from a start
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Moment(click.ParamType[int]):
    """ISO 8601 time (local without an offset), nanoseconds, or a span ago: 90s, 5m, 2h, 3d, 1w."""

    name = "time"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        if isinstance(value, int):
            return value
        if value.isdecimal() and len(value) < 20:
            return int(value)
        if span := re.fullmatch(r"(\d{1,9})([smhdw])", value):
            return time.time_ns() - int(span[1]) * _SECONDS[span[2]] * 1_000_000_000
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no time; say 2026-11-21T14:00, or 2h for two hours ago", param, ctx
            )
        return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def store_option(command: F) -> F:
    """Add --store; the command gets `store_address`."""
    return click.option(
        "--store",
        "store_address",
        metavar="PATH|URL",
        help="File or postgresql://… [default: airsonde/memory.db in XDG_STATE_HOME]",
    )(command)


def where_options(command: F) -> F:
    """Add --room, --source, --kind, --since and --until, which `where_of` takes."""
    for decorate in (
        click.option("--until", type=Moment(), help="Only before this time."),
        click.option("--since", type=Moment(), help="Only from this time on: a time, or 2h, 3d."),
        click.option("--kind", type=click.Choice([k.value for k in MemoryKind])),
        click.option("--source", help="Only from this source."),
        click.option("--room", help="Only of this room."),
    ):
        command = decorate(command)
    return command


def where_of(**options: Any) -> Where:
    """What `where_options` collected."""
    kind = options["kind"]
    return Where(
        room=options["room"],
        source=options["source"],
        kind=MemoryKind(kind) if kind else None,
        since_ns=options["since"],
        until_ns=options["until"],
    )


@contextmanager
def opened(address: str | None) -> Iterator[RfMemory]:
    """The store, closed in the end."""
    store = open_store(address)
    try:
        yield store
    finally:
        store.close()


def time_text(t_ns: int) -> str:
    """A time for people; that of a clock that was never set as seconds from its start."""
    if t_ns < _OLDEST_CLOCK_NS:
        return f"start + {t_ns / 1e9:.3f} s"
    moment = _EPOCH + timedelta(microseconds=t_ns // 1000)
    return moment.astimezone().isoformat(sep=" ", timespec="milliseconds")

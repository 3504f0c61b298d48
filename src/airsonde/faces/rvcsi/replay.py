"""`rvcsi replay` and `rvcsi stream`: the frames of a capture, a line each."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click
import numpy as np

from airsonde.apps.rvcsi_queries import frame_lines
from airsonde.csi.batches import interleaved
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import FrameBatch, Verdict
from airsonde.faces.rvcsi.failure import CommandError, context


@click.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Emit each frame as JSON.")
@click.option("--limit", type=click.IntRange(0), help="Stop after this many frames.")
@click.option("--speed", default=1.0, help="Accepted, not enforced.")
def replay(path: str, as_json: bool, limit: int | None, speed: float) -> None:
    """Replay a `.rvcsi` capture, emitting one line per frame."""
    if abs(np.float32(speed) - 1) > np.finfo(np.float32).eps:
        shown = np.format_float_positional(np.float32(speed), trim="-")
        click.echo(
            f"note: --speed {shown} is not enforced by the CLI; replaying as fast as possible",
            err=True,
        )
    _replay(path, as_json=as_json, limit=limit)


@click.command()
@click.option("--in", "path", required=True, help="Path to a `.rvcsi` capture file.")
@click.option("--format", "form", default="json", help="Only json.")
@click.option("--port", type=click.IntRange(0, 65535), help="Accepted, not served.")
def stream(path: str, form: str, port: int | None) -> None:
    """Stream frames to stdout as JSON lines."""
    if form != "json":
        raise CommandError(
            f"unsupported --format `{form}` (only `json` is available in this build)"
        )
    if port is not None:
        click.echo(
            f"note: --port {port} (WebSocket) needs the rvcsi-daemon; "
            "streaming JSON lines to stdout instead",
            err=True,
        )
    _replay(path, as_json=True, limit=None)


def _replay(path: str, *, as_json: bool, limit: int | None) -> None:
    with context(f"opening {path}"):
        blocks = frame_lines(Path(path))
    # A limit of 0 is asked after the first frame, so one comes out.
    most = None if limit is None else max(limit, 1)
    shown = 0
    with context():
        for line in islice(_json(blocks) if as_json else _text(blocks), most):
            sys.stdout.buffer.write(line)
            shown += 1
    sys.stdout.flush()
    if not as_json:
        click.echo(f"-- {shown} frame(s)")


_Blocks = Iterator[tuple[list[FrameBatch], bytes]]


def _json(blocks: _Blocks) -> Iterator[bytes]:
    for _, lines in blocks:
        yield from lines.splitlines(keepends=True)


def _text(blocks: _Blocks) -> Iterator[bytes]:
    for batches, _ in blocks:
        lines = [line for batch in batches for line in _batch_text(batch)]
        yield from (lines[at] for at in interleaved(batches, [1] * len(batches)))


def _batch_text(batch: FrameBatch) -> Iterator[bytes]:
    channel = stated_channel(batch.lane)[0]
    verdicts = [] if batch.verdict is None else batch.verdict.tolist()
    levels = [] if batch.rssi_dbm is None else batch.rssi_dbm.tolist()
    qualities = [] if batch.quality is None else batch.quality.tolist()
    columns = zip(
        batch.extra["frame_id"].tolist(),
        batch.t_ns.tolist(),
        levels,
        qualities,
        verdicts,
        strict=True,
    )
    for number, t_ns, level, quality, verdict in columns:
        rssi = f"{level:.0f}" if level == level else "-"  # noqa: PLR0124
        name = Verdict(verdict).name.title()
        yield (
            f"{number:>8} {t_ns:>16} ch{channel:<3} rssi={rssi:>5} q={quality:.3f} {name}\n"
        ).encode()

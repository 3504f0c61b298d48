"""`airsonde csi head`: the first frames of a capture, in file order."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np

from airsonde.captures.capture import Capture
from airsonde.core.ids import mac_text
from airsonde.csi.model import FrameBatch
from airsonde.faces.cli.capture_argument import capture_argument, open_argument
from airsonde.faces.cli.output import print_json


@click.command()
@capture_argument
@click.option("-n", "--count", default=10, show_default=True, help="How many frames.")
@click.option("--lane", type=int, help="Only this lane.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with the CSI.")
def head(
    path: Path,
    format_: str | None,
    port: int | None,
    count: int,
    lane: int | None,
    as_json: bool,
) -> None:
    """Print the first frames of CAPTURE."""
    capture = open_argument(path, format_, port)
    if not as_json:
        click.echo("   index                 t_ns  lane  transmitter        RSSI  mean amplitude")
    for batch, row in islice(_frames(capture, lane), count):
        if as_json:
            print_json(_fields(batch, row))
        else:
            click.echo(_line(batch, row))


def _frames(capture: Capture, lane: int | None) -> Iterator[tuple[FrameBatch, int]]:
    """Frames in file order, block by block."""
    for block in capture.reader().blocks():
        rows = [
            (int(batch.index[row]), batch, row)
            for batch in block
            if lane is None or batch.lane.number == lane
            for row in range(len(batch))
        ]
        for _, batch, row in sorted(rows, key=lambda r: r[0]):
            yield batch, row


def _line(batch: FrameBatch, row: int) -> str:
    mac = batch.lane.transmitter
    level = float(np.abs(batch.csi[row][..., batch.lane.valid]).mean())
    rssi = _number(batch.rssi_dbm, row)
    return (
        f"{batch.index[row]:8d} {batch.t_ns[row]:20d} {batch.lane.number:5d}  "
        f"{mac_text(mac) if mac else '-':17s} {'-' if rssi is None else f'{rssi:.0f}':>5s} "
        f"{level:15.2f}"
    )


def _fields(batch: FrameBatch, row: int) -> dict[str, Any]:
    csi = batch.csi[row]
    return {
        "index": int(batch.index[row]),
        "t_ns": int(batch.t_ns[row]),
        "lane": batch.lane.number,
        "rssi_dbm": _number(batch.rssi_dbm, row),
        "noise_dbm": _number(batch.noise_dbm, row),
        "seq": None if batch.seq is None else int(batch.seq[row]),
        "subcarriers": batch.lane.subcarriers.tolist(),
        "real": csi.real.tolist(),
        "imag": csi.imag.tolist(),
    }


def _number(column: np.ndarray[Any, Any] | None, row: int) -> float | None:
    if column is None or np.isnan(column[row]):
        return None
    return float(column[row])

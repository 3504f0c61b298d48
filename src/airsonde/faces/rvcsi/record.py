"""`rvcsi record`: a dump of records or a pcap becomes a `.rvcsi` capture."""

from pathlib import Path

import click

from airsonde.apps.rvcsi_record import Job, profile_for, record_dump, record_pcap
from airsonde.core.errors import DriverError
from airsonde.faces.rvcsi.failure import CommandError, context


@click.command()
@click.option("--source", default="nexmon", help="nexmon (a dump of records) or nexmon-pcap")
@click.option("--in", "input_", required=True, help="Path to the input.")
@click.option("--out", "output", required=True, help="Path to write the capture.")
@click.option("--source-id", default="nexmon", help="Source id to stamp on the capture.")
@click.option("--session", default=0, type=click.IntRange(0, (1 << 64) - 1), help="Session id.")
@click.option("--port", type=click.IntRange(0, 65535), help="CSI UDP port (5500).")
@click.option("--chip", help="Validate against a chip or Raspberry Pi model.")
def record(
    *,
    source: str,
    input_: str,
    output: str,
    source_id: str,
    session: int,
    port: int | None,
    chip: str | None,
) -> None:
    """Transcode a Nexmon source into a `.rvcsi` capture, validating each frame."""
    job = Job(source=Path(input_), out=Path(output), source_id=source_id, session=session)
    if source == "nexmon":
        _dump(job)
    elif source == "nexmon-pcap":
        _pcap(job, port, chip)
    else:
        raise CommandError(f"unknown --source `{source}` (expected `nexmon` or `nexmon-pcap`)")


def _dump(job: Job) -> None:
    _check_readable(job.source)
    with context(f"creating {job.out}"):
        recorded = record_dump(job)
    if recorded.malformed is not None:
        click.echo(f"warning: stopped at a malformed Nexmon record: {recorded.malformed}")
    click.echo(
        f"recorded {recorded.written} frame(s) to {job.out} "
        f"({recorded.dropped} dropped by validation)"
    )


def _pcap(job: Job, port: int | None, chip: str | None) -> None:
    _check_readable(job.source)
    try:
        with context(f"parsing nexmon pcap {job.source}"):
            if chip is not None:
                profile_for(chip)
            recorded = record_pcap(job, port, chip)
    except CommandError as e:
        if isinstance(e.__cause__, DriverError):
            raise CommandError(f"creating {job.out}", *e.chain[1:]) from e
        raise
    note = "" if chip is None else f" (chip {chip})"
    click.echo(f"recorded {recorded.written} frame(s) from {job.source} to {job.out}{note}")


def _check_readable(path: Path) -> None:
    with context(f"reading {path}", plain_io=True), path.open("rb") as file:
        file.read(1)

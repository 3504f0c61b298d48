"""`airsonde demo`: what a capture is, holds and looks like, in one go."""

from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from airsonde.apps.demo import RECORDINGS, Subject, demonstrate, found, given
from airsonde.apps.pictures import Kind
from airsonde.captures.summary import LaneSummary, Survey
from airsonde.faces.cli.output import count_of
from airsonde.faces.cli.terminal_pictures import print_image, print_motion

_MOST_LANES = 12


@click.command()
@click.argument("capture", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder for the pictures.",
)
def demo(capture: Path | None, out: Path) -> None:
    """Show what CAPTURE is and holds, and draw it here and into files.

    Without CAPTURE a recording from ../shared/data is shown, and where there is none, a simulated
    room, marked as such.
    """
    console = Console()
    subject = given(capture) if capture is not None else found()
    _print_subject(console, subject, asked=capture is not None)
    shown = demonstrate(subject, out)
    _print_account(console, shown.survey)
    _print_lanes(console, shown.survey)
    number = shown.pictures.lane.number
    image = shown.pictures.images[Kind.WATERFALL]
    _headline(console, f"Amplitude of lane {number} by subcarrier (dB, frame RMS = 0)")
    print_image(console, image, shown.pictures.lane.valid)
    _headline(console, f"Motion in lane {number}: variation of the amplitude within a second")
    if shown.pictures.motion is not None:
        print_motion(console, shown.pictures.motion)
    _headline(console, "Pictures")
    for file in shown.files:
        click.echo(f"  {file}")


def _print_subject(console: Console, subject: Subject, *, asked: bool) -> None:
    if subject.simulated:
        console.print(
            Panel(
                f"No recording was found in {RECORDINGS}: everything below was computed, no radio "
                "measured it.\nShow a recording of your own with `airsonde demo FILE`.",
                title="SIMULATED",
                style="bold yellow",
                box=box.HEAVY if console.color_system else box.ASCII,
            )
        )
    elif asked:
        console.print(f"[bold]{subject.name}[/bold]", highlight=False, soft_wrap=True)
    else:
        console.print("A recording, made by a real radio:", highlight=False)
        console.print(f"[bold]{subject.name}[/bold]", highlight=False, soft_wrap=True)
    console.print()


def _print_account(console: Console, survey: Survey) -> None:
    chip = f", {survey.chip}" if survey.chip else ""
    click.echo(f"Made by: {survey.family or 'unknown'}{chip}")
    skipped = sum(survey.skipped.values())
    records = count_of(survey.records, "record")
    click.echo(f"Account: {records} = {survey.decoded} decoded + {skipped} skipped")
    for reason, count in survey.skipped.items():
        click.echo(f"  skipped {count}: {reason}")
    for remark in (*survey.suspicions, *survey.warnings):
        console.print(f"  {remark}", style="yellow", highlight=False, markup=False)


def _print_lanes(console: Console, survey: Survey) -> None:
    """Print the longest lanes, a row each."""
    table = Table(box=box.SIMPLE_HEAD if console.color_system else None, padding=(0, 1, 0, 0))
    table.add_column("lane", justify="right", no_wrap=True)
    table.add_column("transmitter", no_wrap=True)
    table.add_column("channel", no_wrap=True)
    table.add_column("format", overflow="fold", min_width=6)
    for name in ("rx·tx", "tones", "frames", "per s", "RSSI dBm"):
        table.add_column(name, justify="right", no_wrap=True)
    longest = sorted(survey.lanes, key=lambda lane: -lane.frames)[:_MOST_LANES]
    for lane in longest:
        table.add_row(*_cells(lane))
    console.print(table)
    left_out = len(survey.lanes) - len(longest)
    if left_out:
        click.echo(f"and {count_of(left_out, 'shorter lane')}")


def _cells(lane: LaneSummary) -> tuple[str, ...]:
    channel = f"{lane.channel or lane.center_mhz}/{lane.width_mhz} MHz" if lane.width_mhz else "?"
    layout = " ".join(w for w in (lane.ppdu, lane.training) if w)
    rssi = "?" if lane.rssi_dbm is None else "{:.0f}…{:.0f}".format(*lane.rssi_dbm)
    return (
        str(lane.lane),
        lane.transmitter or "?",
        channel,
        layout or "?",
        f"{lane.n_rx}·{lane.n_tx}",
        f"{lane.valid_subcarriers}/{lane.subcarriers}",
        str(lane.frames),
        f"{lane.rate_hz:.1f}" if lane.rate_hz else "?",
        rssi,
    )


def _headline(console: Console, text: str) -> None:
    console.print()
    console.print(text, style="bold", highlight=False)

"""`airsonde memory rooms`, `baseline` and `drift`: what is known of rooms."""

from dataclasses import asdict

import click

from airsonde.apps.memory import DAY_NS, HOUR_NS, learn_baseline
from airsonde.apps.memory import drift as room_drift
from airsonde.csi.memory import Where
from airsonde.faces.cli.memory_options import Moment, opened, store_option, time_text
from airsonde.faces.cli.output import count_of, print_json


@click.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def rooms(store_address: str | None, as_json: bool) -> None:
    """List what is remembered, by room, source, kind and encoder; and the rooms' baselines."""
    with opened(store_address) as store:
        held, known = store.memories.count(Where()), store.rooms.baselines()
    if as_json:
        baselines = [
            {
                "room": b.room,
                "version": b.version,
                "encoder": b.encoder,
                "windows": b.windows,
                "t_ns": b.t_ns,
            }
            for b in known
        ]
        print_json({"holdings": [asdict(h) for h in held], "baselines": baselines})
        return
    for h in held:
        what = f"{count_of(h.number, h.kind.value)} of {h.encoder}"
        times = f"{time_text(h.first_t_ns)} … {time_text(h.last_t_ns)}"
        click.echo(f"{h.room or 'no room'}  {h.source}  {what}  {times}")
    for b in known:
        learnt = "" if b.windows is None else f" from {count_of(b.windows, 'window')}"
        click.echo(f"{b.room}  baseline {b.version}{learnt}")


@click.command()
@click.argument("room")
@click.option("--since", type=Moment(), help="Only windows from this time on.")
@click.option("--until", type=Moment(), help="Only windows before this time.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def baseline(
    room: str, since: int | None, until: int | None, store_address: str | None, as_json: bool
) -> None:
    """Learn how ROOM usually is from the windows that are remembered of it."""
    with opened(store_address) as store:
        learnt = learn_baseline(store, Where(room=room, since_ns=since, until_ns=until))
    if as_json:
        print_json({"room": room, "version": learnt.version, "windows": learnt.windows})
    else:
        click.echo(f"learnt {learnt.version} from {count_of(learnt.windows or 0, 'window')}")


@click.command()
@click.argument("room")
@click.option("--by", type=click.Choice(["hour", "day"]), default="day", show_default=True)
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def drift(room: str, by: str, store_address: str | None, as_json: bool) -> None:
    """Print how far ROOM was from its latest baseline: 1 - cosine, 0 is as usual.

    It stays known when the windows themselves have been forgotten. Days are those of UTC.
    """
    with opened(store_address) as store:
        spans = room_drift(store, room, HOUR_NS if by == "hour" else DAY_NS)
    if as_json:
        keys = ("version", "start_ns", "number", "mean", "largest")
        print_json([{key: getattr(span, key) for key in keys} for span in spans])
        return
    for span in spans:
        click.echo(
            f"{time_text(span.start_ns)}  mean {span.mean:.4f}  largest {span.largest:.4f}  "
            f"{count_of(span.number, 'window')}"
        )

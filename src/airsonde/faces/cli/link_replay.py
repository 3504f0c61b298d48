"""`airsonde link replay`: the policies on a recorded trace."""

import json
from pathlib import Path
from typing import Any

import click

from airsonde.apps import link_replay
from airsonde.drivers.transport.files import opened
from airsonde.link.governor import PRESETS


@click.command()
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="adaptive",
    show_default=True,
    help="v3: the specified rules exactly; adaptive: better constants and inputs.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--explain", is_flag=True, help="Also say, policy by policy, why.")
def replay(trace: Path, preset: str, as_json: bool, explain: bool) -> None:
    """Print the actions that a preset takes on TRACE, in order.

    TRACE holds one observation a line as JSON. The same trace gives the same output, byte for
    byte; a setting is printed only when it changes.
    """
    with opened(trace, buffered=True) as file:
        for record in link_replay.replay(file, preset, explain=explain):
            click.echo(json.dumps(record, ensure_ascii=False) if as_json else _line(record))


def _line(record: dict[str, Any]) -> str:
    seconds = record["t_ns"] / 1e9
    known = {k: v for k, v in record.items() if k not in {"t_ns", "action", "reason", "ifname"}}
    if "action" in record:
        values = " ".join(f"{k}={v}" for k, v in known.items())
        return f"{seconds:12.3f}  {record['ifname']}  {record['action']} {values}".rstrip()
    saw = ", ".join(f"{k} {v}" for k, v in record["saw"].items() if v is not None)
    blocked = f"; blocked by: {', '.join(record['blocked_by'])}" if record["blocked_by"] else ""
    why = f"{record['rule']}{blocked}{f' ({saw})' if saw else ''}"
    return f"{'':12s}    {record['reason']}: {why}"

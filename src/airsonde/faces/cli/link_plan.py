"""`airsonde link plan`: the tuning plan of a described host."""

from pathlib import Path

import click

from airsonde.apps.link_plan import plan_record, read_host
from airsonde.drivers.transport.files import opened
from airsonde.faces.cli.output import print_json
from airsonde.link import tuning
from airsonde.link.governor import PRESETS

_DESCRIPTION_BYTES = 1 << 20


@click.command()
@click.argument("host", type=click.Path(path_type=Path))
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="adaptive",
    show_default=True,
    help="v3: as first specified; adaptive: what helps.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def plan(host: Path, preset: str, as_json: bool) -> None:
    """Print the tuning of the machine that HOST describes; nothing is changed.

    HOST is a JSON file: {"ifname": "wlan0", "kind": "wifi", "driver": "iwlwifi",
    "module_parameters": {"iwlwifi": ["power_save"]}, "vectors": [{"irq": 40, "names":
    "iwlwifi:queue_1"}], "permitted_cpus": [0, 1], "cpu_loads": {"0": 0.4}, "irqbalance": false,
    "iwd": false}. All but ifname may be left out; kind is wifi or ethernet.
    """
    with opened(host) as file:
        record = plan_record(tuning.plan(read_host(file.read(_DESCRIPTION_BYTES)), preset))
    if as_json:
        print_json(record)
        return
    for path, text in record["files"].items():
        click.echo(f"{path}\n  " + "\n  ".join(text.splitlines()))
    for irq, cpu in record["irq_cpus"].items():
        click.echo(f"interrupt {irq} to CPU {cpu}")
    for section, keys in record["iwd"].items():
        click.echo(f"{tuning.IWD_FILE} [{section}] {' '.join(f'{k}={v}' for k, v in keys.items())}")
    click.echo(" ".join(f"{k} {'on' if on else 'off'}" for k, on in record["offloads"].items()))
    if record["energy_efficient"] is not None:
        click.echo(f"eee {'on' if record['energy_efficient'] else 'off'}")
    for note in record["notes"]:
        click.echo(f"note: {note}")

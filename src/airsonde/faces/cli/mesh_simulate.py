"""`airsonde mesh simulate`: what a mesh of many nodes costs and survives, computed."""

import os
import time
from typing import Any

import click

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

from airsonde.faces.cli.output import print_json

_SHARE = click.FloatRange(0, 1)


@click.command()
@click.option("--nodes", default=50, show_default=True, type=click.IntRange(1, 60_000))
@click.option("--coordinators", default=1, show_default=True, type=click.IntRange(1, 50))
@click.option("--room-size", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seconds", default=30.0, show_default=True, help="Of computed time.")
@click.option("--unsigned", is_flag=True, help="Nodes that cannot authenticate.")
@click.option("--loss", default=0.0, type=_SHARE, help="Share of the datagrams.")
@click.option("--duplicated", default=0.0, type=_SHARE, help="Share of the datagrams.")
@click.option("--corrupted", default=0.0, type=_SHARE, help="Share of the datagrams.")
@click.option("--jitter-ms", default=0.0, type=click.FloatRange(0, 10_000))
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def simulate(**given: Any) -> None:
    """Let nodes and coordinators run on a computed network, and count.

    What the nodes sense is invented: this shows scale and robustness, not sensing.
    """
    from airsonde.apps.mesh.network import Faults
    from airsonde.apps.mesh.simulation import Plan, Simulation

    faults = Faults(
        loss=given["loss"],
        duplicated=given["duplicated"],
        corrupted=given["corrupted"],
        jitter_ns=round(given["jitter_ms"] * 1e6),
    )
    simulation = Simulation(
        Plan(
            nodes=given["nodes"],
            coordinators=given["coordinators"],
            room_size=given["room_size"],
            signed=not given["unsigned"],
            seed=given["seed"],
            faults=faults,
        )
    )
    begin_s = time.perf_counter()
    simulation.run(given["seconds"])
    result = {**simulation.result(), "took_s": round(time.perf_counter() - begin_s, 3)}
    if given["as_json"]:
        print_json(result)
        return
    click.echo("SIMULATED: nobody was sensed")
    for name, value in result.items():
        click.echo(f"{name}: {value}")

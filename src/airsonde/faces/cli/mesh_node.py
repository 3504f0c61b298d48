"""`airsonde mesh node`: sense with one radio and tell the coordinators."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

from airsonde.core.errors import ConfigError
from airsonde.faces.cli.live_source import live_options
from airsonde.faces.cli.mesh_options import program, program_options

if TYPE_CHECKING:
    from airsonde.apps.mesh.compose import Sensing

_RADIOS = ("sim", "esp32", "nexmon", "linux")
_SCENES = ("empty", "walker", "breather")


@click.command()
@click.argument("path", metavar="[CAPTURE]", required=False, type=click.Path(path_type=Path))
@click.option("--radio", type=click.Choice(_RADIOS), help="Default: what the source means.")
@click.option("--ifname", help="The interface of --radio nexmon or linux.")
@live_options
@click.option("--simulate", type=click.Choice(_SCENES), help="A room that is computed.")
@click.option("--seed", default=1, show_default=True, help="Of the computed room.")
@click.option("--speed", default=1.0, type=click.FloatRange(min=0.01), help="Of a capture.")
@click.option("--baseline", metavar="FILE_OR_ROOM", help="What `csi calibrate` learnt.")
@click.option("--to", metavar="HOST[:PORT]", multiple=True, help="A coordinator; port 5005.")
@click.option("--discover", is_flag=True, help="Find coordinators by mDNS, for three seconds.")
@click.option("--listen", metavar="[HOST:]PORT", default="0", help="Default: any free port.")
@click.option("--number", type=click.IntRange(0, 255), help="One-byte number in feature states.")
@click.option("--rate", type=click.FloatRange(1, 10), help="Feature states a second.")
@program_options
def node(**given: Any) -> None:
    """Sense with a live radio, or with CAPTURE played again and again, until Ctrl-C.

    --radio esp32 hears a firmware node by --udp (5005) or --serial; nexmon commands --ifname and
    hears it by --udp (5500); linux reports the signal and survey of --ifname, which has no CSI.
    With a CAPTURE esp32 and nexmon replay it, and the node's status says so.

    Feature states go to every --to: as many as 300 bytes a second allow, three with proof and five
    without. Raw CSI is sent only while a coordinator has granted it.
    """
    to, discover = given["to"], given["discover"]
    if not (to or discover) and given["group"] is None:
        raise ConfigError("say where feature states go: --to HOST[:PORT] of a coordinator")
    started = program("node", given["listen"], to, given)
    from airsonde.apps.mesh.start import find_coordinators, run_node

    if discover:
        started = started.reaching(find_coordinators(started.listen[0]))
    run_node(started, _sensing(given))


def _sensing(given: dict[str, Any]) -> "Sensing":
    from airsonde.apps.calibrations import read_calibration
    from airsonde.apps.mesh.compose import Sensing
    from airsonde.faces.cli.mesh_radio import choose

    chosen = choose(given)
    calibration = read_calibration(given["baseline"]) if given["baseline"] else None
    return Sensing(
        radio=chosen.radio,
        frames=chosen.frames,
        number=given["number"],
        rate_hz=given["rate"],
        calibration=calibration,
        origin=chosen.origin,
    )

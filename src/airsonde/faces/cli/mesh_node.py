"""`airsonde mesh node`: sense with one radio and tell the coordinators."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

from airsonde.core.errors import ConfigError
from airsonde.faces.cli.live_source import live_choice, live_options
from airsonde.faces.cli.mesh_options import program, program_options

if TYPE_CHECKING:
    from airsonde.apps.mesh.compose import Sensing

_SCENES = ("empty", "walker", "breather")


@click.command()
@click.argument("path", metavar="[CAPTURE]", required=False, type=click.Path(path_type=Path))
@live_options
@click.option("--simulate", type=click.Choice(_SCENES), help="A room that is computed.")
@click.option("--seed", default=1, show_default=True, help="Of the computed room.")
@click.option("--speed", default=1.0, type=click.FloatRange(min=0.01), help="Of a capture.")
@click.option("--baseline", metavar="FILE_OR_ROOM", help="What `csi calibrate` learnt.")
@click.option("--to", metavar="HOST[:PORT]", multiple=True, help="A coordinator; port 5005.")
@click.option("--discover", is_flag=True, help="Find coordinators by mDNS, for three seconds.")
@click.option("--nexmon", metavar="IFNAME", help="Command this radio; its frames come by --udp.")
@click.option("--listen", metavar="[HOST:]PORT", default="0", help="Default: any free port.")
@click.option("--number", type=click.IntRange(0, 255), help="One-byte number in feature states.")
@click.option("--rate", type=click.FloatRange(1, 10), help="Feature states a second.")
@program_options
def node(**given: Any) -> None:
    """Sense with a live radio, or with CAPTURE played again and again, until Ctrl-C.

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
    from airsonde.apps.mesh.frame_sources import captured, live, simulated
    from airsonde.apps.mesh.listening_radio import ListeningRadio
    from airsonde.apps.mesh.origin import origin_of
    from airsonde.apps.python_api import datagram_decoder
    from airsonde.captures.capture import open_capture
    from airsonde.csi.model import Family
    from airsonde.drivers.linux.commands import run_command
    from airsonde.radios.nexmon.ops import NexmonRadio
    from airsonde.radios.sim.ops import SimRadio
    from airsonde.radios.sim.scene import Motion, Scene

    path, scene = given["path"], given["simulate"]
    live_named = given["udp"] is not None or given["serial"] is not None
    if sum((path is not None, scene is not None, live_named)) != 1:
        raise ConfigError("name one source: CAPTURE, --udp PORT, --serial PORT, or --simulate")
    calibration = read_calibration(given["baseline"]) if given["baseline"] else None
    common: dict[str, Any] = {
        "number": given["number"],
        "rate_hz": given["rate"],
        "calibration": calibration,
    }
    if scene is not None:
        common["origin"] = origin_of(Family.SIM)
        sim = SimRadio(Scene(motion=Motion(scene)), seed=given["seed"])
        return Sensing(radio=sim, frames=simulated(sim), **common)
    if path is not None:
        common["origin"] = origin_of(open_capture(path).reader().family, played=True)
        frames = captured(path, given["speed"])
        return Sensing(radio=ListeningRadio(f"the capture {path.name}"), frames=frames, **common)
    choice = live_choice(given["udp"], given["serial"], given["baud"], given["family"])
    common["origin"] = origin_of(choice.family)
    frames = live(choice.open(), datagram_decoder(choice.family))
    if given["nexmon"] is not None:
        return Sensing(radio=NexmonRadio(given["nexmon"], run_command), frames=frames, **common)
    return Sensing(radio=ListeningRadio(f"the stream of {choice.name}"), frames=frames, **common)

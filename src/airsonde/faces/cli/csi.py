"""`airsonde csi`: the verbs, each in a module of its own."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_VERBS = {
    "inspect": ("airsonde.faces.cli.csi_inspect:inspect", "Say what a capture is and holds."),
    "plot": ("airsonde.faces.cli.csi_plot:plot", "Draw a capture: waterfall, phase, motion."),
    "record": ("airsonde.faces.cli.csi_record:record", "Record from UDP or a serial port."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def csi() -> None:
    """Read, convert, record and draw CSI captures."""

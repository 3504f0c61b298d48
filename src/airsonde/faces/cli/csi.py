"""`airsonde csi`: the verbs, each in a module of its own."""

import click

from airsonde.faces.cli.lazy import LazyGroup

_VERBS = {
    "inspect": ("airsonde.faces.cli.csi_inspect:inspect", "Say what a capture is and holds."),
    "convert": ("airsonde.faces.cli.csi_convert:convert", "Write a capture in another format."),
    "repair": ("airsonde.faces.cli.csi_repair:repair", "Save what can be read of a damaged file."),
    "head": ("airsonde.faces.cli.csi_head:head", "Print the first frames."),
    "formats": ("airsonde.faces.cli.csi_formats:formats", "List what is read and written."),
    "chips": ("airsonde.faces.cli.csi_chips:chips", "List the chips that are decoded."),
    "decode-chanspec": (
        "airsonde.faces.cli.csi_chanspec:decode_chanspec",
        "Say what a Broadcom channel word means.",
    ),
    "plot": ("airsonde.faces.cli.csi_plot:plot", "Draw a capture: waterfall, phase, motion."),
    "windows": ("airsonde.faces.cli.csi_windows:windows", "Print statistics of short spans."),
    "events": ("airsonde.faces.cli.csi_windows:events", "Print what the detectors say."),
    "motion": ("airsonde.faces.cli.csi_readings:motion", "Say when something moved."),
    "breathing": ("airsonde.faces.cli.csi_readings:breathing", "Say how fast somebody breathes."),
    "presence": ("airsonde.faces.cli.csi_readings:presence", "Say whether somebody is there."),
    "calibrate": ("airsonde.faces.cli.csi_calibrate:calibrate", "Learn what an empty room is."),
    "replay": ("airsonde.faces.cli.csi_replay:replay", "Play a capture at its own pace."),
    "stream": ("airsonde.faces.cli.csi_stream:stream", "Print what a live source says, as JSON."),
    "watch": ("airsonde.faces.cli.csi_watch:watch", "Watch a live source in the terminal."),
    "export": ("airsonde.faces.cli.csi_export:export", "Write windows as RF memory records."),
    "record": ("airsonde.faces.cli.csi_record:record", "Record from UDP or a serial port."),
}


@click.group(cls=LazyGroup, lazy=_VERBS)
def csi() -> None:
    """Read, convert, record, draw and interpret CSI captures."""

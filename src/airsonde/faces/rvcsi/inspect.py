"""`rvcsi inspect` and `rvcsi inspect-nexmon`: what a capture holds, in a few lines or as JSON."""

from pathlib import Path
from typing import Any

import click

from airsonde.apps.rvcsi_queries import capture_summary, pcap_summary
from airsonde.faces.rvcsi.failure import context
from airsonde.faces.rvcsi.output import print_lines, print_pretty


@click.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Emit machine-readable JSON.")
def inspect(path: str, as_json: bool) -> None:
    """Summarize a `.rvcsi` capture file."""
    with context(f"inspecting {path}"):
        summary = capture_summary(Path(path))
    if as_json:
        print_pretty(summary)
    else:
        print_lines("capture", path, _capture_lines(summary))


@click.command()
@click.argument("path")
@click.option("--port", type=click.IntRange(0, 65535), help="CSI UDP port (5500).")
@click.option("--json", "as_json", is_flag=True, help="Emit machine-readable JSON.")
def inspect_nexmon(path: str, port: int | None, as_json: bool) -> None:
    """Summarize a nexmon_csi `.pcap` file."""
    with context(f"inspecting {path}"):
        summary = pcap_summary(Path(path), port)
    if as_json:
        print_pretty(summary)
    else:
        print_lines("nexmon pcap", path, _pcap_lines(summary))


def _span(summary: dict[str, Any]) -> str:
    first, last = summary["first_timestamp_ns"], summary["last_timestamp_ns"]
    return f"{first} .. {last} ns ({last - first} ns)"


def _capture_lines(summary: dict[str, Any]) -> dict[str, object]:
    verdicts = summary["validation_breakdown"]
    order = ("accepted", "degraded", "recovered", "rejected", "pending")
    lines = {
        "version": summary["capture_version"],
        "session": summary["session_id"],
        "source": summary["source_id"],
        "adapter": summary["adapter_kind"],
        "chip": summary["chip"],
        "frames": summary["frame_count"],
        "time span": _span(summary),
        "channels": summary["channels"],
        "subcarriers": summary["subcarrier_counts"],
        "mean quality": f"{summary['mean_quality']:.3f}",
        "validation": " ".join(f"{name}={verdicts[name]}" for name in order),
        "calibration": summary["calibration_version"] or "(none)",
    }
    return {name: value for name, value in lines.items() if value is not None}


def _pcap_lines(summary: dict[str, Any]) -> dict[str, object]:
    levels = summary["rssi_dbm_range"]
    return {
        "link type": summary["link_type"],
        "CSI frames": summary["csi_frame_count"],
        "skipped pkts": summary["skipped_packets"],
        "time span": _span(summary),
        "channels": summary["channels"],
        "bandwidths": f"{summary['bandwidths_mhz']} MHz",
        "subcarriers": summary["subcarrier_counts"],
        "chip versions": ", ".join(f"{word:#06x}" for word in summary["chip_versions"]),
        "chip": f"{summary['detected_chip']} (seen: {', '.join(summary['chip_names'])})",
        "rssi range": "(none)" if levels is None else f"{levels[0]} .. {levels[1]} dBm",
    }

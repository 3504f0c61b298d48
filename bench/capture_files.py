"""Capture files: Arrow against a fixed pace, `.rvcsi` against the json module."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import inputs
from bench.measure import Figures, Work, in_turn, once, typical
from bench.table import Row

PACE = 500_000  # frames of 256 subcarriers in one CPU second
FRAMES = 100_000
LINES = 4_000
MEMORY_MB = 64.0
RUNS = 3

_OPENED = """
import itertools
import airsonde
from airsonde.captures.model import Origin
from airsonde.captures.registry import formats
formats()
"""
_BLOCKS = (
    _OPENED
    + """
source, out, frames = path.split("|")
reader = airsonde.open(source).reader()
few = list(itertools.islice(reader.blocks(), 2))
per_round = sum(len(batch) for block in few for batch in block)
blocks = few * max(1, int(frames) // per_round)
origin = Origin(source="bench", family=reader.family)
"""
)
_WRITE = """
writer = formats()[{name!r}].writer(Path(out), origin)
for block in blocks:
    writer.write(block)
writer.close()
count = sum(len(batch) for block in blocks for batch in block)
"""
_READ = "count = sum(len(batch) for batch in airsonde.open(path))"

WRITING = {
    name: Work(_BLOCKS + "from pathlib import Path", _WRITE.format(name=name))
    for name in ("arrow", "rvcsi")
}
OWN_PHASES = Work(
    WRITING["rvcsi"].setup
    + """
from dataclasses import replace
import numpy as np
blocks = [
    [replace(b, extra={"phase_rad": np.angle(b.csi).astype(np.float32)}) for b in block]
    for block in blocks
]
""",
    WRITING["rvcsi"].work,
)
READING = Work(_OPENED, _READ)

JSON_WRITING = Work(
    _BLOCKS
    + """
import json, math
header = json.dumps({"rvcsi_capture_version": 1, "session_id": 0, "source_id": "bench"})
""",
    """
count = 0
with open(out, "w") as file:
    file.write(header + "\\n")
    for block in blocks:
        for batch in block:
            for t_ns, rssi, csi in zip(batch.t_ns, batch.rssi_dbm, batch.csi):
                i = csi[0, 0].real.tolist()
                q = csi[0, 0].imag.tolist()
                line = {
                    "frame_id": count, "session_id": 0, "source_id": "bench",
                    "adapter_kind": "Nexmon", "timestamp_ns": int(t_ns), "channel": 36,
                    "bandwidth_mhz": 80, "rssi_dbm": int(rssi), "noise_floor_dbm": None,
                    "antenna_index": None, "tx_chain": None, "rx_chain": None,
                    "subcarrier_count": len(i), "i_values": i, "q_values": q,
                    "amplitude": [math.sqrt(a * a + b * b) for a, b in zip(i, q)],
                    "phase": [math.atan2(b, a) for a, b in zip(i, q)],
                    "validation": "Pending", "quality_score": 0.0, "calibration_version": None,
                }
                file.write(json.dumps(line, separators=(",", ":")) + "\\n")
                count += 1
""",
)
JSON_READING = Work(
    "import json\nimport numpy as np",
    """
count = 0
with open(path) as file:
    json.loads(next(file))
    for line in file:
        frame = json.loads(line)
        csi = np.array(frame["i_values"]) + 1j * np.array(frame["q_values"])
        csi = csi.astype(np.complex64)
        amplitude = np.array(frame["amplitude"], np.float32)
        phase = np.array(frame["phase"], np.float32)
        count += 1
""",
)

SAMPLES: tuple[tuple[str, str, Callable[[bytes], tuple[bytes, bytes]]], ...] = (
    ("int16", "nexmon/output-rssi.pcap", inputs.pcap_of_equal_lengths),
    ("float", "nexmon/example_4366c0.pcap", inputs.pcap_body),
)


def rows() -> list[Row]:
    """Each file is written, then read; what was written is removed."""
    found = []
    for name, recording, body in SAMPLES:
        if inputs.recording(recording) is None:
            continue
        source = inputs.repeated(recording, body)
        with tempfile.TemporaryDirectory(dir=inputs.WORK) as folder:
            found += _arrow(name, source, Path(folder) / "x.arrows.zst")
            if name == "int16":
                found += _rvcsi(source, Path(folder))
    return found


def _arrow(name: str, source: Path, out: Path) -> list[Row]:
    written = typical([once(WRITING["arrow"], f"{source}|{out}|{FRAMES}") for _ in range(RUNS)])
    size = out.stat().st_size / written.count
    read = typical([once(READING, out) for _ in range(RUNS)])
    return [
        _pace(f"Arrow, write, nexmon {name}", written, f"{size:.0f} bytes a frame"),
        _pace(f"Arrow, read, nexmon {name}", read, f"{read.peak_mb:.0f} MB"),
        _memory(f"Arrow, read, nexmon {name}", read),
    ]


def _rvcsi(source: Path, folder: Path) -> list[Row]:
    out = folder / "x.rvcsi"
    work = f"{source}|{out}|{LINES}"
    writes = in_turn(WRITING["rvcsi"], JSON_WRITING, work)
    once(WRITING["rvcsi"], work)
    reads = in_turn(READING, JSON_READING, out)
    once(OWN_PHASES, work)
    own_phases = in_turn(READING, JSON_READING, out)
    return [
        _against(".rvcsi, write", *writes),
        _against(".rvcsi, read", *reads),
        _against(".rvcsi, read, phases of another library kept", *own_phases),
        _memory(".rvcsi, read", own_phases[0]),
    ]


def _pace(name: str, ours: Figures, more: str) -> Row:
    return Row(
        name=name,
        figures=f"{ours.per_s / 1000:.0f} k frames/s, {more}",
        peer=f"{PACE // 1000} k frames/s",
        ratio=ours.per_s / PACE,
        at_least=1.0,
    )


def _against(name: str, ours: Figures, plain: Figures) -> Row:
    return Row(
        name=name,
        figures=f"{ours.per_s:.0f} frames/s",
        peer=f"json {plain.per_s:.0f} frames/s",
        ratio=ours.per_s / plain.per_s,
        at_least=2.0,
    )


def _memory(name: str, ours: Figures) -> Row:
    return Row(
        name=f"{name}: peak resident memory (MB)",
        figures=f"{ours.peak_mb:.0f} MB",
        ratio=ours.peak_mb,
        at_most=MEMORY_MB,
    )

"""Speed of the sensing pipeline: offline from Arrow, live from UDP, memory over an hour.

python -m bench.sensing speed
"""

import asyncio
import resource
import socket
import struct
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import airsonde
from airsonde.apps.live import LiveRun
from airsonde.apps.python_api import datagram_decoder
from airsonde.captures.model import Origin
from airsonde.captures.registry import writable
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Pipeline
from airsonde.drivers.transport.udp import UdpSource
from bench.inputs import RECORDINGS
from bench.measure import Work, once
from bench.table import Row

REFERENCE_FRAMES_PER_S = 88_000  # the reference's Rust `events` at 64 subcarriers
FRAMES = 40_000
RATE_HZ = 100
LIVE_S = 20.0
_RECORDINGS = {
    64: ("motion/espectre/movement_c3_64sc_20260329_130321.npz", 100_000),
    256: ("nexmon/output-rssi.pcap", 25_000),
}
_PIPELINE = Work(
    setup="""
import airsonde
from pathlib import Path
from airsonde.apps.sensing import SensingRun
""",
    work="""
capture = airsonde.open(Path(path))
run = SensingRun(capture.reader().blocks(), "bench")
events = sum(1 for _ in run.events())
count = {frames}
""",
)


def rows() -> list[Row]:
    return [*_offline(), *_live(), *_memory()]


def repeated(recording: Path, frames: int) -> FrameBatch:
    """The first lane of a recording, over and over, evenly at 100 Hz."""
    batch = airsonde.open(recording).read(0)
    turns = -(-frames // len(batch))
    rssi = None if batch.rssi_dbm is None else np.tile(batch.rssi_dbm, turns)[:frames]
    return FrameBatch(
        lane=batch.lane,
        index=np.arange(frames),
        t_ns=np.arange(frames, dtype=np.int64) * (1_000_000_000 // RATE_HZ),
        csi=np.tile(batch.csi, (turns, 1, 1, 1))[:frames],
        rssi_dbm=rssi,
    )


def _offline() -> list[Row]:
    found = []
    for subcarriers, (name, promised) in _RECORDINGS.items():
        recording = RECORDINGS / name
        if not recording.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bench.arrows.zst"
            _write(repeated(recording, FRAMES), path)
            work = replace(_PIPELINE, work=_PIPELINE.work.format(frames=FRAMES))
            runs = sorted((once(work, path) for _ in range(5)), key=lambda r: r.cpu_s)
        middle = runs[2]
        found.append(
            Row(
                f"Arrow to events, {subcarriers} subcarriers",
                f"{middle.per_s / 1e3:.0f} k frames/s, {middle.peak_mb:.0f} MB",
                f"{promised / 1e3:.0f} k promised",
                middle.per_s / promised,
                at_least=1.0,
            )
        )
        if subcarriers == 64:
            peer = f"rvcsi events, Rust, {REFERENCE_FRAMES_PER_S / 1e3:.0f} k"
            ratio = middle.per_s / REFERENCE_FRAMES_PER_S
            found.append(Row("the same", f"{middle.per_s / 1e3:.0f} k", peer, ratio, at_least=1.0))
    return found


def _write(batch: FrameBatch, path: Path) -> None:
    form = writable(path)
    assert form.writer is not None
    writer = form.writer(path, Origin(source="bench", family=batch.lane.family))
    writer.write([batch])
    writer.close()


def _live() -> list[Row]:
    delays_ms, core = asyncio.run(_measure_live())
    p50, p99 = np.percentile(delays_ms, [50, 99])
    return [
        Row(
            "live: last needed frame to event",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms of {len(delays_ms)}",
            "50 ms",
            p99 / 50,
            at_most=1.0,
        ),
        Row("live: one source at 100 Hz", f"{core:.2%} of a core", "3 %", core / 0.03, at_most=1.0),
    ]


async def _measure_live() -> tuple[list[float], float]:
    """Delays from sending the frame that completes a window to its reading; share of a core."""
    source = UdpSource.bind("127.0.0.1", 0)
    run = LiveRun(source, datagram_decoder("esp32"), Pipeline("bench"))
    sent: dict[int, float] = {}
    sender = asyncio.create_task(_send(source.port, sent, run))
    delays_ms: list[float] = []
    began_cpu, began_s = time.process_time(), time.monotonic()
    async for heard in run.heard():
        now_s = time.perf_counter()
        if heard.batches:
            newest = max(int(b.seq[-1]) for b in heard.batches if b.seq is not None)
            delays_ms += [1e3 * (now_s - sent[newest]) for _ in heard.findings.looks]
    core = (time.process_time() - began_cpu) / (time.monotonic() - began_s)
    await sender
    await source.aclose()
    return delays_ms, core


async def _send(port: int, sent: dict[int, float], run: LiveRun) -> None:
    """ADR-018 datagrams of 64 pairs; the sender's own cost is in the figure too."""
    rng = np.random.default_rng(1)  # noqa: TID251  (a bench makes its own)
    bodies = rng.integers(-60, 60, (256, 128), dtype=np.int8)
    bodies[:, :2] = bodies[:, 54:76] = 0
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    began_s = time.perf_counter()
    for number in range(round(RATE_HZ * LIVE_S)):
        await asyncio.sleep(max(0.0, began_s + number / RATE_HZ - time.perf_counter()))
        head = struct.pack("<IBBHIIbbH", 0xC5110001, 1, 1, 64, 2437, number, -50, -95, 0)
        sent[number] = time.perf_counter()
        sock.send(head + bodies[number % 256].tobytes())
    await asyncio.sleep(0.2)
    sock.close()
    run.stop()


def _memory() -> list[Row]:
    """Resident memory after ten minutes and after an hour of one source."""
    name, _ = _RECORDINGS[64]
    if not (RECORDINGS / name).exists():
        return []
    whole = repeated(RECORDINGS / name, 60 * RATE_HZ)
    pipeline = Pipeline("bench")
    marks_mb = []
    for minute in range(60):
        shift = minute * 60_000_000_000
        index = whole.index + minute * len(whole)
        pipeline.feed([replace(whole, t_ns=whole.t_ns + shift, index=index)])
        if minute in {9, 59}:
            marks_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    growth = marks_mb[1] - marks_mb[0]
    figures = f"{marks_mb[1]:.0f} MB, {growth:.1f} MB more than after 10 minutes"
    return [Row("an hour at 100 Hz", figures, "2 MB", growth / 2, at_most=1.0)]

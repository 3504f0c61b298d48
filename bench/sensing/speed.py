"""Speed of the sensing pipeline: offline from Arrow, live from UDP, memory over an hour.

python -m bench.sensing speed
"""

import asyncio
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from dataclasses import replace
from pathlib import Path

import numpy as np

import airsonde
from airsonde.apps.live import LINGER_S, LiveRun
from airsonde.apps.python_api import datagram_decoder
from airsonde.captures.model import Origin
from airsonde.captures.registry import writable
from airsonde.csi.batches import take
from airsonde.csi.model import FrameBatch
from airsonde.csi.pipeline import Pipeline
from airsonde.drivers.transport.udp import UdpSource
from bench.inputs import RECORDINGS
from bench.measure import Work, once
from bench.table import Row, print_table

REFERENCE_FRAMES_PER_S = 88_000  # the reference's Rust `events` at 64 subcarriers
FRAMES = 160_000
RATE_HZ = 100
LIVE_S = 20.0
_BLOCK = 1000
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


def main(_: list[str]) -> None:
    print_table("Speed of the sensing pipeline", rows())


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
    for first in range(0, len(batch), _BLOCK):
        writer.write([take(batch, slice(first, first + _BLOCK))])
    writer.close()


def _live() -> list[Row]:
    delays_ms, core = asyncio.run(_measure_live())
    p50, p99 = np.percentile(delays_ms, [50, 99])
    return [
        Row(
            "live: last needed frame to reading",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms of {len(delays_ms)}",
            "50 ms",
            p99 / 50,
            at_most=1.0,
        ),
        Row("live: one source at 100 Hz", f"{core:.2%} of a core", "3 %", core / 0.03, at_most=1.0),
    ]


async def _measure_live() -> tuple[list[float], float]:
    """Milliseconds from sending the frame that completes a window to its reading; share of a core.

    The sender is another process; both read CLOCK_MONOTONIC.
    """
    source = UdpSource.bind("127.0.0.1", 0, linger_s=LINGER_S)
    run = LiveRun(source, datagram_decoder("esp32"), Pipeline("bench"))
    code = f"from bench.sensing.speed import send; send({source.port})"
    sender = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE)
    seen: list[tuple[int, float]] = []
    began_cpu = began_s = 0.0
    async for heard in run.heard():
        now_s = time.monotonic()
        if not heard.batches and seen:
            run.stop()
        for batch in heard.batches:
            if not began_s:
                began_cpu, began_s = time.process_time(), now_s
            frames = set(batch.index.tolist())
            ends = {look.window.end_ns for look in heard.findings.looks}
            seen += [(_first_behind(batch, end), now_s) for end in ends if frames]
    core = (time.process_time() - began_cpu) / (time.monotonic() - began_s)
    sent = [float(line) for line in (await sender.communicate())[0].split()]
    await source.aclose()
    return [1e3 * (now_s - sent[frame]) for frame, now_s in seen], core


def _first_behind(batch: FrameBatch, end_ns: int) -> int:
    """Number of the first frame at or behind the end of a window."""
    assert batch.seq is not None
    return int(batch.seq[int(np.searchsorted(batch.t_ns, end_ns))])


def send(port: int) -> None:
    """Send ADR-018 datagrams of 64 pairs at an even rate; print when each went out."""
    noise = random.Random(1)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    sent = []
    began_s = time.monotonic()
    for number in range(round(RATE_HZ * LIVE_S)):
        time.sleep(max(0.0, began_s + number / RATE_HZ - time.monotonic()))
        head = struct.pack("<IBBHIIbbH", 0xC5110001, 1, 1, 64, 2437, number, -50, -95, 0)
        body = bytearray(noise.randbytes(128))
        body[:2], body[54:76] = bytes(2), bytes(22)
        sent.append(time.monotonic())
        sock.send(head + body)
    print(*sent)


def _memory() -> list[Row]:
    """Peak memory of a process after ten minutes and after an hour of one source."""
    if not (RECORDINGS / _RECORDINGS[64][0]).exists():
        return []
    code = "from bench.sensing.speed import hour; hour()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    marks_mb = [float(mark) for mark in done.stdout.split()]
    growth = marks_mb[1] - marks_mb[0]
    figures = f"{marks_mb[1]:.0f} MB, {growth:.1f} MB more than after 10 minutes"
    return [Row("an hour at 100 Hz", figures, "2 MB", growth / 2, at_most=1.0)]


def hour() -> None:
    """Feed an hour in seconds; print the peak after ten minutes and at the end, MB."""
    whole = repeated(RECORDINGS / _RECORDINGS[64][0], RATE_HZ)
    pipeline = Pipeline("bench")
    for second in range(3600):
        shift = second * 1_000_000_000
        index = whole.index + second * len(whole)
        pipeline.feed([replace(whole, t_ns=whole.t_ns + shift, index=index)])
        if second in {599, 3599}:
            status = Path("/proc/self/status").read_text()
            print(int(status.split("VmHWM:")[1].split()[0]) / 1024)

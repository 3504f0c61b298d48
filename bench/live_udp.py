"""Live UDP: 80 MHz nexmon datagrams at a steady rate from another process, recorded without loss.

    python -m bench.live_udp [--rate 20000] [--seconds 30] [--out FILE]

What was sent must have been decoded, and resident memory must not grow.
"""

import argparse
import asyncio
import random
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from airsonde.apps.python_api import datagram_decoder
from airsonde.apps.record import Account, Limits, Recorder, capture_opener
from airsonde.csi.model import Family
from airsonde.drivers.transport.udp import UdpSource
from bench.table import Row, print_table

RATE = 20_000
SECONDS = 30.0
SUBCARRIERS = 256
TICK_S = 0.002


def payload(seq: int, noise: random.Random) -> bytes:
    """One nexmon_csi datagram of a 43455c0 at 80 MHz (chanspec e02a): 18 + 4 x 256 bytes."""
    head = struct.pack(
        "<HbB6sHHHH", 0x1111, -50, 8, b"\x02bench", seq << 4 & 0xFFFF, 0, 0xE02A, 0x65
    )
    samples = [round(noise.gauss(0, 700)) for _ in range(2 * SUBCARRIERS)]
    return head + struct.pack(f"<{2 * SUBCARRIERS}h", *samples)


def send(port: int, rate: int, seconds: float) -> None:
    """Send bursts on a 2 ms tick, catching up when late; print how many went out."""
    noise = random.Random(1)
    payloads = [payload(i, noise) for i in range(4096)]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    begin, sent, total = time.perf_counter(), 0, round(rate * seconds)
    while sent < total:
        due = min(total, int((time.perf_counter() - begin) * rate))
        for i in range(sent, due):
            sock.send(payloads[i & 4095])
        sent = max(sent, due)
        time.sleep(TICK_S)
    print(sent)


async def receive(rate: int, seconds: float, out: Path) -> tuple[int, Account, list[int], float]:
    """Record what the sender sends; answer sent, account, resident kB each second, CPU seconds."""
    source = UdpSource.bind("127.0.0.1", 0)
    opener = capture_opener(out, source.name, Family.NEXMON)
    recorder = Recorder(source, datagram_decoder("nexmon"), opener, Limits())
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.live_udp", "--send-to", str(source.port)),
        *("--rate", str(rate), "--seconds", str(seconds)),
        stdout=subprocess.PIPE,
    )
    resident: list[int] = []

    def watch(account: Account) -> None:
        if account.elapsed_s >= len(resident) + 1:
            resident.append(resident_kb())

    cpu = time.process_time()
    running = asyncio.create_task(recorder.run(watch))
    printed, _ = await sender.communicate()
    await asyncio.sleep(1.0)
    recorder.stop()
    account = await running
    await source.aclose()
    return int(printed), account, resident, time.process_time() - cpu


def resident_kb() -> int:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def measure(rate: int, seconds: float, out: Path | None = None) -> list[Row]:
    """Record into `out`, or into a file that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        target = out or Path(folder) / "live.arrows.zst"
        sent, account, resident, cpu_s = asyncio.run(receive(rate, seconds, target))
        size_mb = target.stat().st_size / 1e6
    missing = sent - account.decoded
    growth_mb = (resident[-1] - resident[len(resident) // 3]) / 1024
    return [
        Row(
            name=f"nexmon 80 MHz, {sent / seconds:.0f} datagrams/s: lost (share)",
            figures=f"{missing} of {sent} ({account.lost} in the kernel), "
            f"{cpu_s / seconds:.0%} of a core, {size_mb:.0f} MB written",
            ratio=missing / sent,
            at_most=0.0,
        ),
        Row(
            name="resident memory, growth over the last two thirds (MB)",
            figures=f"{resident[-1] // 1024} MB at the end",
            ratio=growth_mb,
            at_most=4.0,
        ),
    ]


def rows() -> list[Row]:
    return measure(RATE, SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--send-to", type=int)
    args = parser.parse_args()
    if args.send_to is not None:
        send(args.send_to, args.rate, args.seconds)
    else:
        print_table("Live UDP", measure(args.rate, args.seconds, args.out))


if __name__ == "__main__":
    main()

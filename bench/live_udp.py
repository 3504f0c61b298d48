"""Live UDP: 80 MHz nexmon datagrams at a steady rate from another process, recorded without loss.

    python -m bench.live_udp [--rate 20000] [--seconds 30] [--out FILE]

Prints what was sent, received, decoded and lost, the CPU share and the growth of resident memory.
"""

import argparse
import asyncio
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

SUBCARRIERS = 256
TICK_S = 0.002


def payload(seq: int) -> bytes:
    """One nexmon_csi datagram of a 43455c0 at 80 MHz (chanspec e02a): 18 + 4 x 256 bytes."""
    head = struct.pack(
        "<HbB6sHHHH", 0x1111, -50, 8, b"\x02bench", seq << 4 & 0xFFFF, 0, 0xE02A, 0x65
    )
    samples = [(37 * i + 11 * seq) % 2001 - 1000 for i in range(2 * SUBCARRIERS)]
    return head + struct.pack(f"<{2 * SUBCARRIERS}h", *samples)


def send(port: int, rate: int, seconds: float) -> None:
    """Send bursts on a 2 ms tick, catching up when late; print how many went out."""
    payloads = [payload(i) for i in range(256)]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    begin, sent, total = time.perf_counter(), 0, round(rate * seconds)
    while sent < total:
        due = min(total, int((time.perf_counter() - begin) * rate))
        for i in range(sent, due):
            sock.send(payloads[i & 255])
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--send-to", type=int)
    args = parser.parse_args()
    if args.send_to is not None:
        send(args.send_to, args.rate, args.seconds)
        return
    with tempfile.TemporaryDirectory() as folder:
        out = args.out or Path(folder) / "live.arrows.zst"
        sent, account, resident, cpu_s = asyncio.run(receive(args.rate, args.seconds, out))
        size_mb = out.stat().st_size / 1e6
    print(
        f"sent {sent}, received {account.received}, decoded {account.decoded}, "
        f"skipped {sum(account.skipped.values())}, lost by the kernel {account.lost}"
    )
    print(
        f"cpu {cpu_s / args.seconds:.0%} of a core, file {size_mb:.0f} MB, resident "
        f"{resident[1] // 1024} MB after 2 s, {resident[-1] // 1024} MB at the end"
    )
    if account.decoded != sent or account.lost:
        sys.exit("datagrams were lost")


if __name__ == "__main__":
    main()

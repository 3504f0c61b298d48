"""`airsonde csi record` as its own process: kills, signals, limits, and every way of sending."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tty
from threading import Event, Thread

import numpy as np
import pytest

import airsonde
from airsonde.csi.batches import concatenate
from airsonde.csi.model import Ppdu
from airsonde.csi.tones import data_tones
from airsonde.radios.esp32.layout import Flags, layout_by_flags
from tests.packet_bytes import nexmon_payload
from tests.radios.esp32 import build
from tests.radios.esp32.build import datagram

COMMAND = (
    sys.executable,
    "-c",
    "from airsonde.faces.cli.main import main; main()",
    "csi",
    "record",
)
NEXMON = ("--family", "nexmon")
ESP32 = ("--family", "esp32")
PLAIN = Flags(ppdu=None, wide=False, stbc=False, secondary=0)
BEHIND_S = 1.2


def nexmon(number):
    """A 20 MHz datagram whose sequence control is its number."""
    samples = np.full((64, 2), 10, "<i2")
    samples[data_tones(Ppdu.HT, 20) % 64] = (1000, -number % 999)
    return nexmon_payload(samples.tobytes(), sequence=number)


def esp32(number):
    return datagram(build.pairs(layout_by_flags(64, PLAIN), number), seq=number)


class Sender(Thread):
    """Sends datagrams at a steady rate; `sent` are the moments (Unix time) at which each went."""

    def __init__(self, port, make, rate=500):
        super().__init__()
        self._address = ("127.0.0.1", port)
        self._make, self._pause_s = make, 1 / rate
        self._over = Event()
        self.sent = []

    def run(self):
        begin = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            while not self._over.wait(begin + len(self.sent) * self._pause_s - time.monotonic()):
                self.sent.append(time.time())
                sock.sendto(self._make(len(self.sent) - 1), self._address)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()


class Recording:
    """The command with its arguments, once it listens."""

    def __init__(self, out, *args):
        self.process = subprocess.Popen(
            [*COMMAND, str(out), *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr.readline().startswith("listening on")

    def end(self, number=None):
        """Signal it if asked; exit code, what it printed, and what it complained about."""
        if number is not None:
            self.process.send_signal(number)
        printed, complaints = self.process.communicate(timeout=15)
        return self.process.returncode, printed, complaints


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def udp(port):
    return ("--udp", f"127.0.0.1:{port}")


def frames(path):
    """Everything in a capture as one batch, after the check that it accounts for every record."""
    capture = airsonde.open(path)
    batch = concatenate(list(capture))
    survey = capture.survey
    assert survey.records == survey.decoded + sum(survey.skipped.values())
    assert survey.decoded == len(batch)
    return batch, survey


def test_a_kill_costs_the_last_second(tmp_path, port):
    out = tmp_path / "walk.arrows.zst"
    recording = Recording(out, *udp(port), *NEXMON)
    with Sender(port, nexmon) as sender:
        time.sleep(3)
        killed = time.time()
        code, _, _ = recording.end(signal.SIGKILL)
    assert code == -signal.SIGKILL
    batch, survey = frames(out)
    due = sum(t < killed - BEHIND_S for t in sender.sent)
    assert due > 500
    assert batch.seq.tolist() == list(range(len(batch)))
    assert due <= len(batch) <= len(sender.sent)
    assert set(survey.skipped) <= {"cut short by the end of the file"}
    expected = np.array(sender.sent[: len(batch)])
    assert np.abs(batch.t_ns / 1e9 - expected).max() < 0.5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(tmp_path, port, number):
    out = tmp_path / "walk.arrows.zst"
    recording = Recording(out, *udp(port), *NEXMON)
    with Sender(port, nexmon):
        time.sleep(0.7)
        code, printed, _ = recording.end(number)
    assert code == 0
    batch, survey = frames(out)
    assert not survey.skipped
    assert f"{len(batch)} received = {len(batch)} decoded + 0 skipped, 0 lost" in printed
    assert f"wrote {out}" in printed
    assert batch.seq.tolist() == list(range(len(batch)))


def test_junk_is_counted_and_costs_nothing(tmp_path, port):
    out = tmp_path / "walk.arrows.zst"
    recording = Recording(out, *udp(port), *NEXMON, "--count", 200, "--json")
    junk = (b"", b"\x11\x11", b"\x12" + bytes(300), bytes(1042))
    with Sender(port, lambda n: junk[n // 2 % 4] if n % 2 else nexmon(n)):
        code, printed, _ = recording.end()
    assert code == 0
    account = json.loads(printed)
    assert account["decoded"] == 200
    assert account["received"] == 200 + sum(account["skipped"].values())
    assert sum(account["skipped"].values()) == pytest.approx(200, abs=1)
    assert set(account["skipped"]) == {"too short for 64 subcarriers", "no nexmon_csi magic"}
    assert frames(out)[0].seq.tolist() == list(range(0, 400, 2))


def test_a_duration_ends_it(tmp_path, port):
    out = tmp_path / "walk.arrows.zst"
    recording = Recording(out, *udp(port), *NEXMON, "--duration", "800ms", "--json")
    with Sender(port, nexmon, rate=50):
        code, printed, _ = recording.end()
    assert code == 0
    account = json.loads(printed)
    assert account["elapsed_s"] == pytest.approx(0.8, abs=0.3)
    assert len(frames(out)[0]) == account["decoded"] > 10


def test_esp32_datagrams_end_to_end(tmp_path, port):
    out = tmp_path / "desk.arrows.zst"
    recording = Recording(out, *udp(port), *ESP32, "--count", 300)
    with Sender(port, esp32):
        code, printed, _ = recording.end()
    assert code == 0
    assert "300 received = 300 decoded + 0 skipped, 0 lost" in printed
    batch, _ = frames(out)
    assert (batch.lane.source, batch.lane.training) == ("esp32-node1", "l-ltf")
    assert batch.seq.tolist() == batch.index.tolist() == list(range(300))
    for number in (0, 7, 299):
        alone = airsonde.decode("esp32", esp32(number), 0)
        assert np.array_equal(alone.csi[0], batch.csi[number])


def test_esp32_lines_of_a_serial_port_end_to_end(tmp_path):
    pytest.importorskip("serial", reason="pyserial is not installed")
    board, port = os.openpty()
    tty.setraw(port)
    out = tmp_path / "desk.arrows.zst"
    recording = Recording(out, "--serial", os.ttyname(port), "--count", 100)
    rows = [build.pairs(layout_by_flags(64, PLAIN), n) for n in range(100)]
    os.write(board, b"ets Jun  8 2016 00:22:57\r\n")
    for row in rows:
        os.write(board, build.tool_line(row))
    code, printed, complaints = recording.end()
    os.close(board)
    os.close(port)
    assert code == 0, complaints
    assert "101 received = 100 decoded + 1 skipped" in printed
    batch, _ = frames(out)
    assert batch.index.tolist() == list(range(1, 101))
    assert abs(batch.t_ns[0] / 1e9 - time.time()) < 15
    for row, csi in zip(rows, batch.csi, strict=True):
        alone = airsonde.decode("esp32", build.tool_line(row), 0)
        assert np.array_equal(alone.csi[0], csi)

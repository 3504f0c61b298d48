"""`airsonde csi record`: arguments, remedies, and a recording through the command."""

import json
import os
import signal
import socket
import threading
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner

from airsonde.captures.model import CaptureFormat
from airsonde.captures.registry import formats
from airsonde.core.errors import ConfigError
from airsonde.faces.cli.csi_record import record
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.decode import encode


class LineWriter:
    """One line a frame, on disk at once."""

    def __init__(self, path, origin):
        self.file = path.open("w")
        self.file.write(f"{origin.family} {origin.chip}\n")

    def write(self, batches):
        for batch in batches:
            self.file.writelines(f"{i} {t}\n" for i, t in zip(batch.index, batch.t_ns, strict=True))
        self.file.flush()

    def close(self):
        self.file.close()

    def abort(self):
        raise AssertionError


@pytest.fixture(autouse=True)
def lines_format(monkeypatch):
    row = CaptureFormat(
        name="lines",
        suffixes=(".lines",),
        matches=lambda _: False,
        reader=None,
        recorder=LineWriter,
        writer=LineWriter,
    )
    monkeypatch.setitem(formats(), "lines", row)


@pytest.fixture
def sender():
    """Sends simulated datagrams to a free port until the test is over."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    capture = SimulatedCapture(seconds=1, chip="simulated-20mhz")
    payloads = [p for block in capture.blocks() for batch in block for p in encode(batch)]
    over = threading.Event()

    def run():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            while not over.is_set():
                for payload in payloads:
                    sock.sendto(payload, ("127.0.0.1", port))
                time.sleep(0.05)

    thread = threading.Thread(target=run)
    thread.start()
    yield port
    over.set()
    thread.join()


def run(*args):
    return CliRunner().invoke(record, [str(a) for a in args])


def test_it_records_and_prints_its_account(tmp_path, sender):
    out = tmp_path / "walk.lines"
    args = (out, "--udp", f"127.0.0.1:{sender}", "--family", "sim", "--count", 40, "--json")
    result = run(*args)
    assert result.exit_code == 0, result.output
    account = json.loads(result.stdout)
    assert account["file"] == str(out)
    assert (account["received"], account["decoded"], account["lost"]) == (40, 40, 0)
    head, *rows = out.read_text().splitlines()
    assert head == "sim simulated-20mhz"
    assert [int(r.split()[0]) for r in rows] == list(range(40))
    assert isinstance(run(*args).exception, ConfigError)
    assert run(*args, "--next").exit_code == 0
    assert (tmp_path / "walk-2.lines").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(tmp_path, sender, number):
    out = tmp_path / "walk.lines"

    def interrupt():
        while not (out.exists() and out.stat().st_size > 100):
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = run(out, "--udp", f"127.0.0.1:{sender}", "--family", "sim", "--duration", "20s")
    thread.join()
    assert result.exit_code == 0, result.output
    assert f"wrote {out}" in result.stdout
    decoded = len(out.read_text().splitlines()) - 1
    assert f"{decoded} received = {decoded} decoded + 0 skipped, 0 lost" in result.stdout


def test_an_old_recording_is_replaced_only_when_frames_come(tmp_path, sender):
    out = tmp_path / "walk.lines"
    out.write_text("precious")
    silent = ("--udp", "127.0.0.1:45917", "--family", "sim", "--duration", "100ms", "--force")
    assert run(out, *silent).exit_code == 1
    assert out.read_text() == "precious"
    args = ("--udp", f"127.0.0.1:{sender}", "--family", "sim", "--count", 3, "--force")
    assert run(out, *args).exit_code == 0
    assert out.read_text().startswith("sim simulated-20mhz")


def test_a_format_that_is_whole_or_not_there_says_so(tmp_path, sender, monkeypatch):
    monkeypatch.setitem(formats(), "lines", replace(formats()["lines"], recorder=None))
    args = ("--udp", f"127.0.0.1:{sender}", "--family", "sim", "--count", 3)
    result = run(tmp_path / "walk.lines", *args)
    assert result.exit_code == 0
    assert "end the name in .arrows.zst" in result.stderr


def test_silence_fails_with_what_to_check(tmp_path):
    out = tmp_path / "a.lines"
    result = run(out, "--udp", "127.0.0.1:45917", "--family", "sim", "--duration", "200ms")
    assert result.exit_code == 1
    assert "no frame was recorded" in result.stderr
    assert "is the sender running" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "either --udp PORT or --serial PORT"),
        (("--udp", "1", "--serial", "x"), "either --udp PORT or --serial PORT"),
        (("--udp", "5500"), "--family nexmon"),
        (("--udp", "99999", "--family", "sim"), "no [HOST:]PORT"),
    ],
)
def test_misuse_is_one_sentence(tmp_path, args, words):
    result = run(tmp_path / "a.lines", *args)
    assert isinstance(result.exception, ConfigError)
    assert words in str(result.exception)


def test_a_duration_is_read_as_people_write_it(tmp_path):
    result = run(tmp_path / "a.lines", "--udp", "5500", "--family", "sim", "--duration", "soon")
    assert result.exit_code == 2
    assert "write 30s, 5m or 1h" in result.stderr

"""`airsonde init`, `status` and `doctor`, run as commands."""

import contextlib
import itertools
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from airsonde.apps.agent.first_file import first_file
from airsonde.apps.agent.settings import read_settings
from airsonde.core.errors import ConfigError, DriverError
from airsonde.drivers.linux import devices
from airsonde.faces.cli.main import airsonde
from tests.faces.http.running import RunningAgent, free_port
from tests.recordings import recording


def run(*words):
    return CliRunner().invoke(airsonde, [str(w) for w in words])


def test_what_init_writes_can_be_run_and_is_not_overwritten(tmp_path):
    path = tmp_path / "a.toml"
    assert run("init", path).exit_code == 0
    assert read_settings(path).sources
    again = run("init", path)
    assert isinstance(again.exception, ConfigError)
    assert run("init", path, "--force").exit_code == 0


def test_init_writes_what_is_there(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "airsonde.apps.agent.first_file.serial_ports", lambda: ['/dev/a"b', "/dev/c"]
    )
    cards = [devices.WifiCard(ifname="wlan0", driver="brcmfmac")]
    monkeypatch.setattr("airsonde.apps.agent.first_file.wifi_cards", lambda: cards)
    path = tmp_path / "a.toml"
    path.write_text(first_file())
    sources = read_settings(path).sources
    assert {name: s.kind for name, s in sources.items()} == {
        "pi": "udp", "esp32-1": "serial", "esp32-2": "serial",
    }  # fmt: skip
    assert sources["esp32-1"].path == '/dev/a"b'


def test_init_proposes_to_watch_a_governor_that_runs(monkeypatch, tmp_path):
    path = tmp_path / "a.toml"
    for runs, mode in ((True, "watch"), (False, "off")):
        monkeypatch.setattr("airsonde.apps.agent.first_file.governor_runs", lambda runs=runs: runs)
        path.write_text(first_file())
        assert read_settings(path).link.mode == mode


def test_doctor_asks_the_governor(tmp_path):
    code, checks = examined(tmp_path, f'[link]\nmode = "watch"\nfolder = "{tmp_path}"\n')
    assert (code, checks["link"]["found"]) == (1, "no governor runs")
    assert "systemctl" in checks["link"]["remedy"]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "governor.sock"))
        _, checks = examined(tmp_path, f'[link]\nfolder = "{tmp_path}"\n')
        assert (checks["link"]["well"], "watch" in checks["link"]["remedy"]) == (None, True)
    _, checks = examined(tmp_path, '[link]\nmode = "run"\n')
    assert "link user" in checks


def test_top_prints_one_picture_for_a_pipe(tmp_path):
    agent = RunningAgent(tmp_path)
    try:
        agent.until(lambda: agent.get("/events")["items"], 15)
        for words in (["--once"], []):
            done = run("top", "--url", f"http://127.0.0.1:{agent.port}", *words)
            assert done.exit_code == 0
            assert "SIMULATED" in done.output
            assert "\x1b" not in done.output
            assert {"lab", "sim", "hearing"} <= set(done.output.split())
    finally:
        agent.stop()


def test_top_follows_on_a_terminal_and_says_when_the_agent_is_away(tmp_path):
    agent = RunningAgent(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "airsonde", "top", "--url", f"http://127.0.0.1:{agent.port}"]
    following = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    try:
        assert b"STALE" not in read_until(ours, b"SIMULATED")
        agent.stop()
        read_until(ours, b"STALE: no agent answers")
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == 0
    finally:
        following.kill()
        os.close(ours)
        os.close(theirs)


def read_until(terminal, wanted, seconds=15.0):
    """What a terminal shows, up to something."""
    shown, end = b"", time.monotonic() + seconds
    while wanted not in shown:
        assert time.monotonic() < end, shown[-2000:]
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 1 << 16)
    return shown


def test_status_shows_a_running_agent(tmp_path):
    agent = RunningAgent(tmp_path)
    try:
        url = f"http://127.0.0.1:{agent.port}"
        agent.until(lambda: agent.get("/sources/sim")["state"] == "hearing")
        text = run("status", "--url", url)
        assert text.exit_code == 0
        assert "SIMULATED" in text.output
        assert "lab: " in text.output
        told = json.loads(run("status", "--url", url, "--json").output)
        assert told["sources"][0]["source_id"] == "sim"
    finally:
        agent.stop()


def test_status_without_an_agent_says_how_to_start_one():
    done = run("status", "--url", "http://127.0.0.1:9")
    assert isinstance(done.exception, DriverError)
    assert "airsonde run" in str(done.exception)
    assert isinstance(run("status", "--url", "file:///etc/passwd").exception, ConfigError)


@contextlib.contextmanager
def sending(port, make):
    """Send datagrams until the block ends."""
    over = threading.Event()

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for number in itertools.count():
                sock.sendto(make(number), ("127.0.0.1", port))
                if over.wait(0.02):
                    return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def adr018(number):
    head = struct.pack("<IBBHIIbbH", 0xC5110001, 1, 1, 64, 2437, number, -45, -92, 0)
    return head + bytes(range(1, 129))


def examined(tmp_path, toml):
    path = tmp_path / "a.toml"
    path.write_text(toml)
    done = run("doctor", path, "--seconds", "0.6", "--json")
    return done.exit_code, {check["name"]: check for check in json.loads(done.output)}


UDP = '[sources.one]\nkind = "udp"\nport = {}\nfamily = "{}"\nhost = "127.0.0.1"\n'


@pytest.mark.parametrize(
    ("family", "make", "well", "found", "remedy"),
    [
        ("esp32", adr018, True, "are frames", ""),
        ("nexmon", adr018, False, "of an esp32 radio", 'family = "esp32"'),
        ("nexmon", lambda _: b"\0" * 60, False, "payloads is a frame", "update the sender"),
    ],
)
def test_doctor_listens_and_says_who_sends(tmp_path, family, make, well, found, remedy):
    port = free_port()
    with sending(port, make):
        code, checks = examined(tmp_path, UDP.format(port, family))
    assert (code, checks["one"]["well"]) == (0 if well else 1, well)
    assert found in checks["one"]["found"]
    assert remedy in (checks["one"]["remedy"] or "")


def test_doctor_hears_silence_and_knows_a_port_in_use(tmp_path):
    port = free_port()
    _, checks = examined(tmp_path, UDP.format(port, "nexmon"))
    assert "nothing came" in checks["one"]["found"]
    assert "nexutil" in checks["one"]["remedy"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        code, checks = examined(tmp_path, UDP.format(port, "nexmon"))
    assert code == 1
    assert "in use" in checks["one"]["found"]


def test_doctor_knows_a_wrong_baud_rate(tmp_path):
    ours, theirs = pty.openpty()
    noise = bytes(b | 0x80 for b in range(64)) + b"\n"

    def write():
        for _ in range(40):
            os.write(ours, noise)
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    toml = f'[sources.one]\nkind = "serial"\npath = "{os.ttyname(theirs)}"\n'
    code, checks = examined(tmp_path, toml)
    writer.join()
    os.close(ours)
    os.close(theirs)
    assert code == 1
    assert "baud" in checks["one"]["remedy"]


def test_doctor_reads_captures(tmp_path):
    path = recording("nexmon/output-rssi.pcap")
    toml = f'[sources.one]\nkind = "replay"\ncapture = "{path}"\n'
    code, checks = examined(tmp_path, toml + '[sources.two]\nkind = "replay"\ncapture = "/no"\n')
    assert (code, checks["one"]["well"], checks["two"]["well"]) == (1, True, False)


def test_hardware_is_read_from_the_kernels_files(tmp_path):
    card = tmp_path / "net" / "wlan0"
    (card / "phy80211").mkdir(parents=True)
    (tmp_path / "net" / "eth0").mkdir()
    (card / "device").mkdir()
    (tmp_path / "iwlwifi").mkdir()
    (card / "device" / "driver").symlink_to(tmp_path / "iwlwifi")
    assert devices.wifi_cards(tmp_path) == [devices.WifiCard(ifname="wlan0", driver="iwlwifi")]
    for name, kind, soft, hard in (("rfkill0", "wlan", 1, 0), ("rfkill1", "bluetooth", 1, 0)):
        switch = tmp_path / "rfkill" / name
        switch.mkdir(parents=True)
        words = {"type": kind, "soft": soft, "hard": hard, "name": "phy0"}
        for word, value in words.items():
            (switch / word).write_text(f"{value}\n")
    assert devices.blocked_radios(tmp_path) == [devices.BlockedRadio(name="phy0", hard=False)]
    (tmp_path / "ttyUSB1").touch()
    assert devices.serial_ports(tmp_path) == [str(tmp_path / "ttyUSB1")]

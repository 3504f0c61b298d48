"""The whole daemon as a process: what it does to a host, and that none of it stays."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from airsonde.apps.link_trace import read_trace
from tests.apps.governor.governed import LIMIT_S, governed_host, needs_root
from tests.drivers.linux.namespaces import ip

pytestmark = needs_root


@pytest.fixture
def host(tmp_path):
    with governed_host(tmp_path) as host:
        yield host


def test_decisions_are_applied_and_undone_when_it_is_stopped(host):
    before = host.snapshot()
    status = host.governs()
    during = host.snapshot()
    assert during[2]["tx-generic-segmentation"] is False
    assert during[2]["rx-gro"] is True
    assert during[3]["net.ipv4.tcp_ecn"] == ["1"]
    assert b"net.ipv4.tcp_ecn = 1" in during[4]["90-airsonde.conf"]
    assert status["interfaces"]["wlan0"]["connected"] is True
    assert status["files"] == ["/etc/sysctl.d/90-airsonde.conf"]
    code, said = host.end()
    assert code == 0, said
    assert host.snapshot() == before
    assert not (host.folder / "run" / "governor.sock").exists()


@pytest.mark.parametrize("heal", ["start", "revert"])
def test_what_a_killed_daemon_left_is_put_back(host, heal):
    before = host.snapshot()
    host.governs()
    host.end(signal.SIGKILL)
    assert host.snapshot() != before
    if heal == "start":
        host.governs()
        code, said = host.end()
        assert code == 0, said
    else:
        done = host.airsonde("revert")
        assert done.returncode == 0, done.stderr
        assert "offload" in done.stdout
        assert "restored" in done.stdout
        assert host.airsonde("revert").stdout == "0 settings looked at\n"
    assert host.snapshot() == before


def test_a_change_of_somebody_else_is_left_alone(host):
    host.governs()
    host.inside(lambda: Path("/proc/sys/net/ipv4/tcp_keepalive_time").write_text("77"))
    host.end()
    assert host.sysctls()["net.ipv4.tcp_keepalive_time"] == ["77"]


def test_only_one_daemon_and_no_revert_beside_it(host):
    host.governs()
    for words in (("run",), ("revert",)):
        done = host.airsonde(*words)
        assert done.returncode == 1
        assert "held by a running airsonde; stop it first" in done.stderr
    assert host.status()["interfaces"]


def test_networkmanager_may_restart(host):
    host.governs()
    host.doubles.stop()
    host.until(lambda: not host.status()["interfaces"])
    host.doubles.start()
    host.until(lambda: "wlan0" in host.status()["interfaces"])
    host.doubles.change(
        lambda nm: (setattr(nm.wireless, "bitrate", 43_300),
                    nm.wireless.emit_properties_changed({"Bitrate": 43_300}))
    )  # fmt: skip
    host.until(lambda: host.status()["interfaces"]["wlan0"]["bitrate_mbit"] == 43.3)
    assert host.end()[0] == 0


def test_interfaces_come_and_go(host):
    host.governs()
    ip("-n", host.namespace, "link", "add", "eth7", "type", "veth", "peer", "name", "peer7")
    host.doubles.change(lambda nm: nm.plug_in("eth7"))
    host.until(lambda: "eth7" in host.status()["interfaces"])
    host.until(lambda: host.offloads("eth7")["tx-generic-segmentation"] is False)
    ip("-n", host.namespace, "link", "del", "eth7")
    host.doubles.change(lambda nm: nm.unplug())
    host.until(lambda: "eth7" not in host.status()["interfaces"])
    host.until(lambda: not any("eth7" in c["target"] for c in host.status()["changed"]))
    before = host.snapshot()
    ip("-n", host.namespace, "link", "add", "docker0", "type", "veth", "peer", "name", "peer8")
    host.doubles.change(lambda nm: nm.plug_in("docker0"))
    host.doubles.change(lambda nm: nm.wireless.emit_properties_changed({"Bitrate": 6000}))
    host.until(lambda: host.status()["interfaces"]["wlan0"]["bitrate_mbit"] == 6)
    assert host.offloads("docker0")["tx-generic-segmentation"] is True
    ip("-n", host.namespace, "link", "del", "docker0")
    assert host.snapshot() == before
    code, said = host.end()
    assert (code, "eth7" in said) == (0, False)


def test_an_event_is_decided_on_before_the_next_tick(host):
    host.configure("busy_mbit = 0\n")
    host.config.write_text(host.config.read_text().replace("tick_s = 0.5", "tick_s = 30.0"))
    host.governs()
    host.doubles.change(lambda nm: nm.wireless.emit_properties_changed({"Bitrate": 26_000}))
    host.until(lambda: host.status()["interfaces"]["wlan0"]["bitrate_mbit"] == 26, limit_s=15)
    assert host.status()["interfaces"]["wlan0"]["bitrate_mbit"] == 26


def test_settings_are_read_again_and_hands_are_taken_off(host):
    before = host.offloads()
    host.governs()
    host.config.write_text(
        host.config.read_text() + '[[link.networks.rules]]\nssid = "home"\nhands_off = true\n'
    )
    host.daemon.send_signal(signal.SIGHUP)
    host.until(lambda: host.offloads() == before)
    reasons = {r["policy"]: r for r in host.ask("explain")["reasons"]["wlan0"]}
    assert reasons["network"]["blocked_by"] == ["told by the configuration"]
    assert host.status()["changed"]  # those of the whole host stay
    host.config.write_text("[governor]\ntik_s = 1")
    host.daemon.send_signal(signal.SIGHUP)
    assert host.status()["interfaces"]
    code, said = host.end()
    assert code == 0
    assert "there is no setting governor.tik_s; the nearest is governor.tick_s" in said


AUDITED = """
import sys
WRITES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod",
          "os.chown", "os.truncate", "subprocess.Popen", "os.fork", "os.exec", "shutil.rmtree"}
def audit(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & 0o3:
        print("WROTE", event, args[0], file=sys.stderr)
    if event in WRITES or (event == "socket.bind" and isinstance(args[1], (str, bytes))):
        print("WROTE", event, args, file=sys.stderr)
sys.dont_write_bytecode = True
sys.addaudithook(audit)
sys.argv = ["airsonde", "link", "run", "--dry-run", "--config", sys.argv[1]]
from airsonde.faces.cli.main import main
main()
"""


def test_a_dry_run_decides_and_writes_nothing(host):
    before = host.snapshot()
    host.daemon = subprocess.Popen(
        host.command("-c", AUDITED, str(host.config)),
        env=host.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    decided = [json.loads(host.daemon.stdout.readline()) for _ in range(3)]
    assert {d["action"] for d in decided} == {"set_shaping", "set_coalescing", "set_power_save"}
    assert {d["outcome"] for d in decided} == {"dry run: not done"}
    shaped = next(d for d in decided if d["action"] == "set_shaping")
    assert shaped["because"]["policy"] == "shaping"
    code, said = host.end()
    assert code == 0
    assert "WROTE" not in said
    assert host.snapshot() == before
    assert not (host.folder / "state").exists()
    assert host.doubles.manager.calls == []


def test_the_commands_tell_and_record_what_it_does(host):
    host.governs()
    status = host.airsonde("status")
    assert status.stdout.startswith("airsonde ")
    assert "wlan0  wifi" in status.stdout
    assert "access point 02:00:00:00:00:aa home  2437 MHz, 866.7 Mbit/s" in status.stdout
    assert json.loads(host.airsonde("status", "--json").stdout)["preset"] == "adaptive"
    explained = host.airsonde("explain", "wlan0").stdout
    assert "coalescing: no game: on" in explained
    assert json.loads(host.airsonde("explain", "--json").stdout)["reasons"]["wlan0"]
    assert host.airsonde("top", "--count", "1").stdout.startswith("airsonde ")
    log = (host.folder / "state" / "decisions.jsonl").read_text().splitlines()
    assert any(json.loads(line).get("action") == "set_coalescing" for line in log)
    trace = host.folder / "trace.jsonl"
    assert host.airsonde("record", str(trace), "--count", "2").returncode == 0
    with trace.open("rb") as file:
        seen = [obs for _, obs in read_trace(file)]
    assert [obs.ifname for obs in seen] == ["wlan0"] * 2
    assert None not in {seen[0].connection, seen[0].rx_packets, seen[0].udp_rx, seen[0].cpu_busy}


NONSENSE = [b"", b"\n", b"{\n", b"[1]\n", b'{"ask": 7}\n', b"x" * 100_000, b"\xff\n", b"[" * 3000]


def test_the_socket_bears_nonsense(host):
    host.governs()
    place = host.folder / "run" / "governor.sock"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    for line in NONSENSE:
        assert _answered(place, line) in {
            b"",
            b'{"error":"ask for status, explain or observations"}\n',
        }
    idle = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for client in idle:
        client.connect(str(place))
    for client in idle:
        client.close()
    host.until(host.status)


def _answered(place, line):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT_S)
        client.connect(str(place))
        try:
            client.sendall(line)
            client.shutdown(socket.SHUT_WR)
            return client.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_without_root_it_refuses_in_one_sentence(tmp_path):
    code = (
        "import os, sys; os.setuid(65534); sys.argv[1:] = ['link', 'run']\n"
        "from airsonde.faces.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", f"import airsonde.apps.governor.run, airsonde.faces.cli.link_run\n{code}"],
                          capture_output=True, text=True, check=False, env=os.environ)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "airsonde: the governor changes the network: run it as root (sudo airsonde …)\n"
    )

"""The parts of the lab that need no machine: what it says when it cannot, and plain values."""

import socket
import threading

import pytest

from lab.hwsim.agent import start_process
from lab.hwsim.guest import difference
from lab.hwsim.image import ensure_host_packages
from lab.hwsim.inside.radios import ACCESS_POINTS, hostapd_settings
from lab.hwsim.place import LabError
from lab.hwsim.station import lost_pings
from lab.hwsim.vm import Machine


def test_equal_snapshots_do_not_differ():
    snapshot = {"sysctl": {"a": "1"}, "file": {}}
    assert difference(snapshot, snapshot) == []


def test_a_difference_names_what_came_went_and_changed():
    before = {"sysctl": {"a": "1", "b": "2"}, "file": {}}
    after = {"sysctl": {"a": "3"}, "file": {"/etc/x": "new"}}
    assert difference(before, after) == [
        "sysctl a: 1 -> 3",
        "sysctl b: 2 -> None",
        "file /etc/x: None -> new",
    ]


def test_lost_pings_are_those_without_a_reply():
    replies = "".join(
        f"64 bytes from 10.99.0.1: icmp_seq={n} ttl=64 time=1 ms\n" for n in (1, 2, 2, 5)
    )
    assert lost_pings(replies + "From 10.99.0.11 icmp_seq=4 Host Unreachable\n", 5) == 2


@pytest.mark.parametrize(
    ("name", "centre"), [("ap5", "idx=42"), ("ap5b", "idx=155"), ("ap6", "idx=7")]
)
def test_a_wide_channel_is_given_by_its_centre(name, centre):
    (point,) = [point for point in ACCESS_POINTS if point.name == name]
    assert f"he_oper_centr_freq_seg0_{centre}\n" in hostapd_settings(point)


def test_without_qemu_and_apt_the_host_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"install qemu-system-x86, .* no apt-get"):
        ensure_host_packages()


def test_a_folder_too_deep_for_a_socket_is_refused(tmp_path):
    with pytest.raises(LabError, match="set LAB_DIR"):
        Machine(tmp_path / ("deep" * 25))


def test_a_machine_that_never_ran_is_not_running(tmp_path):
    machine = Machine(tmp_path)
    machine.stop()
    assert not machine.running
    (tmp_path / "qemu.pid").write_text("1")  # some other process
    assert not machine.running


def agent(path, *answers):
    """Answer each request of one client with the next line, then hang up."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve():
        with listening, listening.accept()[0] as line, line.makefile("rwb") as stream:
            for answer in answers:
                token = stream.readline().rstrip(b"}\n").rpartition(b" ")[2]
                stream.write(answer.replace(b"TOKEN", token.strip(b"}")))
                stream.flush()

    threading.Thread(target=serve, daemon=True).start()
    return path


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([], "hung up|reset|pipe"),
        ([b'{"return": 1}\n\xff{"return": TOKEN}\n'], "hung up|reset|pipe"),
        (
            [b'\xff{"return": TOKEN}\n', b'{"error": {"desc": "no such program"}}\n'],
            "no such program",
        ),
    ],
)
def test_an_agent_that_fails_is_an_os_error(tmp_path, answers, reason):
    with pytest.raises(OSError, match=reason):
        start_process(agent(tmp_path / "agent.sock", *answers), "/bin/true", limit_s=5)


def test_stale_answers_are_read_past(tmp_path):
    answers = [b'{"return": {"pid": 7}}\n\xff{"return": TOKEN}\n', b'{"return": {"pid": 41}}\n']
    assert start_process(agent(tmp_path / "agent.sock", *answers), "/bin/true", limit_s=5) == 41

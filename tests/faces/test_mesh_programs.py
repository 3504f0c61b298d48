"""The mesh's programs on the command line: misuse is one sentence, keys are never printed."""

import json
import re
import time

import pytest
from click.testing import CliRunner

from airsonde.apps.mesh.status import read_status, write_status
from airsonde.core.errors import AirsondeError, ConfigError, DriverError
from airsonde.faces.cli.main import airsonde
from tests.recordings import recording

NODE = {
    "node": "01" * 8, "address": "127.0.0.1:5005", "room": "room", "authenticated": True,
    "coordinator": False, "alive": True, "heard_ago_s": 0.1, "messages": 9, "raw_csi_bytes": 0,
    "role": "unassigned", "profile": "passive_low_rate", "channel": 6, "pkt_yield": 100,
    "clock_error_us": None,
}  # fmt: skip
ROOM = {
    "room": "room", "presence": None, "motion": None, "confidence": None, "authenticated": None,
    "occupied": None, "moving": None, "fresh_nodes": 0, "anchor": None, "channels": [1, 6],
}  # fmt: skip
STATUS = {
    "node": "a0" * 8, "leads": True, "coordinator": "a0" * 8, "epoch": 256,
    "level": "permissive", "takes_unauthenticated": True, "refused": {"wrong tag": 3},
    "unknown_magics": {}, "rooms": [ROOM],
    "nodes": [NODE, {**NODE, "node": "1@10.0.0.1:5005", "authenticated": False, "role": None}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    assert call("keys", "generate", "--keys", str(tmp_path / "keys")).exit_code == 0
    return tmp_path


def call(*words):
    return CliRunner().invoke(airsonde, ["mesh", *words])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("node --simulate empty", "--to HOST"),
        ("node --to x.invalid --simulate empty", "no IPv4 address"),
        ("node --to 127.0.0.1:0 --simulate empty", "is no HOST"),
        ("node --to 127.0.0.1", "name one source"),
        ("node --to 127.0.0.1 --simulate empty --udp 5500", "name one source"),
        ("node --to 127.0.0.1 --simulate empty --id 12", "16 hexadecimal"),
        ("node --to 127.0.0.1 --radio linux", "--radio linux --ifname wlan0"),
        ("node --to 127.0.0.1 --radio nexmon", "--radio nexmon --ifname wlan0"),
        ("node --to 127.0.0.1 --radio linux --ifname lo --udp 5500", "--udp does not go with"),
        ("node --to 127.0.0.1 --radio sim --serial /dev/x", "--serial does not go with"),
        ("node --to 127.0.0.1 --radio esp32 --udp 1 --serial /dev/x", "name one source"),
        ("coordinator --channels 1,x", "no list of channels"),
        ("coordinator --room kitchen", "HEX16=NAME"),
        ("coordinator --listen 99999", "no [HOST:]PORT"),
        ("coordinator --raw nobody", "16 hexadecimal"),
    ],
)
def test_misuse_is_one_sentence(folder, words, said):
    done = call(*words.split(), "--keys", str(folder / "keys"), "--state", str(folder / "state"))
    assert isinstance(done.exception, ConfigError)
    assert said in str(done.exception)


def test_status_shows_what_must_be_seen(folder):
    assert isinstance(call("status", "--state", str(folder)).exception, DriverError)
    write_status(folder, STATUS)
    shown = call("status", "--state", str(folder))
    assert "PERMISSIVE" in shown.output
    assert "NOT AUTHENTICATED" in shown.output
    assert "presence unknown" in shown.output
    assert "3 wrong tag" in shown.output
    assert json.loads(call("status", "--json", "--state", str(folder)).output) == STATUS


def test_plan_says_what_would_change_and_does_nothing(folder):
    write_status(folder, STATUS)
    planned = json.loads(call("plan", "--json", "--state", str(folder)).output)
    assert planned == [{"room": "room", "action": "assign", "node": "01" * 8, "role": "anchor"}]
    write_status(folder, {**STATUS, "nodes": []})
    assert "stands as planned" in call("plan", "--state", str(folder)).output


def test_a_simulation_counts_and_says_that_it_is_one():
    begin_s = time.monotonic()
    words = [
        "simulate",
        "--nodes",
        "6",
        "--coordinators",
        "2",
        "--seconds",
        "14",
        "--loss",
        "0.05",
        "--jitter-ms",
        "20",
    ]
    counted = json.loads(call(*words, "--json").output)
    assert counted["leaders"] == 1
    assert counted["roles"] == {"anchor": 1, "observer": 5}
    assert counted["fresh_nodes"] == 6
    assert "SIMULATED" in call("simulate", "--nodes", "1", "--seconds", "1").output
    assert time.monotonic() - begin_s < 20


def test_keys_are_shown_by_fingerprint_alone(folder):
    shown = call("keys", "show", "--keys", str(folder / "keys"), "--json")
    ((one,),) = (json.loads(shown.output),)
    secret = (folder / "keys" / "hmac-1.key").read_text().strip()
    assert secret not in shown.output
    assert one["fingerprint"] in call("keys", "show", "--keys", str(folder / "keys")).output
    assert "added" in call("keys", "rotate", "--keys", str(folder / "keys")).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--radio linux --ifname nowhere0", "there is no interface 'nowhere0'"),
        ("--radio linux --ifname lo", "lo is no Wi-Fi interface|kernel has no Wi-Fi"),
        ("--radio nexmon --ifname lo", "lo is no Broadcom radio"),
        ("--radio esp32 --serial /dev/nowhere0", "/dev/nowhere0"),
    ],
)
def test_a_radio_that_is_not_there_is_one_sentence(folder, words, said):
    done = call(
        *("node", "--to", "127.0.0.1", *words.split(), "--seconds", "20"),
        *("--keys", str(folder / "keys"), "--state", str(folder / "state")),
    )
    assert isinstance(done.exception, AirsondeError)
    assert re.search(said, str(done.exception)), done.exception
    assert "\n" not in str(done.exception)


def test_a_replay_of_another_radio_is_refused(folder):
    capture = recording("presence/orang_diam.csv")
    options = ("--keys", str(folder / "keys"), "--state", str(folder / "state"))
    done = call("node", str(capture), "--to", "127.0.0.1", "--radio", "nexmon", *options)
    assert isinstance(done.exception, ConfigError)
    assert "holds frames of esp32, not of nexmon" in str(done.exception)
    done = call("node", str(capture), "--to", "127.0.0.1", "--radio", "esp32", "--seconds", "0.5",
                *options)  # fmt: skip
    assert done.exit_code == 0, done.exception
    assert read_status(folder / "state")["origin"] == "replay"

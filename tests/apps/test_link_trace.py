"""Traces are read line by line, and what is no observation is said with its line."""

import io
import json
import random
import sys

import pytest
from click.testing import CliRunner

from airsonde.apps.link_replay import replay
from airsonde.apps.link_trace import LINE_BYTES, read_trace, write_trace
from airsonde.core.errors import DecodeError
from airsonde.faces.cli.main import airsonde, main

AP = {"bssid": "02:00:00:00:00:01", "ssid": "home", "freq_mhz": 2437, "signal_dbm": -50}
OTHER = {
    "bssid": "02-00-00-00-00-0A",
    "ssid": "home",
    "freq_mhz": 5180,
    "signal_dbm": -60,
    "seen_scan_id": 7,
}
LINE = {
    "t_ns": 0, "ifname": "wlan0", "type": "wifi", "driver": "iwlwifi", "bitrate_mbit": 866.7,
    "rx_packets": 1000, "tx_packets": 900, "cpu_busy": 1234, "cpu_total": 9876, "on_battery": False,
    "connected": True, "ap": AP, "scan_id": 7, "candidates": [OTHER], "tx_retries": 10,
    "tx_failed": 0, "channel_busy": 0.31, "gateway_rtt_ms": 3.1, "tcp_delay_ms": 4.0,
}  # fmt: skip


def trace(*lines):
    return io.BytesIO(b"\n".join(json.dumps(line).encode() for line in lines))


def at(seconds, **fields):
    return LINE | {"t_ns": seconds * 1_000_000_000} | fields


def test_what_is_written_is_read_again():
    observations = [obs for _, obs in read_trace(trace(at(0), at(2, ap=None, candidates=[])))]
    file = io.BytesIO()
    write_trace(file, observations)
    file.seek(0)
    assert [obs for _, obs in read_trace(file)] == observations


def test_unknown_is_null_or_absent():
    least = {"t_ns": 1, "ifname": "wlan0", "type": "wifi"}
    (_, absent), (_, null) = read_trace(trace(least, dict.fromkeys(LINE) | least))
    assert absent == null
    assert absent.bitrate_mbit is None


def test_new_fields_and_blank_lines_are_passed_over():
    file = io.BytesIO(b"\n  \n" + json.dumps(at(0, later=[{}])).encode() + b"\r\n\n")
    assert len(list(read_trace(file))) == 1


def test_a_bssid_is_answered_as_it_was_spelled():
    done = list(replay(trace(*(at(t) for t in (0, 2, 4))), "v3"))
    assert done[-1] == {
        "t_ns": 4_000_000_000, "action": "roam", "ifname": "wlan0", "bssid": "02-00-00-00-00-0A",
    }  # fmt: skip


def test_numbers_are_whole_where_they_are():
    (shaping, *_) = replay(trace(at(0, bitrate_mbit=100)), "v3")
    assert json.dumps(shaping["bandwidth_mbit"]) == "100"


BAD = {
    "no JSON": b"{",
    "not an object": b"[]",
    "no time": b'{"ifname": "wlan0", "type": "wifi"}',
    "wrong type": json.dumps(at(0, bitrate_mbit="fast")).encode(),
    "a number for yes": json.dumps(at(0, on_battery=1)).encode(),
    "NaN": json.dumps(at(0)).replace("866.7", "NaN").encode(),
    "infinite": json.dumps(at(0)).replace("866.7", "1e999").encode(),
    "huge": json.dumps(at(0)).replace("866.7", "1e300").encode(),
    "huge count": json.dumps(at(0, rx_packets=1 << 80)).encode(),
    "negative": json.dumps(at(0, tx_packets=-1)).encode(),
    "negative time": json.dumps(at(-1)).encode(),
    "not a MAC": json.dumps(at(0, ap=AP | {"bssid": "?"})).encode(),
    "share": json.dumps(at(0, channel_busy=1.1)).encode(),
    "UTF-8": b'{"t_ns": 0, "ifname": "\xff", "type": "wifi"}',
    "deep": b'{"x": ' + b"[" * 200_000,
    "deep and closed": b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "long": b" " * (LINE_BYTES + 2),
    "crowded": json.dumps(at(0, candidates=[OTHER] * 2000)).encode(),
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_bad_line_is_named(line):
    file = io.BytesIO(json.dumps(at(0)).encode() + b"\n\n" + line + b"\n")
    with pytest.raises(DecodeError, match=r"^line 3 of the trace is no observation"):
        list(read_trace(file))


def test_time_does_not_run_backwards():
    assert len(list(read_trace(trace(at(2), at(1, ifname="wlan1"), at(2))))) == 3
    with pytest.raises(DecodeError, match=r"line 2 .* time runs backwards on wlan0"):
        list(read_trace(trace(at(2), at(1))))


def test_mutated_traces_are_replayed_or_refused():
    r = random.Random(5)
    whole = trace(*(at(t) for t in range(0, 12, 2))).getvalue()
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(r.randint(1, 6)):
            data[r.randrange(len(data))] = r.randrange(256)
        try:
            list(replay(io.BytesIO(bytes(data)), "adaptive", explain=True))
        except DecodeError:
            refused += 1
    assert 100 < refused < 400


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(trace(*(at(t, on_battery=True) for t in range(0, 12, 2))).getvalue())
    return path


@pytest.mark.parametrize("preset", ["v3", "adaptive"])
def test_replay_is_the_same_every_time(file, preset):
    argv = ["link", "replay", str(file), "--preset", preset, "--json", "--explain"]
    first, second = (CliRunner().invoke(airsonde, argv) for _ in range(2))
    assert first.exit_code == 0
    assert first.output_bytes == second.output_bytes
    records = [json.loads(line) for line in first.output.splitlines()]
    assert {"action", "reason"} & set(records[0])
    assert any("reason" in record for record in records)
    assert CliRunner().invoke(airsonde, argv[:-1]).output_bytes == b"".join(
        line + b"\n" for line in first.output_bytes.splitlines() if b'"action"' in line
    )


def test_replay_for_people(file):
    done = CliRunner().invoke(
        airsonde, ["link", "replay", str(file), "--preset", "v3", "--explain"]
    )
    assert done.exit_code == 0
    assert "wlan0  set_shaping bandwidth_mbit=867" in done.output
    assert "steering: better for long enough (ap_score -50.0" in done.output


@pytest.mark.parametrize(
    ("text", "argv", "code", "sentence"),
    [
        ("{}", [], 1, "airsonde: line 1 of the trace is no observation"),
        (None, [], 1, "airsonde: cannot open"),
        ("", ["--preset", "v4"], 2, "'v4' is not one of 'v3', 'adaptive'"),
        ("", [], 0, ""),
    ],
)
def test_exit_codes(tmp_path, monkeypatch, capsys, text, argv, code, sentence):
    path = tmp_path / "trace.jsonl"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(sys, "argv", ["airsonde", "link", "replay", str(path), "--json", *argv])
    with pytest.raises(SystemExit) as left:
        main()
    printed = capsys.readouterr()
    assert (left.value.code, printed.out) == (code, "")
    assert sentence in printed.err
    assert "Traceback" not in printed.err

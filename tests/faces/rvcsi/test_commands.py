"""The drop-in `rvcsi` command against the reference's outputs, texts and exit codes."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from airsonde.core.errors import AirsondeError
from airsonde.faces.rvcsi.failure import CommandError
from airsonde.faces.rvcsi.main import rvcsi
from tests.captures.test_rvcsi import FRAME, capture, frame
from tests.recordings import recording, vector


def run(*args):
    """Standard output of a command that succeeds."""
    result = CliRunner().invoke(rvcsi, [str(a) for a in args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def fails(*args):
    """What a failing command says on standard error."""
    with pytest.raises(CommandError) as caught:
        CliRunner().invoke(rvcsi, [str(a) for a in args], catch_exceptions=False)
    assert not isinstance(caught.value, AirsondeError)
    return caught.value.text()


def test_record_pcap_is_byte_identical(tmp_path):
    out = tmp_path / "out.rvcsi"
    source = vector("reference/p20.pcap")
    said = run("record", "--source", "nexmon-pcap", "--in", source, "--out", out)
    assert said == f"recorded 3 frame(s) from {source} to {out}\n"
    assert out.read_bytes() == vector("reference/p20.rvcsi").read_bytes()


def test_record_a_real_pcap_is_byte_identical(tmp_path):
    out = tmp_path / "out.rvcsi"
    run(
        "record",
        "--source",
        "nexmon-pcap",
        "--in",
        recording("nexmon/output-rssi.pcap"),
        "--out",
        out,
    )
    assert out.read_bytes() == vector("reference/output-rssi.rvcsi").read_bytes()


def test_record_dump_is_byte_identical(tmp_path):
    out = tmp_path / "out.rvcsi"
    said = run(
        "record", "--in", vector("rvnx.bin"), "--out", out, "--source-id", "wlan0", "--session", 3
    )
    assert said == f"recorded 2 frame(s) to {out} (0 dropped by validation)\n"
    assert out.read_bytes() == vector("reference/rvnx_recorded.rvcsi").read_bytes()


def test_record_stops_at_a_malformed_record(tmp_path):
    dump = tmp_path / "dump.bin"
    good = bytes.fromhex("584e565201000200000024005000000080ba953e000000000001000080ff4002")
    dump.write_bytes(good + b"junk" + good)
    said = run("record", "--in", dump, "--out", tmp_path / "out.rvcsi").splitlines()
    assert said[0] == (
        "warning: stopped at a malformed Nexmon record: adapter 'nexmon' failed: malformed "
        "record: not a record (bad magic, unsupported version, or too short)"
    )
    assert said[1].startswith("recorded 1 frame(s)")
    status = json.loads(run("health", "--source", "nexmon", "--target", dump))
    assert status["frames_rejected"] == 1
    assert status["status"].startswith("malformed record at byte 32: not a record")


def test_record_with_a_chip_drops_what_it_cannot_send(tmp_path):
    out = tmp_path / "out.rvcsi"
    source = recording("nexmon/output-rssi.pcap")
    said = run("record", "--source", "nexmon-pcap", "--in", source, "--out", out, "--chip", "pi5")
    assert said == f"recorded 0 frame(s) from {source} to {out} (chip pi5)\n"
    assert json.loads(out.read_text())["adapter_profile"]["chip"] == "bcm43455c0 (pi5)"


@pytest.mark.parametrize("name", ["output-rssi", "rvnx_recorded"])
def test_inspect_json(name):
    expected = vector(f"reference/{name}.inspect.json").read_text()
    assert run("inspect", "--json", vector(f"reference/{name}.rvcsi")) == expected


def test_inspect_text():
    path = vector("reference/rvnx_recorded.rvcsi")
    assert run("inspect", path).splitlines() == [
        f"capture        : {path}",
        "  version      : 1",
        "  session      : 3",
        "  source       : wlan0",
        "  adapter      : nexmon",
        "  frames       : 2",
        "  time span    : 1000000000 .. 1050000000 ns (50000000 ns)",
        "  channels     : [6, 36]",
        "  subcarriers  : [2, 4]",
        "  mean quality : 0.825",
        "  validation   : accepted=2 degraded=0 recovered=0 rejected=0 pending=0",
        "  calibration  : (none)",
    ]


def test_inspect_nexmon():
    path = vector("reference/p20.pcap")
    found = json.loads(run("inspect-nexmon", "--json", path))
    assert (found["csi_frame_count"], found["skipped_packets"]) == (3, 1)
    assert found["detected_chip"] == "bcm43455c0"
    assert found["rssi_dbm_range"] == [-52, -50]
    text = run("inspect-nexmon", path).splitlines()
    assert text[0] == f"nexmon pcap    : {path}"
    assert text[8:] == [
        "  chip versions: 0x4345",
        "  chip         : bcm43455c0 (seen: bcm43455c0)",
        "  rssi range   : -52 .. -50 dBm",
    ]
    empty = json.loads(run("inspect-nexmon", "--json", "--port", 1, path))
    assert empty["rssi_dbm_range"] is None
    assert empty["skipped_packets"] == 4


def test_replay():
    path = vector("reference/rvnx_recorded.rvcsi")
    assert run("replay", path) == (
        "       0       1000000000 ch6   rssi=  -55 q=0.700 Accepted\n"
        "       1       1050000000 ch36  rssi=    - q=0.950 Accepted\n"
        "-- 2 frame(s)\n"
    )
    assert run("replay", "--limit", 1, path).endswith("-- 1 frame(s)\n")
    frames = path.read_text().partition("\n")[2]
    assert run("replay", "--json", path) == frames
    assert run("stream", "--in", path) == frames


def test_notes_go_to_standard_error():
    path = vector("reference/rvnx_recorded.rvcsi")
    result = CliRunner().invoke(rvcsi, ["replay", "--speed", "2.5", str(path)])
    assert result.stderr == (
        "note: --speed 2.5 is not enforced by the CLI; replaying as fast as possible\n"
    )
    result = CliRunner().invoke(rvcsi, ["stream", "--port", "8787", "--in", str(path)])
    assert result.stderr.startswith("note: --port 8787 (WebSocket) needs the rvcsi-daemon;")


def test_health_of_a_capture():
    path = vector("reference/rvnx_recorded.rvcsi")
    assert json.loads(run("health", "--source", "file", "--target", path)) == {
        "connected": False,
        "frames_delivered": 2,
        "frames_rejected": 0,
        "status": None,
    }


def test_decode_chanspec():
    assert run("decode-chanspec", "0xe024") == "chanspec 0xe024: channel 36 @ 80 MHz (5 GHz)\n"
    assert run("decode-chanspec", "0x1e024") == run("decode-chanspec", "57380")
    assert run("decode-chanspec", "--json", "0xE024") == (
        '{"bandwidth_mhz":80,"channel":36,"chanspec":57380,"is_5ghz":true}\n'
    )


def test_nexmon_chips():
    text = run("nexmon-chips").splitlines()
    assert text[0] == "Nexmon-supported Broadcom/Cypress chips:"
    assert text[6].endswith("[bw [20, 40, 80] MHz, sc [64, 128, 256], legacy packed-float export]")
    assert text[-1] == "  pizerow    -> (no CSI support)  [WiFi present but not CSI-capable]"
    table = json.loads(run("nexmon-chips", "--json"))
    assert list(table["chips"][0]) == sorted(table["chips"][0])
    assert table["raspberry_pi_models"][5]["chip"] == "unknown:0x4343"


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["decode-chanspec", "0xzz"], "Error: not a hex u16: 0xzz\n\nCaused by:\n    invalid digit found in string"),
        (["decode-chanspec", "4294967296"], "Error: not a decimal u16: 4294967296\n\nCaused by:\n    number too large to fit in target type"),
        (["inspect", "/no/such"], "Error: inspecting /no/such\n\nCaused by:\n    0: io error: No such file or directory (os error 2)\n    1: No such file or directory (os error 2)"),
        (["replay", "/no/such"], "Error: opening /no/such\n\nCaused by:\n    0: io error: No such file or directory (os error 2)\n    1: No such file or directory (os error 2)"),
        (["record", "--in", "/no/such", "--out", "x"], "Error: reading /no/such\n\nCaused by:\n    No such file or directory (os error 2)"),
        (["record", "--source", "x", "--in", "a", "--out", "b"], "Error: unknown --source `x` (expected `nexmon` or `nexmon-pcap`)"),
        (["health", "--source", "file"], "Error: `--target <path>` is required for the file source"),
        (["health", "--source", "radio"], "Error: unknown source `radio` (expected: file, replay, nexmon, esp32, intel, atheros)"),
        (["stream", "--in", "x", "--format", "csv"], "Error: unsupported --format `csv` (only `json` is available in this build)"),
    ],
)  # fmt: skip
def test_failures_name_their_cause(args, text):
    assert fails(*args) == text


def test_a_bad_line_ends_a_replay_after_what_came_before(tmp_path):
    path = tmp_path / "bad.rvcsi"
    path.write_bytes(capture(FRAME, "", "{not a frame}", frame()))
    assert "parse error at offset 4: invalid frame line 4: " in fails("inspect", path)
    done = subprocess.run(
        [sys.executable, "-c", "from airsonde.faces.rvcsi.main import main; main()", "replay", "--json", path],
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.decode() == FRAME + "\n"
    assert done.stderr.startswith(b"Error: parse error at offset 4")


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("hello\n")
    assert "parse error at offset 0: invalid .rvcsi header line" in fails("inspect", path)
    said = fails("record", "--source", "nexmon-pcap", "--in", path, "--out", tmp_path / "x")
    assert "pcap: buffer shorter than the 24-byte global header" in said
    assert not (tmp_path / "x").exists()
    source = vector("reference/p20.pcap")
    said = fails("record", "--source", "nexmon-pcap", "--in", source, "--out", "x", "--chip", "foo")
    assert said.endswith("invalid configuration: unknown nexmon chip / Raspberry Pi model `foo`")


def test_misuse_exits_with_two():
    result = CliRunner().invoke(rvcsi, ["record"])
    assert result.exit_code == 2

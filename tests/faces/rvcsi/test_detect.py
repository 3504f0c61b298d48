"""`rvcsi events`, `calibrate` and `export ruvector`, and `airsonde csi windows | events`.

All against what the reference printed, byte for byte.
"""

import gzip

import pytest
from click.testing import CliRunner

from airsonde.faces.cli.main import airsonde
from tests.captures.test_rvcsi import FRAME, capture, frame
from tests.faces.rvcsi.test_commands import fails, run
from tests.recordings import recording, vector

NAMES = ["p20", "rvnx_recorded", "output-rssi", "real_n1_64"]


def preset(verb, path, *more):
    args = ["csi", verb, str(path), "--preset", "rvcsi", *more]
    result = CliRunner().invoke(airsonde, args, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def unpacked(folder, name):
    """A capture of the reference outputs, decompressed where it is packed."""
    if name in {"p20", "rvnx_recorded", "output-rssi"}:
        return vector(f"reference/{name}.rvcsi")
    where = "reference" if name == "real_n1_64" else "inputs"
    path = folder / f"{name}.rvcsi"
    path.write_bytes(gzip.decompress(vector(f"{where}/{name}.rvcsi.gz").read_bytes()))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_windows_and_events_are_the_reference_s(tmp_path, name):
    path = unpacked(tmp_path, name)
    events = vector(f"reference/{name}.events.json").read_text()
    assert (
        preset("windows", path, "--json") == vector(f"reference/{name}.windows.jsonl").read_text()
    )
    assert preset("events", path, "--json") == events
    assert run("events", "--json", path) == events


@pytest.mark.parametrize(("name", "windows"), [("real_n1_mix", 102), ("real_n2_64", 126)])
def test_other_real_streams(tmp_path, name, windows):
    path = unpacked(tmp_path, name)
    assert len(preset("windows", path, "--json").splitlines()) == windows
    said = run("events", path).splitlines()
    assert said[-1] == "-- 3 event(s)"
    assert said[0].endswith(" ns  presence_started       conf=1.000  evidence=[1]")


@pytest.mark.parametrize(("name", "windows"), [("rvnx_recorded", 1), ("output-rssi", 25)])
def test_export(tmp_path, name, windows):
    out = tmp_path / "memory.jsonl"
    said = run("export", "ruvector", "--in", vector(f"reference/{name}.rvcsi"), "--out", out)
    assert said == f"stored {windows} window embedding(s) to {out}\n"
    assert out.read_bytes() == vector(f"reference/{name}.rfmem.jsonl").read_bytes()


def test_export_keeps_the_last_32_windows_and_skips_the_unjudged(tmp_path):
    path, out = tmp_path / "long.rvcsi", tmp_path / "memory.jsonl"
    path.write_bytes(
        capture(*(frame(timestamp_ns=n * 2_000_000_000) for n in range(80)))
        + frame(validation="Pending").encode()
    )
    assert run("export", "ruvector", "--in", path, "--out", out).startswith("stored 32 ")
    assert out.read_text().startswith('{"record":{"id":0,"kind":"Window","source_id":"wlan0",')
    path.write_bytes(capture(frame(validation="Pending")))
    assert run("export", "ruvector", "--in", path, "--out", out).startswith("stored 0 ")
    assert out.read_bytes() == b""


def test_calibrate(tmp_path):
    path = vector("reference/output-rssi.rvcsi")
    expected = vector("reference/output-rssi.calibrate.json").read_text()
    assert run("calibrate", "--in", path) == expected
    out = tmp_path / "baseline.json"
    said = run("calibrate", "--in", path, "--out", out)
    assert said == f"wrote baseline (256 subcarriers, 383 frames) to {out}\n"
    assert out.read_text() == expected.rstrip("\n")


def test_failures_name_their_cause(tmp_path):
    path, out = tmp_path / "bad.rvcsi", tmp_path / "out"
    path.write_bytes(capture(FRAME, "{not a frame}"))
    assert fails("events", path).startswith(
        f"Error: processing {path}\n\nCaused by:\n    parse error"
    )
    assert fails("export", "ruvector", "--in", path, "--out", out).startswith("Error: exporting ")
    assert not out.exists()
    assert fails("calibrate", "--in", path).startswith(f"Error: reading {path}")
    path.write_bytes(capture(frame(validation="Pending")))
    assert fails("calibrate", "--in", path) == (
        f"Error: no exposable frames in {path} — cannot calibrate"
    )


def test_the_header_s_policy_and_profile_validate(tmp_path):
    path = tmp_path / "one.rvcsi"
    pending = capture(frame(validation="Pending"))
    path.write_bytes(pending)
    assert len(preset("windows", path, "--json").splitlines()) == 1
    path.write_bytes(pending.replace(b'"supported_channels":[]', b'"supported_channels":[1]'))
    assert preset("windows", path, "--json") == ""
    path.write_bytes(pending.replace(b'"min_subcarriers":1', b'"min_subcarriers":3'))
    assert preset("windows", path, "--json") == ""


def test_any_format_is_looked_at():
    path = recording("nexmon/output-rssi.pcap")
    expected = vector("reference/output-rssi.windows.jsonl").read_text()
    found = preset("windows", path, "--json")
    assert found.replace('"source_id":"output-rssi"', '"source_id":"nexmon"') == expected
    assert len(preset("windows", path).splitlines()) == 26
    assert len(preset("events", path).splitlines()) == 9

"""ESP32 files that a test writes: identity and the way through the registry."""

import json
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import airsonde
from airsonde.captures.capture import open_capture
from airsonde.captures.model import Head, OpenOptions
from airsonde.captures.registry import formats
from airsonde.core.errors import DecodeError
from airsonde.radios.esp32.layout import Flags, layout_by_flags
from tests.radios.esp32 import build

ROW = build.pairs(layout_by_flags(64, Flags(ppdu=None, wide=False, stbc=False, secondary=0)))
DATAGRAM = build.datagram(ROW)
VITALS = b"\x02\x00\x11\xc5" + bytes(28)
LOG = b"I (31) boot: ESP-IDF v5.1\n" * 50

FILES = {
    "adr018": DATAGRAM * 3,
    "adr018 after a sibling": VITALS + DATAGRAM,
    "esp32-csv": build.tool_line(ROW) * 3,
    "esp32-csv behind a boot log": LOG + build.classic_line(ROW),
    "esp32-csv of a Wi-Fi 6 chip": build.he_line(ROW),
    "esp32-jsonl": build.json_line(ROW),
    "esp32-jsonl of vitals first": b'{"magic": "0xC5110002"}\n' + build.json_line(ROW),
    "esp32-jsonl of amplitudes": b'{"node_id": 1, "amplitude": [1, 2, 3]}\n',
}


@pytest.mark.parametrize("name", FILES)
def test_identity_needs_no_suffix(tmp_path, name):
    path = tmp_path / "capture"
    path.write_bytes(FILES[name])
    capture = airsonde.open(path)
    summary = capture.summary()
    assert capture.format == name.split()[0]
    assert summary["decoded"] >= 1
    assert summary["records"] == summary["decoded"] + sum(summary["skipped"].values())
    assert summary["lanes"][0]["frames"] == summary["decoded"]
    assert json.loads(json.dumps(summary)) == summary


@pytest.mark.parametrize(
    "data",
    [
        VITALS,
        b"\x01\x00\x11\xc5" + bytes(40),
        b"type,of,thing\n1,2,3\n",
        b'{"name": "x", "subcarriers": 3}\n',
        b'{"amplitude": [1, 2]}\n',
        b"CSI_DATA,1,2\n",
        b"\x00" * 5000 + build.tool_line(ROW),
    ],
)
def test_files_that_only_look_alike_are_not_claimed(tmp_path, data):
    path = tmp_path / "capture.csv"
    path.write_bytes(data)
    with pytest.raises(DecodeError):
        airsonde.open(path)


def test_a_named_source_and_chip_reach_the_lanes(tmp_path):
    path = tmp_path / "capture.csv"
    path.write_bytes(build.tool_line(ROW))
    batch = open_capture(path, options=OpenOptions(source="kitchen", chip="esp32-s3")).read()
    assert (batch.lane.source, batch.lane.chip) == ("kitchen", "esp32-s3")


_fronts = st.sampled_from(
    [b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", DATAGRAM, b"CSI_DATA,", b'{"iq_hex"', b"type,"]
)


@settings(max_examples=100, deadline=None)
@given(front=_fronts, rest=st.binary(max_size=300), more=st.booleans())
def test_any_head_is_claimed_or_not(front, rest, more):
    data = front + rest
    head = Head(path=Path("x"), data=data, size=len(data) + more)
    names = ("espectre-npz", "amplitude-npy", "esp32-jsonl", "esp32-csv", "adr018")
    claims = [name for name in names if formats()[name].matches(head)]
    assert len(claims) <= 1

"""`airsonde mesh decode, encode, decide`: lines in, lines out, whatever the lines are."""

import json
import re

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.faces.cli.main import airsonde
from tests.mesh.golden import EMPTY, FEATURE_STATE, MESSAGES
from tests.recordings import vector

HEALTH = MESSAGES["HEALTH"][3]


def mesh(*words, lines=()):
    given = "\n".join(lines) if all(isinstance(x, str) for x in lines) else b"\n".join(lines)
    done = CliRunner().invoke(airsonde, ["mesh", *words], input=given)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def decoded(*lines):
    return [json.loads(line) for line in mesh("decode", "--json", lines=lines)]


@pytest.mark.parametrize("name", ["firmware_packets_and_decide.txt", "packet_vectors_python.txt"])
def test_every_vector_comes_back_byte_for_byte(name):
    hexes = re.findall(r"\(\d+\): ([0-9a-f]+)$", vector(name).read_text(), re.MULTILINE)
    hexes = [h for h in hexes if h != "b0420ccf422acea2c006b660c4cc5eeb"]  # a key, no packet
    assert len(hexes) >= 10
    objects = mesh("decode", "--json", lines=hexes)
    assert not [o for o in objects if "error" in json.loads(o)]
    assert mesh("encode", lines=objects) == hexes


def test_a_message_by_its_names():
    (out,) = [json.loads(line) for line in mesh("decode", "--json", HEALTH)]
    assert out == {
        "kind": "mesh",
        "type": "HEALTH",
        "role": "observer",
        "auth_class": 0,
        "epoch": 5,
        "crc_ok": True,
        "authenticated": None,
        "fields": {
            "node_id": "0700000000000000",
            "local_time_us": 0x0102030405060708,
            "role": "observer",
            "channel": 6,
            "bw_mhz": 20,
            "noise_dbm": -95,
            "pkt_yield": 20,
            "sync_error_us": 150,
            "health_flags": 3,
            "busy": 0,
        },
    }


def test_trailing_bytes_and_empty_payloads_come_back():
    given = [HEALTH + "cafe", EMPTY.hex(), FEATURE_STATE.hex() + "00"]
    assert mesh("encode", lines=mesh("decode", "--json", lines=given)) == given


def test_numbers_that_json_cannot_say():
    hexadecimal = "070011c507010200030000c07f09000080ff"
    (out,) = decoded(hexadecimal)
    assert out["fields"]["events"] == [[3, None], [9, "-inf"]]
    assert mesh("encode", lines=[json.dumps(out)]) == [hexadecimal]


def test_a_refused_line_does_not_disturb_the_next():
    out = decoded("zz", "", HEALTH[:-2] + "00", "08", "99" * 30, HEALTH)
    assert [o.get("error") for o in out] == [
        {"reason": "not hexadecimal", "offset": 0},
        {"reason": "CRC mismatch", "offset": 44},
        {"reason": "too short", "offset": 1},
        {"reason": "unknown magic", "offset": 0},
        None,
    ]


def test_people_read_one_line_a_datagram():
    good, bad = mesh("decode", lines=[HEALTH, "00"])
    assert good.startswith("mesh type=HEALTH role=observer")
    assert bad == "refused: too short (at 1)"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[]", "a datagram is an object with a kind"),
        ("{", "not JSON"),
        ('{"kind": "nope"}', "kind: must be one of"),
        ('{"kind": "mesh", "type": "NOPE"}', "type, auth_class"),
        ('{"kind": "mesh", "type": "HEALTH", "role": "king"}', "role: must be a whole number"),
        ('{"kind": "mesh", "type": "TIME_SYNC", "fields": {"cycle_id": 1}}', "anchor_time_us"),
        ('{"kind": "vitals", "fields": {"nope": 1}}', "fields.nope: unknown"),
    ],
)  # fmt: skip
def test_an_object_that_cannot_be_encoded_says_why(value, reason):
    (line,) = mesh("encode", lines=[value])
    assert reason in json.loads(line)["error"]["reason"]


def test_decide_fills_in_what_is_left_out():
    obs = {"pkt_yield": 20, "motion": 0.2, "presence": 0, "anomaly": 0, "coherence": 1}
    lines = [json.dumps({"config": {"aggressive": True}, "state": 5, "obs": obs}), '{"state": 5}']
    good, bad = [json.loads(line) for line in mesh("decide", "--json", lines=lines)]
    assert good == {
        "change_state": True,
        "new_state": 6,
        "change_profile": True,
        "new_profile": 3,
        "change_channel": False,
        "request_calibration": False,
        "vital_interval_ms": 100,
    }
    assert bad["error"]["reason"] == "obs: must be an object"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80).map(lambda b: b.replace(b"\n", b"")), max_size=5))
def test_no_line_is_a_traceback(lines):
    for verb in (["decode", "--json"], ["encode"], ["decide", "--json"]):
        for line in mesh(*verb, lines=lines):
            assert verb == ["encode"] or isinstance(json.loads(line), dict)


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda x: st.lists(x, max_size=3)), st.data())  # fmt: skip
def test_no_value_is_a_traceback(value, data):
    (good,) = decoded(data.draw(st.sampled_from([m[3] for m in MESSAGES.values()])))
    place = data.draw(st.sampled_from([good, good["fields"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = value
    (line,) = mesh("encode", lines=[json.dumps(good)])
    assert re.fullmatch("[0-9a-f]+", line) or "error" in json.loads(line)


def test_an_endless_line_costs_itself():
    out = mesh("decode", "--json", lines=["ab" * 1_500_000, HEALTH])
    assert json.loads(out[0])["error"]["reason"] == "longer than a datagram"
    assert json.loads(out[1])["kind"] == "mesh"
    assert "too long" in mesh("encode", lines=["[" * 3_000_000])[0]
    assert "not JSON" in mesh("encode", lines=["[" * 100_000])[0]

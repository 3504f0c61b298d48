"""What a broker keeps of the rooms, and what Home Assistant makes of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from airsonde.apps.agent.home_assistant import device_id
from airsonde.apps.agent.room_topics import RoomTopics

ROOM = {
    "room": "living room",
    "origin": "live",
    "source_ids": ["desk"],
    "presence": "unknown",
    "confidence": None,
    "reason": "nothing moves",
    "moving": False,
    "motion_score": 0.2,
    "motion_threshold": 1.0,
    "quality_score": 0.934,
    "breathing_bpm": None,
    "breathing_confidence": None,
    "breathing_reason": "short",
    "calibration_version": None,
    "t_ns": "1",
    "told_ns": "2",
    "stale": False,
}
STALE = ROOM | dict.fromkeys(("reason", "moving", "quality_score", "t_ns")) | {"stale": True}
TOPIC = "home/pi/rooms/living room"


def topics():
    return RoomTopics("home/pi", "homeassistant", 10.0)


def shown(room):
    """The entities of a room as Home Assistant renders them: None stands for `unknown`."""
    config, state = topics().due([room], 0.0)
    found, heard = json.loads(config.payload), json.loads(state.payload)
    jinja = ImmutableSandboxedEnvironment()

    def rendered(fields):
        return jinja.from_string(fields["value_template"]).render(value_json=heard)

    available = rendered(found["availability"][1])
    return available, {name: rendered(one) for name, one in found["components"].items()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("None", "OFF")),
        ({"moving": None}, ("None", "None")),
        ({"presence": "empty"}, ("OFF", "OFF")),
        ({"presence": "occupied"}, ("ON", "OFF")),
        ({"presence": "occupied", "moving": None}, ("ON", "None")),
        ({"presence": "moving", "moving": True}, ("ON", "ON")),
    ],
)
def test_unknown_is_never_off(changes, expected):
    available, entities = shown(ROOM | changes)
    assert available == "online"
    assert (entities["occupancy"], entities["motion"]) == expected


def test_numbers_that_are_unknown_are_unknown():
    assert shown(ROOM)[1]["breathing"] == "None"
    assert shown(ROOM | {"quality_score": None})[1]["quality"] == "None"
    entities = shown(ROOM | {"breathing_bpm": 14.6})[1]
    assert (entities["breathing"], entities["quality"]) == ("14.6", "93.0")


def test_a_room_that_is_not_heard_is_unavailable_and_unknown():
    available, entities = shown(STALE)
    assert available == "offline"
    assert set(entities.values()) == {"None"}


@pytest.mark.parametrize(
    ("origin", "name", "model"),
    [
        ("live", "living room", "Wi-Fi sensing"),
        ("replay", "living room (REPLAY)", "REPLAY of a recording"),
        ("simulated", "living room (SIMULATED)", "SIMULATION"),
    ],
)
def test_the_device_says_how_real_it_is(origin, name, model):
    config, _ = topics().due([ROOM | {"origin": origin}], 0.0)
    device = json.loads(config.payload)["device"]
    assert device["name"] == name
    assert device["model"].startswith(model)
    assert ("suggested_area" in device) == (origin == "live")


def test_a_change_is_told_at_once_and_drift_now_and_then():
    kept = topics()
    assert len(kept.due([ROOM], 0.0)) == 2
    drifted = ROOM | {"motion_score": 0.3, "t_ns": "5"}
    assert kept.due([drifted], 5.0) == []
    (state,) = kept.due([ROOM | {"presence": "moving"}], 5.0)
    assert (state.topic, state.retain) == (TOPIC, True)
    assert kept.due([ROOM], 5.5) == []
    assert len(kept.due([ROOM], 6.0)) == 1
    assert kept.due([drifted], 15.9) == []
    assert len(kept.due([drifted], 16.0)) == 1


def test_a_rate_that_becomes_known_is_a_change():
    kept = topics()
    kept.due([ROOM], 0.0)
    assert len(kept.due([ROOM | {"breathing_bpm": 14.0}], 1.0)) == 1


def test_another_origin_is_another_device_name():
    kept = topics()
    kept.due([ROOM], 0.0)
    config, _ = kept.due([ROOM | {"origin": "replay"}], 2.0)
    assert "(REPLAY)" in json.loads(config.payload)["device"]["name"]


def test_a_room_that_is_gone_is_taken_back():
    kept = topics()
    published = kept.due([ROOM], 0.0)
    emptied = kept.due([], 0.1)
    assert [m.topic for m in emptied] == [m.topic for m in published]
    assert all(m.retain and m.payload == b"" for m in emptied)
    assert kept.due([], 0.2) == []


def test_without_discovery_there_are_states_alone():
    (state,) = RoomTopics("a", None, 10.0).due([ROOM], 0.0)
    assert state.topic == "a/rooms/living room"


ROOMS = st.from_regex(r"\w[\w .-]{0,63}", fullmatch=True)


@settings(max_examples=80, deadline=None)
@given(ROOMS, ROOMS)
def test_a_device_id_belongs_to_one_room_and_is_what_home_assistant_takes(one, other):
    named = device_id("airsonde/pi", one)
    assert named.isascii()
    assert named.replace("_", "").isalnum()
    assert (named == device_id("airsonde/pi", other)) == (one == other)

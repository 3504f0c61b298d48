"""What a governor says is checked before it is believed; who may govern is said at the start."""

import asyncio
import os
import socket
import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.apps.agent.link_part import LinkPart, link_part
from airsonde.apps.agent.link_settings import LinkSettings
from airsonde.apps.agent.link_told import (
    Explanation,
    Status,
    explanation_view,
    status_view,
    understood,
)
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.watched_link import WatchedLink
from airsonde.apps.governor import status_socket
from airsonde.core.errors import ConfigError, DriverError
from airsonde.faces.http import link_models

DELAY = {"air_ms": 2.5, "queue_ms": None, "wan_ms": 4}
INTERFACE = {
    "kind": "wifi", "driver": None, "connected": True, "ap": None, "bitrate_mbit": 866,
    "channel_busy": 0.2, "on_battery": None, "delay": DELAY, "candidates": 3, "t_ns": 1 << 60,
}  # fmt: skip
BECAUSE = {"policy": "shaping", "rule": "first", "blocked_by": ["x"], "saw": {"a": 1, "b": None}}
DECIDED = {"at": "2026-01-01T00:00:00.000+00:00", "t_ns": 5, "ifname": "wlan0",
           "action": "set_shaping", "bandwidth_mbit": 260, "outcome": "applied",
           "because": BECAUSE}  # fmt: skip
STATUS = {
    "version": "0.0.9", "preset": "adaptive", "dry_run": False, "interfaces": {"wlan0": INTERFACE},
    "changed": [{"kind": "offload", "target": "3:wlan0/rx-gro", "before": None, "now": True}],
    "files": ["/etc/sysctl.d/90-airsonde.conf"], "refused": [{"what": ["scan"], "reason": "no"}],
    "missing": [], "complaints": [], "decisions": [DECIDED], "unheard_of": 1,
}  # fmt: skip


def test_an_older_governor_is_understood_and_times_are_text():
    view = status_view(understood(STATUS, Status))
    (interface,) = view["interfaces"]
    assert (interface["name"], interface["t_ns"], interface["actions"]) == (
        "wlan0", str(1 << 60), None,
    )  # fmt: skip
    (decision,) = view["decisions"]
    assert (decision["t_ns"], decision["bandwidth_mbit"], decision["note"]) == ("5", 260, None)
    explained = explanation_view(
        understood({"reasons": {"wlan0": [BECAUSE]}, "decisions": []}, Explanation)
    )
    assert explained["reasons"]["wlan0"][0]["saw"] == BECAUSE["saw"]


def places(tree, at=()):
    yield at
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*at, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*at, key))


def with_another(tree, at, value):
    if not at:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[at[0]] = with_another(copy[at[0]], at[1:], value)
    return copy


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(at=st.sampled_from(sorted(places(STATUS), key=repr)), value=JSON)
def test_an_answer_is_a_status_or_is_refused(at, value):
    try:
        status = understood(with_another(STATUS, at, value), Status)
    except DriverError:
        return
    part = LinkPart(lambda _: None)
    link_models.Link.model_validate_json(msgspec.json.encode(part.view() | status_view(status)))


def said_by(folder, answer):
    """What `told` makes of a socket that says `answer` to everybody, or nothing (None)."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / status_socket.NAME))
        listening.listen()

        def serve():
            client, _ = listening.accept()
            with client:
                client.recv(4096)
                if answer is None:
                    client.settimeout(5)
                    client.recv(1)
                else:
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return status_socket.ask(folder, "status")
        finally:
            thread.join()


@pytest.mark.parametrize(
    "answer", [b"", b"\n", b"[1]\n", b"{", b"\xff\xfe\n", b"[" * 90_000 + b"\n", b"x" * 9000, None]
)
def test_a_socket_that_is_no_governors_is_told_in_time(tmp_path, monkeypatch, answer):
    monkeypatch.setattr(status_socket, "PATIENCE_S", 0.3)
    monkeypatch.setattr(status_socket, "ANSWER_BYTES", 4096)
    with pytest.raises(DriverError):
        said_by(tmp_path, answer)


def test_nobody_there_is_told_and_unknown(tmp_path):
    told = []
    part = WatchedLink(tmp_path, told.append)
    with pytest.raises(DriverError, match="no governor runs"):
        asyncio.run(part.run())
    assert told[-1]["interfaces"] == []
    assert "no governor runs" in told[-1]["reason"]
    assert told[-1]["told_ns"] is None


def test_governing_needs_root_and_a_good_file(tmp_path, monkeypatch):
    run = LinkSettings(mode="run", config=tmp_path / "governor.toml")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ConfigError, match="run it as root"):
        link_part(run, print, Log())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "governor.toml").write_text("[governor]\ntik_s = 1\n")
    with pytest.raises(ConfigError, match="the nearest is governor"):
        link_part(run, print, Log())


def test_what_is_off_is_off():
    part = link_part(LinkSettings(), print, Log())
    link_models.Link.model_validate_json(msgspec.json.encode(part.view()))
    assert (part.mode, part.view()["enabled"]) == ("off", False)
    with pytest.raises(ConfigError):
        asyncio.run(part.pause())

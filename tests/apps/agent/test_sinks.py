"""Queues of sinks, files of lines, secrets: bounded, whole, private."""

import asyncio
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.apps.agent.hub import Hub, Notice, Topic
from airsonde.apps.agent.jsonl_sink import JsonlSink
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.parts import PartState, kept_running
from airsonde.apps.agent.settings import public_settings, settings_of
from airsonde.apps.agent.sink_settings import JsonlSettings
from airsonde.apps.agent.waiting import Waiting
from airsonde.core.errors import ConfigError, DriverError
from airsonde.drivers.linux.secret_file import read_secret
from airsonde.drivers.transport.line_file import LineFile

MQTT = {"kind": "mqtt", "host": "pi.lan"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=12))
def test_a_queue_is_bounded_and_counts_what_it_dropped(puts):
    waiting, number, gone = Waiting[str](), 0, []
    for more in puts:
        for _ in range(more):
            waiting.put(str(number))
            number += 1
        taken = waiting.take()
        for item in taken[: len(taken) // 2]:
            waiting.done(item)
            gone.append(item)
    assert len(waiting) <= 1000
    assert waiting.sent == len(gone)
    assert waiting.sent + waiting.dropped + len(waiting) == number
    assert [int(item) for item in gone] == sorted(int(item) for item in gone)


def test_what_is_not_done_is_taken_again():
    waiting = Waiting[str]()
    waiting.put("a")
    waiting.put("b")
    first, _ = waiting.take()
    waiting.done(first)
    assert waiting.take() == ["b"]


def test_a_file_of_lines_is_renamed_when_it_is_full(tmp_path):
    path = tmp_path / "new" / "out.jsonl"
    file = LineFile(path, 40)
    for number in range(9):
        file.add([f"line {number}"])
    older = (tmp_path / "new" / "out.jsonl.1").read_text().splitlines()
    assert older + path.read_text().splitlines() == [f"line {n}" for n in range(9)]
    assert sorted(p.name for p in path.parent.iterdir()) == ["out.jsonl", "out.jsonl.1"]


def test_a_line_that_was_cut_does_not_cost_the_next(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"whole": 1}\n{"cut')
    LineFile(path, 1000).add(["{}"])
    assert path.read_text().splitlines() == ['{"whole": 1}', '{"cut', "{}"]


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(DriverError, match="cannot write"):
        LineFile(tmp_path, 1000).add(["{}"])


def jsonl(path, hub):
    return JsonlSink("log", JsonlSettings(kind="jsonl", path=path), hub)


def told(number):
    return Notice(topic=Topic.EVENTS, kind="event", fields={"event": {"event_id": number}})


def test_lines_are_what_the_stream_says(tmp_path):
    async def run():
        hub = Hub()
        sink = jsonl(tmp_path / "out.jsonl", hub)
        running = asyncio.create_task(sink.run())
        hub.tell(told(0))
        await asyncio.sleep(0.1)
        hub.tell(told(1))
        hub.tell(Notice(topic=Topic.STATUS, kind="status", fields={}))
        running.cancel()  # what waits is written
        await asyncio.gather(running, return_exceptions=True)
        return sink, len(hub)

    sink, clients = asyncio.run(run())
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines == [{"type": "event", "event": {"event_id": number}} for number in (0, 1)]
    assert (sink.waiting.sent, sink.waiting.dropped, clients) == (2, 0, 0)


def test_a_sink_whose_disk_refuses_is_down_keeps_what_waits_and_can_be_ended(tmp_path):
    async def run():
        hub = Hub()
        sink, state = jsonl(tmp_path, hub), PartState("log")
        running = asyncio.create_task(kept_running(sink, state, Log(io.StringIO())))
        hub.tell(told(0))
        await asyncio.sleep(0.2)
        said = (state.state, state.reason)
        await asyncio.sleep(1.2)
        running.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(running, return_exceptions=True)
        return said, len(sink.waiting), running.cancelled()

    (state, reason), waiting, cancelled = asyncio.run(run())
    assert state == "down"
    assert "cannot write" in reason
    assert (waiting, cancelled) == (1, True)


def test_what_waited_for_the_disk_is_written_once_when_it_is_back(tmp_path):
    async def run():
        hub, path = Hub(), tmp_path / "out.jsonl"
        path.mkdir()
        sink = jsonl(path, hub)
        running = asyncio.create_task(kept_running(sink, PartState("log"), Log(io.StringIO())))
        for number in range(5):
            hub.tell(told(number))
        await asyncio.sleep(0.3)
        path.rmdir()
        async with asyncio.timeout(5):
            while sink.waiting.sent < 5:  # noqa: ASYNC110  (what is waited for has no event)
                await asyncio.sleep(0.05)
        hub.tell(told(5))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return path.read_text().splitlines()

    lines = [json.loads(line)["event"]["event_id"] for line in asyncio.run(run())]
    assert lines == list(range(6))


def test_a_secret_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "password"
    with pytest.raises(DriverError, match="cannot read the secret"):
        read_secret(path)
    path.write_text("pass word\n")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_secret(path)
    path.chmod(0o600)
    assert read_secret(path) == "pass word"
    for content in (b"", b" \n", b"x" * 2000):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="holds no secret"):
            read_secret(path)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"kind": "mqtt"}, "sinks.home.host: field required"),
        (MQTT | {"hst": 1}, "sinks.home.hst: no such setting; did you mean host?"),
        (MQTT | {"prefix": "a/#"}, "sinks.home.prefix"),
        (MQTT | {"prefix": "/a"}, "sinks.home.prefix"),
        (MQTT | {"password_file": "p"}, "password_file needs a username"),
        (MQTT | {"tls_ca": "p"}, "tls_ca needs tls = true"),
        ({"kind": "jsonl", "path": "p", "topics": ["csi"]}, "sinks.home.topics"),
        ({"kind": "fax"}, "sinks.home"),
    ],
)
def test_what_a_sink_cannot_be(table, said):
    with pytest.raises(ConfigError, match=r"a\.toml: ") as fault:
        settings_of({"sinks": {"home": table}}, "a.toml")
    assert said in str(fault.value)


def test_whose_password_it_is_is_not_told():
    table = MQTT | {"username": "someone", "password_file": "/etc/secret"}
    shown = public_settings(settings_of({"sinks": {"home": table}}, "a"))["sinks"]["home"]
    assert (shown["username"], shown["password_file"]) == ("(set)", "(set)")
    assert shown["host"] == "pi.lan"

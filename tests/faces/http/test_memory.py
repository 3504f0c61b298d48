"""RF memory of a running agent: what it heard is kept, and found again."""

import pytest

from airsonde.apps.memory import search
from airsonde.apps.memory_stores import open_store
from airsonde.apps.memory_windows import capture_windows
from airsonde.csi.embedding import ENCODER, window_embedding
from airsonde.csi.memory import Memory, MemoryKind, Where
from airsonde.faces.http import models
from tests.faces.http.conftest import WALK
from tests.faces.http.running import RunningAgent
from tests.recordings import recording

SECOND_NS = 1_000_000_000


def remembering(folder):
    source = f'[sources.walk]\nkind = "replay"\ncapture = "{recording(WALK)}"\n'
    memory = f'[memory]\nenabled = true\nstore = "{folder / "rf.db"}"\n'
    return f'{source}speed = 8.0\nroom = "hall"\n{memory}'


@pytest.fixture
def toml(tmp_path):
    return remembering(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """An agent that remembers each second of a recording and goes on."""
    folder = tmp_path_factory.mktemp("filled")
    running = RunningAgent(folder, remembering(folder))
    running.until(lambda: passes(running) > 2 and holdings(running), 20)
    yield running
    assert running.stop() == 0


def passes(agent):
    return agent.get("/sources/walk")["replay"]["passes"]


def holdings(agent):
    return agent.get("/memory")["items"]


def test_a_recording_is_remembered_once_as_the_command_would(start, toml, tmp_path):
    agent = start(toml)
    agent.until(lambda: passes(agent) > 3 and holdings(agent), 20)
    (held,) = holdings(agent)
    assert agent.stop() == 0
    store = open_store(str(tmp_path / "rf.db"))
    (holding,) = store.memories.count(Where())
    heard = sorted(capture_windows(recording(WALK)), key=lambda w: len(w.frames))
    expected = {w.start_ns: window_embedding(w) for w in heard}  # of the lane with the most frames
    records = store.memories.get(Where())
    assert (held["room"], held["source_id"]) == ("hall", "walk")
    assert 2 <= holding.number <= len(expected)
    times = [record.memory.t_ns for record in records]
    assert len(set(times)) == len(times)
    whole = [t for t in times if {t - SECOND_NS, t + SECOND_NS} <= expected.keys()]
    assert whole
    for t_ns in whole:
        (hit,) = search(store, expected[t_ns], 1, Where(encoder=ENCODER))
        assert (hit.record.memory.t_ns, round(hit.score, 5)) == (t_ns, 1.0)
        assert hit.record.memory.numbers["origin"] == "replay"
    store.close()


def test_the_past_is_found_by_now_and_by_number(filled):
    now = filled.get("/memory/search?like_source=walk&apart_s=0&k=2&room=hall")
    assert now["like"]["memory_id"] is None
    assert now["items"][0]["origin"] == now["origin"] == "replay"
    one = now["items"][0]
    models.Neighbour.model_validate(one)
    found = filled.get(f"/memory/search?like_id={one['memory_id']}&apart_s=0&k=100")
    assert found["like"] == {k: v for k, v in one.items() if k != "score"}
    assert one["t_ns"] not in {hit["t_ns"] for hit in found["items"]}
    scores = [hit["score"] for hit in found["items"]]
    assert scores == sorted(scores, reverse=True)
    assert found["last_t_ns"] == max((hit["t_ns"] for hit in found["items"]), default=None)
    since = filled.get(f"/memory/search?like_source=walk&apart_s=0&since_ns={1 << 62}")
    assert (since["items"], since["last_t_ns"]) == ([], None)
    assert filled.get("/memory/search?like_source=walk&apart_s=3600")["items"] == []
    assert filled.get("/memory/search?like_source=walk&apart_s=0&room=attic")["items"] == []


def test_what_cannot_be_asked_is_said(filled):
    for query, status in (
        ("", 400),
        ("?like_source=walk&like_id=1", 400),
        ("?like_source=walk&k=0", 400),
        ("?like_source=desk", 404),
        ("?like_id=999999", 404),
    ):
        assert filled.ask("GET", f"/memory/search{query}")[0] == status
    assert filled.get("/config")["config"]["memory"]["store"] == "(set)"


def test_memories_of_any_origin_can_be_asked(start, toml, tmp_path):
    store = open_store(str(tmp_path / "rf.db"))
    (window, *_) = capture_windows(recording(WALK))
    odd = {"origin": "x", "session": "never", "count": 1 << 70, "told_ns": 5, "level": 0.5}
    memory = Memory(
        kind=MemoryKind.WINDOW,
        encoder=ENCODER,
        embedding=window_embedding(window),
        source="elsewhere",
        t_ns=1,
        numbers=odd,
    )
    store.memories.add([memory])
    store.close()
    agent = start(toml)
    agent.until(lambda: agent.ask("GET", "/memory")[0] == 200)
    found = agent.get("/memory/search?like_id=1&apart_s=0")
    models.Likeness.model_validate(found)
    assert (found["like"]["origin"], found["like"]["session"]) == (None, None)
    assert found["like"]["numbers"] == {"count": str(1 << 70), "told_ns": "5", "level": 0.5}


def test_nothing_is_remembered_unless_it_is_asked_for(agent):
    assert agent.get("/memory")["enabled"] is False
    status, _, body = agent.ask("GET", "/memory/search?like_source=sim")
    assert status == 409
    assert "memory.enabled" in body["error"]["message"]


def test_a_store_that_cannot_be_opened_is_told(start, toml, tmp_path):
    (tmp_path / "rf.db").write_bytes(b"no database at all, but long enough to be read as one" * 40)
    agent = start(toml)
    problems = agent.until(lambda: agent.get("/health")["problems"])
    assert "rf.db" in problems[0]["reason"]
    assert agent.ask("GET", "/memory")[0] == 409
    assert agent.get("/sources/walk")["state"] in {"starting", "hearing"}

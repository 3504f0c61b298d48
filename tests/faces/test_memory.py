"""`airsonde memory` on real captures: remember, ask, follow, hand over, forget."""

import json

import pytest
from click.testing import CliRunner

from airsonde.apps.memory import capture_embedding
from airsonde.apps.memory_stores import default_store
from airsonde.core.errors import ConfigError
from airsonde.faces.cli.main import airsonde
from tests.recordings import recording, vector


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Call `airsonde memory …` on a store of its own; gives what it printed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def call(*words, code=0):
        done = CliRunner().invoke(airsonde, ["memory", *map(str, words)])
        assert done.exit_code == code, done.output
        return done.output

    return call


@pytest.fixture
def flat(run):
    """A flat with somebody still and somebody moving, 11 frames a second."""
    still, moving = (recording(f"presence/orang_{n}.csv") for n in ("diam", "bergerak"))
    added = [json.loads(run("add", p, "--room", "flat", "--json")) for p in (still, moving)]
    assert [a["room"] for a in added] == ["flat", "flat"]
    return sum(a["added"] for a in added)


def test_every_window_is_remembered(run, flat):
    assert flat > 320
    held = json.loads(run("rooms", "--json"))["holdings"]
    assert sum(h["number"] for h in held) == flat
    assert {h["source"] for h in held} == {"orang_diam", "orang_bergerak"}
    assert "airsonde-window-1" in run("rooms")
    assert default_store().exists()


def test_an_empty_room_is_most_like_a_still_one(run, flat):
    empty = recording("presence/ruangan_kosong.csv")
    found = json.loads(run("search", empty, "-k", 7, "--json"))
    assert {n["source"] for n in found["neighbours"]} == {"orang_diam"}
    scores = [n["score"] for n in found["neighbours"]]
    assert scores == sorted(scores, reverse=True)
    assert found["last_t_ns"] == max(n["t_ns"] for n in found["neighbours"])
    assert "last: start +" in run("search", empty)


def test_a_memory_is_not_its_own_neighbour(run, flat):
    found = json.loads(run("search", 5, "--json", "-k", 3))["neighbours"]
    assert len(found) == 3
    assert 5 not in [n["id"] for n in found]
    assert "nothing like it" in run("search", 5, "--room", "attic")
    done = CliRunner().invoke(airsonde, ["memory", "search", "99999"])
    assert isinstance(done.exception, ConfigError)


def test_drift_outlives_the_windows(run, flat):
    learnt = json.loads(run("baseline", "flat", "--until", 90_000_000_000, "--json"))
    assert learnt["version"] == "flat@1"
    by_hour = json.loads(run("drift", "flat", "--by", "hour", "--json"))
    assert sum(span["number"] for span in by_hour) == flat
    assert 0 < by_hour[0]["mean"] < by_hour[0]["largest"] < 1
    assert json.loads(run("retain", "--newest", 0, "--json")) == {"forgotten": flat}
    assert json.loads(run("drift", "flat", "--by", "hour", "--json")) == by_hour


def test_drift_without_a_baseline_says_what_to_do(run, flat):
    done = CliRunner().invoke(airsonde, ["memory", "drift", "flat"])
    assert "airsonde memory baseline flat" in str(done.exception)
    with pytest.raises(ConfigError, match="no windows"):
        CliRunner().invoke(airsonde, ["memory", "baseline", "attic"], catch_exceptions=False)


def test_another_store_takes_everything_over(run, flat, tmp_path):
    run("baseline", "flat")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    run("export", first)
    other = tmp_path / "other.db"
    run("import", first, "--store", other)
    run("export", second, "--store", other)
    assert first.read_bytes() == second.read_bytes()
    drifts = [run("drift", "flat", "--json", *words) for words in ((), ("--store", other))]
    assert drifts[0] == drifts[1]


def test_the_reference_files_pass_through_byte_for_byte(run, tmp_path):
    path, out = vector("reference/output-rssi.rfmem.jsonl"), tmp_path / "out.jsonl"
    assert "imported 25 records" in run("import", path)
    run("export", out)
    assert out.read_bytes() == path.read_bytes()


def test_a_file_with_a_bad_line_is_not_kept_in_part(run, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(vector("reference/output-rssi.rfmem.jsonl").read_bytes() + b"{}\n")
    assert isinstance(
        CliRunner().invoke(airsonde, ["memory", "import", str(path)]).exception, ValueError
    )
    assert json.loads(run("rooms", "--json"))["holdings"] == []


def test_forgetting_asks_what(run, flat):
    assert "Say which" in run("delete", code=2)
    assert "not both" in run("delete", 1, "--room", "flat", code=2)
    assert "Say --older" in run("retain", code=2)
    assert "no time" in run("retain", "--older", "yesterday", code=2)
    assert run("delete", 1) == "forgot 1 memory\n"
    assert run("delete", "--until", "2000-01-01T00:00:00Z") == f"forgot {flat - 1} memories\n"
    assert run("retain", "--older", "2d", "--newest", 3) == "forgot 0 memories\n"


def test_a_capture_without_a_frame_says_so():
    with pytest.raises(ConfigError, match="no windows"):
        capture_embedding(recording("esp32/tch-csi-03.csv"))

"""What mesh programs keep on disk: memory that grows, logs that do not, status that is fresh."""

import json

import pytest

from airsonde.apps.mesh.event_log import EventLog
from airsonde.apps.mesh.events import Happenings
from airsonde.apps.mesh.memory import Memory
from airsonde.apps.mesh.status import FILE, read_status, write_status
from airsonde.core.errors import AirsondeError, ConfigError, DriverError
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.feature_state import FeatureState
from airsonde.mesh.plane import Endpoint
from airsonde.mesh.replay import Mark

NODE = NodeId(b"12345678")


def test_a_boot_epoch_is_never_used_twice(tmp_path):
    first = Memory(tmp_path)
    assert [Memory(tmp_path).boot_epoch for _ in range(3)] == [2, 3, 4]
    assert Memory(tmp_path).node == first.node


def test_what_was_accepted_is_remembered(tmp_path):
    mark = Mark(sender=NODE, boot_epoch=3, highest=99)
    Memory(tmp_path, NODE).save(boot_epoch=7, epoch=513, marks=[mark])
    again = Memory(tmp_path, NODE)
    assert (again.boot_epoch, again.epoch, again.marks) == (8, 513, [mark])
    with pytest.raises(ConfigError, match="belongs to node"):
        Memory(tmp_path, NodeId(b"87654321"))


def test_a_program_that_is_killed_forgets_nothing_it_accepted(tmp_path):
    """It is never told to save; what it accepted is refused after its restart all the same."""
    key = HmacKey(1, b"k" * 32)
    signer = Signer(NODE, 1, [key])
    state = FeatureState(1, 0, 0, 0, quality_flags=1)
    recorded = [Endpoint(KeyRing(), signer=signer).send_bare(state) for _ in range(5)]

    def heard(memory, data):
        endpoint = Endpoint(KeyRing([key]))
        endpoint.replay.restore(memory.marks)
        events = endpoint.receive(data, ("10.0.0.1", 5005), 0)
        memory.note(endpoint.replay.take_moved())
        return len(events)

    assert [heard(Memory(tmp_path), data) for data in recorded[:3]] == [1, 1, 1]
    assert [heard(Memory(tmp_path), data) for data in recorded] == [0, 0, 0, 1, 1]
    journal = tmp_path / "marks.journal"
    journal.write_bytes(journal.read_bytes()[:-5])  # its last record was cut short
    assert [mark.highest for mark in Memory(tmp_path).marks] == [4]
    Memory(tmp_path).save(boot_epoch=9, epoch=0, marks=Memory(tmp_path).marks)
    assert journal.stat().st_size == 0
    assert [mark.highest for mark in Memory(tmp_path).marks] == [4]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"node": "xyz"}', b'{"node": 5}', b"\xff" * 50,
     b'{"node": "3132333435363738", "marks": [["no", 1, 2]]}',
     b'{"node": "3132333435363738", "surprise": 1}'],
)  # fmt: skip
def test_a_damaged_memory_is_refused_and_kept(tmp_path, content):
    (tmp_path / "memory.json").write_bytes(content)
    with pytest.raises(AirsondeError, match=r"memory\.json is damaged"):
        Memory(tmp_path)
    assert (tmp_path / "memory.json").read_bytes() == content


def test_the_log_is_appended_and_never_grows_beyond_twice_its_size(tmp_path):
    path = tmp_path / "log" / "events.jsonl"
    log = EventLog(path, most_bytes=2000)
    for i in range(200):
        log.append([{"t_ns": i, "event": "dead", "node": f"{i:016x}"}], now_ns=i)
        assert path.stat().st_size <= 2000
    assert sorted(p.name for p in path.parent.iterdir()) == ["events.jsonl", "events.jsonl.1"]
    older, newer = ((path.parent / n).read_text().splitlines()
                    for n in ("events.jsonl.1", "events.jsonl"))  # fmt: skip
    nodes = [int(json.loads(line)["node"], 16) for line in older + newer]
    assert nodes == list(range(200 - len(nodes), 200))
    EventLog(path, 2000).append([{"t_ns": 0, "event": "again"}], 0)
    assert len(path.read_text().splitlines()) in {1, len(newer) + 1}


def test_a_storm_of_happenings_is_counted_not_written():
    happenings = Happenings()
    for i in range(5000):
        happenings.tell(i, "joined", node=i)
    happenings.tell(1_000_000_000, "leader")
    told = happenings.take()
    assert len(told) == 102
    assert told[-2]["events"] == 4900


def test_status_is_fresh_or_refused(tmp_path):
    with pytest.raises(DriverError, match="start one"):
        read_status(tmp_path)
    write_status(tmp_path, {"node": "x", "unknown": None})
    assert read_status(tmp_path) == {"node": "x", "unknown": None}
    path = tmp_path / FILE
    path.write_text(path.read_text().replace('"written_s": ', '"written_s": -'))
    with pytest.raises(DriverError, match="stopped"):
        read_status(tmp_path)
    path.write_text("[1]")
    with pytest.raises(AirsondeError, match="no status"):
        read_status(tmp_path)
    assert [found.name for found in tmp_path.iterdir()] == [FILE]

"""The event store: what was kept is found, what was deleted is gone from the disk."""

import os
import signal
import stat
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import DriverError
from airsonde.csi.events import Event, EventKind
from airsonde.drivers.stores.events import AuditEntry, EventQuery, EventStore, KeptEvent


def kept(told_ns, *, source="desk", kind=EventKind.MOTION_DETECTED, room="living", mark="m"):
    event = Event(
        event_id=3, kind=kind, source=source, lane=1, t_ns=told_ns - 5, confidence=0.5,
        evidence=(1, 2), calibration=None, numbers={"score": 0.25, "what": mark},
    )  # fmt: skip
    return KeptEvent(told_ns=told_ns, session=9, room=room, origin="live", event=event)


@pytest.fixture
def store(tmp_path):
    store = EventStore.open(tmp_path / "state" / "events.sqlite")
    yield store
    store.close()


def test_what_is_kept_comes_back(store):
    given_ = kept(100)
    number = store.add(given_)
    found = store.event(number)
    assert (found.told_ns, found.session, found.room, found.event) == (
        100, 9, "living", given_.event,
    )  # fmt: skip
    assert store.event(number + 1) is None
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(list(EventKind)[:3])), max_size=30
    ),
    limit=st.integers(1, 7),
    newest=st.booleans(),
    source=st.sampled_from([None, "a", "c"]),
    kinds=st.lists(st.sampled_from(list(EventKind)[:3]), max_size=2),
)
def test_pages_hold_what_matches_once_and_in_order(
    tmp_path_factory, rows, limit, newest, source, kinds
):
    store = EventStore.open(tmp_path_factory.mktemp("s") / "e.sqlite")
    for at, (name, kind) in enumerate(rows):
        store.add(kept(at, source=name, kind=kind))
    wanted = [
        at for at, (name, kind) in enumerate(rows)
        if source in {None, name} and (not kinds or kind in kinds)
    ]  # fmt: skip
    got, after = [], None
    while page := store.events(
        EventQuery(
            source=source, kinds=[k.value for k in kinds], newest=newest, after=after, limit=limit
        )
    ):
        assert len(page) <= limit
        got += [one.told_ns for one in page]
        after = page[-1].number
    assert got == (wanted[::-1] if newest else wanted)
    store.close()


def test_forgetting_by_age_leaves_no_trace_on_the_disk(store, tmp_path):
    for at in range(200):
        store.add(kept(at, mark=f"forget-{at:03d}-me" if at < 150 else f"stay-{at}"))
    assert store.forget(before_ns=150, most_bytes=1 << 30) == 150
    on_disk = b"".join(f.read_bytes() for f in store.path.parent.iterdir())
    assert b"forget-" not in on_disk
    assert b"stay-199" in on_disk
    assert store.count() == 50


def test_forgetting_by_size_keeps_the_newest(store):
    for at in range(3000):
        store.add(kept(at))
    before = store.size_bytes()
    store.forget(before_ns=0, most_bytes=200_000)
    assert store.size_bytes() < 260_000 < before
    left = store.events(EventQuery(newest=True, limit=500))
    assert [one.told_ns for one in left] == list(range(2999, 2999 - len(left), -1))


def test_a_killed_process_loses_nothing_acknowledged(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tests.drivers.test_events import *\n"
        "store = EventStore.open(Path(sys.argv[1]))\n"
        "for at in range(100_000):\n    print(store.add(kept(at)), flush=True)"
    )
    path = tmp_path / "e.sqlite"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdout=subprocess.PIPE, env=environment
    ) as process:
        acknowledged = [int(process.stdout.readline()) for _ in range(300)]
        process.send_signal(signal.SIGKILL)
    store = EventStore.open(path)
    assert store.count() >= len(acknowledged)
    assert all(store.event(number) for number in acknowledged[-5:])
    store.close()


def test_the_trail_keeps_its_order(store):
    entries = [
        AuditEntry(told_ns=n, who="::1", action=f"POST /{n}", outcome="201") for n in range(3)
    ]
    for entry in entries:
        store.note(entry)
    assert store.audit() == entries


def test_what_is_no_store_is_refused(tmp_path):
    path = tmp_path / "e.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(DriverError, match="move it away"):
        EventStore.open(path)
    with pytest.raises(DriverError, match="cannot open"):
        EventStore.open(tmp_path / "e.sqlite" / "below")

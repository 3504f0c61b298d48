"""The undo journal: whatever happens in between, the host ends as it was found."""

import asyncio
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux import journal as journal_module
from airsonde.drivers.linux.journal import Journal, Outcome
from airsonde.drivers.linux.knobs import WholeFile


class Shelf:
    """A knob kept in memory; `dies` makes a write end the process before or after it happens."""

    kind = "shelf"

    def __init__(self, volatile=False, **values):
        self.values = dict(values)
        self.volatile = volatile
        self.dies = None
        self.refuses = False

    async def read(self, target):
        if target not in self.values:
            raise UnsupportedError(f"{target} was unplugged")
        return self.values[target]

    async def write(self, target, value):
        if self.refuses:
            raise DriverError("busy", transient=True)
        if self.dies == "before":
            raise KeyboardInterrupt
        self.values[target] = value
        if self.dies == "after":
            raise KeyboardInterrupt


def turn(folder, shelf, *changes, boot="b1"):
    journal = Journal.open(folder, boot)
    try:
        for target, value in changes:
            asyncio.run(journal.turn(shelf, target, value))
    except KeyboardInterrupt:
        pass
    finally:
        journal.close()


def revert(folder, *shelves, boot="b1"):
    journal = Journal.open(folder, boot)
    report = asyncio.run(journal.revert({shelf.kind: shelf for shelf in shelves}))
    left = journal.entries
    journal.close()
    return {done.target: done.outcome for done in report}, left


def test_everything_returns_in_reverse_order(tmp_path):
    shelf = Shelf(a=1, b="x", c=None)
    turn(tmp_path, shelf, ("a", 2), ("b", "y"), ("c", {"k": [1, 2]}), ("a", 3))
    assert shelf.values == {"a": 3, "b": "y", "c": {"k": [1, 2]}}
    outcomes, left = revert(tmp_path, shelf)
    assert list(outcomes) == ["c", "b", "a"]
    assert set(outcomes.values()) == {Outcome.RESTORED}
    assert shelf.values == {"a": 1, "b": "x", "c": None}
    assert left == ()


def test_reverting_twice_does_nothing_more(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 2))
    revert(tmp_path, shelf)
    shelf.values["a"] = 2  # the user's choice
    assert revert(tmp_path, shelf) == ({}, ())
    assert shelf.values == {"a": 2}


def test_what_somebody_else_changed_is_left_alone(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 2))
    shelf.values["a"] = 7
    assert revert(tmp_path, shelf)[0] == {"a": Outcome.CHANGED_SINCE}
    assert shelf.values == {"a": 7}


def test_a_change_in_between_becomes_what_stood_before(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 2))
    shelf.values["a"] = 7
    turn(tmp_path, shelf, ("a", 3))
    assert revert(tmp_path, shelf)[0] == {"a": Outcome.RESTORED}
    assert shelf.values == {"a": 7}


@pytest.mark.parametrize("dies", ["before", "after"])
@pytest.mark.parametrize("changes", [[2], [2, 3], [2, 3, 4], [2, 1]])
def test_death_at_a_write(tmp_path, dies, changes):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, *[("a", value) for value in changes[:-1]])
    shelf.dies = dies
    turn(tmp_path, shelf, ("a", changes[-1]))
    shelf.dies = None
    revert(tmp_path, shelf)
    assert shelf.values == {"a": 1}


def test_a_torn_record_changes_nothing(tmp_path):
    shelf = Shelf(a=1, b=1)
    turn(tmp_path, shelf, ("a", 2))
    path = tmp_path / "undo.journal"
    whole = path.read_bytes()
    turn(tmp_path, shelf, ("b", 2))
    both = path.read_bytes()
    for size in range(len(whole), len(both), 7):
        path.write_bytes(both[:size])  # torn ahead of the change: b still stands at 1
        shelf.values.update(a=2, b=1)
        turn(tmp_path, shelf, ("b", 9))
        revert(tmp_path, shelf)
        assert shelf.values == {"a": 1, "b": 1}
        assert path.read_bytes() == b""


def test_damage_in_the_middle_is_counted_and_costs_one_record(tmp_path):
    shelf = Shelf(a=1, b=1, c=1)
    turn(tmp_path, shelf, ("a", 2), ("b", 2), ("c", 2))
    path = tmp_path / "undo.journal"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"\x00" * 30 + lines[1][30:] + lines[2])
    journal = Journal.open(tmp_path, "b1")
    assert journal.unreadable == 1
    assert [entry.target for entry in journal.entries] == ["a", "c"]
    journal.close()


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(tmp_path_factory, noise):
    folder = tmp_path_factory.mktemp("noise")
    (folder / "undo.journal").write_bytes(noise)
    shelf = Shelf(a=1)
    turn(folder, shelf, ("a", 2))
    revert(folder, shelf)
    assert shelf.values == {"a": 1}


def test_a_journal_of_absurd_size_is_refused(tmp_path):
    with (tmp_path / "undo.journal").open("wb") as file:
        file.truncate(64 << 20)
    with pytest.raises(DriverError, match="larger than"):
        Journal.open(tmp_path, "b1")


def test_what_a_reboot_forgot_is_not_put_back(tmp_path):
    turn(tmp_path, Shelf(volatile=True, a=1), ("a", 2))
    shelf = Shelf(volatile=True, a=2)
    assert revert(tmp_path, shelf, boot="b2")[0] == {"a": Outcome.REBOOTED}
    assert shelf.values == {"a": 2}


def test_what_a_reboot_keeps_is_put_back(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 2))
    turn(tmp_path, shelf, ("a", 3), boot="b2")
    revert(tmp_path, shelf, boot="b3")
    assert shelf.values == {"a": 1}


def test_a_target_that_is_gone_is_let_go(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 2))
    del shelf.values["a"]
    assert revert(tmp_path, shelf) == ({"a": Outcome.GONE}, ())


def test_a_failure_is_kept_for_another_try(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 2))
    shelf.refuses = True
    outcomes, left = revert(tmp_path, shelf)
    assert outcomes == {"a": Outcome.FAILED}
    assert len(left) == 1
    shelf.refuses = False
    assert revert(tmp_path, shelf) == ({"a": Outcome.RESTORED}, ())


def test_a_kind_without_a_driver_is_kept(tmp_path):
    turn(tmp_path, Shelf(a=1), ("a", 2))
    outcomes, left = revert(tmp_path)
    assert outcomes == {"a": Outcome.FAILED}
    assert len(left) == 1


def test_a_value_the_host_does_not_keep_is_said(tmp_path):
    class Deaf(Shelf):
        async def write(self, target, value):
            return

    journal = Journal.open(tmp_path, "b1")
    with pytest.raises(DriverError, match="stands at 1 though 2 was set"):
        asyncio.run(journal.turn(Deaf(a=1), "a", 2))
    journal.close()


def test_a_value_that_stands_is_not_written(tmp_path):
    shelf = Shelf(a=1)
    turn(tmp_path, shelf, ("a", 1))
    assert not (tmp_path / "undo.journal").exists()


def test_the_journal_stays_small(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "COMPACT_RECORDS", 20)
    shelf = Shelf(a=0)
    turn(tmp_path, shelf, *[("a", i) for i in range(1, 100)])
    assert (tmp_path / "undo.journal").read_bytes().count(b"\n") <= 20
    revert(tmp_path, shelf)
    assert shelf.values == {"a": 0}


def test_large_files_do_not_make_a_large_journal(tmp_path):
    shelf = Shelf(a="")
    turn(tmp_path, shelf, *[("a", f"{i}" * 500_000) for i in range(10)])
    assert (tmp_path / "undo.journal").stat().st_size < 6 << 20
    revert(tmp_path, shelf)
    assert shelf.values == {"a": ""}


def test_two_processes_do_not_share_it(tmp_path):
    first = Journal.open(tmp_path)
    with pytest.raises(DriverError, match="held by a running airsonde") as caught:
        Journal.open(tmp_path)
    assert caught.value.transient
    first.close()
    Journal.open(tmp_path).close()


CHILD = """
import asyncio, sys
from pathlib import Path
from airsonde.drivers.linux import journal as journal_module
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.knobs import WholeFile, file_value
folder = Path(sys.argv[1])
async def main():
    journal = Journal.open(folder / "state")
    print("ready", flush=True)
    for i in range(10_000):
        target = folder / f"f{i % 3}"
        await journal.turn(WholeFile(), str(target), file_value(b"%d\\n" % i * (i % 50 + 1)))
asyncio.run(main())
"""


def test_kill_9_at_any_moment(tmp_path):
    chance = random.Random(4)
    originals = {"f0": b"first\n", "f1": b"\x00\xff" * 500}
    for _ in range(12):
        for name, content in originals.items():
            (tmp_path / name).write_bytes(content)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.001, 0.06))
        child.kill()
        child.communicate()
        assert child.returncode == -9
        journal = Journal.open(tmp_path / "state")
        report = asyncio.run(journal.revert({"file": WholeFile()}))
        journal.close()
        assert {done.outcome for done in report} <= {Outcome.RESTORED, Outcome.UNCHANGED}
        found = {path.name: path.read_bytes() for path in tmp_path.glob("f*")}
        assert found == originals

"""RF memory in a SQLite file: the contract, kills, other processes, bad files, full disks."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from airsonde.core.errors import AirsondeError, DriverError
from airsonde.csi.memory import Query, Where, every
from airsonde.drivers.stores.matrix import Matrix, Rows
from airsonde.drivers.stores.sqlite import open_sqlite
from airsonde.testing.store_contract import StoreContract, memory, some, vectors

WRITER = """
import sys
from pathlib import Path
from airsonde.drivers.stores.sqlite import open_sqlite
from airsonde.testing.store_contract import memory, vectors
store = open_sqlite(Path(sys.argv[1])).memories
made = vectors(7, 68)
while True:
    ids = store.add([memory(v) for v in made])
    sys.stdout.write(f"{ids[-1]}\\n")
    sys.stdout.flush()
"""
FULL = """
import resource, signal, sys
from pathlib import Path
from airsonde.core.errors import DriverError
from airsonde.csi.memory import Where
from airsonde.drivers.stores.sqlite import open_sqlite
from airsonde.testing.store_contract import memory, vectors
store = open_sqlite(Path(sys.argv[1])).memories
made = [memory(v) for v in vectors(200, 68)]
store.add(made)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))
try:
    while True:
        store.add(made)
except DriverError as e:
    print(len(store.get(Where(), limit=10**9)), e)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "memory.db"


class TestContract(StoreContract):
    @pytest.fixture
    def place(self, path):
        return lambda: open_sqlite(path)


def test_no_acknowledged_row_is_lost_to_a_kill(path):
    chance = random.Random(5)
    acknowledged = 0
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        rest = writer.communicate()[0].split(b"\n")[:-1]
        acknowledged = int(([first, *rest])[-1])
        store = open_sqlite(path)
        kept = [record.memory_id for record in every(store.memories, Where())]
        store.close()
        assert kept == list(range(1, len(kept) + 1))
        assert len(kept) >= acknowledged
        assert len(kept) % 7 == 0
    assert acknowledged > 0


def test_only_the_owner_may_read_it(path):
    store = open_sqlite(path)
    store.memories.add(some(1))
    modes = {p.name: p.stat().st_mode & 0o777 for p in path.parent.iterdir()}
    assert modes == dict.fromkeys(("memory.db", "memory.db-wal", "memory.db-shm"), 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store.close()


def test_a_later_version_is_left_alone(path):
    open_sqlite(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 7")
    file.close()
    with pytest.raises(DriverError, match="schema version 7, this airsonde knows 1"):
        open_sqlite(path)


def test_the_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE bookmark (url TEXT)")
    file.close()
    before = path.read_bytes()
    with pytest.raises(DriverError, match="another program"):
        open_sqlite(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 999]
)
def test_what_is_no_database_is_refused(tmp_path, text):
    path = tmp_path / "note.txt"
    path.write_bytes(text)
    with pytest.raises(DriverError, match=r"name another file|move it away|damaged"):
        open_sqlite(path)


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(DriverError, match="cannot"):
        open_sqlite(tmp_path)


def test_damage_is_an_error_or_goes_unseen_but_nothing_else(path):
    store = open_sqlite(path)
    store.memories.add(some(300))
    store.close()
    good = path.read_bytes()
    chance = random.Random(3)
    refused = 0
    for number in range(60):
        broken = bytearray(good)
        for _ in range(chance.randrange(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        other = path.with_name(f"{number}.db")
        other.write_bytes(
            bytes(broken[: chance.randrange(len(broken)) if number % 3 == 0 else None])
        )
        refused += not reads(other)
    assert refused > 10


def reads(path):
    """Whether a file answers everything; anything but a typed error is raised."""
    try:
        store = open_sqlite(path)
        list(every(store.memories, Where()))
        store.memories.count(Where())
        store.memories.nearest(Query(embedding=vectors(1)[0], where=Where(encoder="test")))
        store.rooms.baselines()
        store.memories.add(some(2))
        store.memories.delete(Where(room="hall"))
    except AirsondeError:
        return False
    else:
        return True


def test_a_full_disk_is_said_and_loses_nothing(path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True
    )
    kept, _, why = done.stdout.partition(" ")
    assert int(kept) % 200 == 0
    assert "disk" in why
    store = open_sqlite(path)
    assert sum(h.number for h in store.memories.count(Where())) == int(kept)
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(path):
    open_sqlite(path).close()
    path.chmod(0o400)
    with pytest.raises(DriverError, match="may not be written"):
        open_sqlite(path).memories.add(some(1))


def test_another_process_that_writes_is_waited_for(path):
    store = open_sqlite(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    timer.start()
    assert list(store.memories.add(some(1))) == [1]
    timer.join()
    other.close()
    store.close()


def test_threads_may_share_a_store(path):
    store = open_sqlite(path)
    query = Query(embedding=vectors(1)[0], where=Where(encoder="test"), k=1000)

    def work():
        for _ in range(10):
            store.memories.add(some(3))
            store.memories.nearest(query)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [n.memory_id for n in store.memories.nearest(query)]
    store.close()
    assert sorted(found) == list(range(1, 121))


def test_the_matrix_grows_by_doubling_and_gives_back():
    matrix, capacities = Matrix(4), set()
    for number in range(2000):
        matrix.append(rows(number + 1, 1))
        capacities.add(matrix.capacity)
    assert capacities == {256, 512, 1024, 2048}
    matrix.keep(np.arange(1900, 2001))
    assert (len(matrix), matrix.capacity) == (101, 256)
    assert matrix.ids.tolist() == list(range(1900, 2001))


def rows(first, count):
    return Rows(
        ids=np.arange(first, first + count),
        t_ns=np.arange(first, first + count),
        rooms=[None] * count,
        sources=["s"] * count,
        kinds=["window"] * count,
        vectors=vectors(count, 4, first),
    )


@pytest.mark.slow
def test_a_hundred_thousand_are_searched_in_15_ms(path):
    store = open_sqlite(path).memories
    made = vectors(100_000, 68)
    for at in range(0, len(made), 5000):
        store.add([memory(v, t_ns=at, room=f"r{at % 7}") for v in made[at : at + 5000]])
    query = Query(embedding=made[500], where=Where(encoder="test", room="r0", since_ns=0), k=10)
    assert store.nearest(query)[0].memory_id == 501
    spent = []
    for _ in range(20):
        begin = time.perf_counter()
        store.nearest(query)
        spent.append(time.perf_counter() - begin)
    store.close()
    assert np.median(spent) <= 0.015
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1 << 20

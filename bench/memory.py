"""RF memory: what both embeddings tell apart by their nearest neighbour, and how fast it is found.

Run it alone with `python -m bench.memory`.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.memory import Memory, MemoryKind, MemoryStore, Query, Where
from airsonde.csi.model import F32
from airsonde.drivers.stores.matrix import units
from airsonde.drivers.stores.sqlite import open_sqlite
from bench.memory_windows import Sample, samples
from bench.table import Row, print_table

_ROWS = 100_000
_DIMENSIONS = 68
_QUERIES = 100

Label = Callable[[Sample], object]
_TASKS: tuple[tuple[str, Callable[[Sample], bool], Label, Label], ...] = (
    (
        "which of 7 rooms, recording left out",
        lambda s: s.room != "presence",
        lambda s: s.room,
        lambda s: (s.room, s.recording),
    ),
    (
        "ESPectre: moving, recording left out",
        lambda s: s.room == "espectre",
        lambda s: s.moving,
        lambda s: s.recording,
    ),
    (
        "ESPectre: moving, chip left out",
        lambda s: s.room == "espectre",
        lambda s: s.moving,
        lambda s: s.subject,
    ),
    (
        "moving, all other rooms asked",
        lambda s: s.moving is not None,
        lambda s: s.moving,
        lambda s: s.room,
    ),
    (
        "geotec: 5 activities, episode left out",
        lambda s: s.room == "geotec_D1" and s.activity is not None,
        lambda s: s.activity,
        lambda s: s.recording,
    ),
    (
        "fition: 6 activities, person left out",
        lambda s: s.room == "fition",
        lambda s: s.activity,
        lambda s: s.subject,
    ),
)


def rows() -> list[Row]:
    """Accuracies, where the recordings are there, and search."""
    known = list(samples())
    return ([_accuracies(known, *task) for task in _TASKS] if known else []) + _searches()


def _accuracies(
    known: Sequence[Sample],
    name: str,
    asked: Callable[[Sample], bool],
    label: Label,
    group: Label,
) -> Row:
    part = [s for s in known if asked(s)]
    labels = np.array([str(label(s)) for s in part])
    groups = np.array([str(group(s)) for s in part])
    ours = balanced_accuracy(np.stack([s.ours for s in part]), labels, groups)
    theirs = balanced_accuracy(np.stack([s.theirs for s in part]), labels, groups)
    return Row(
        name=f"{name} ({len(part)} windows)",
        figures=f"{ours:.3f} balanced accuracy",
        peer=f"reference {theirs:.3f}, chance {1 / len(np.unique(labels)):.3f}",
        ratio=ours / theirs,
    )


def balanced_accuracy(vectors: F32, labels: NDArray[np.str_], groups: NDArray[np.str_]) -> float:
    """Share of windows whose nearest neighbour outside of their group is labelled alike.

    Counted by label, then averaged.
    """
    unit = units(vectors)
    scores = unit @ unit.T
    scores[groups[:, None] == groups] = -2
    right = labels[scores.argmax(axis=1)] == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def _searches() -> list[Row]:
    """Exact search in 100k x 68 from SQLite, with and without filters."""
    chance = np.random.default_rng(1)  # noqa: TID251
    made = chance.normal(size=(_ROWS, _DIMENSIONS)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        store = open_sqlite(path).memories
        begin = time.perf_counter()
        for at in range(0, _ROWS, 1000):
            store.add([_memory(at + i, v) for i, v in enumerate(made[at : at + 1000])])
        added_s = time.perf_counter() - begin
        wheres = {
            "nearest 10 of 100k x 68": Where(encoder="bench"),
            "the same of one room in seven": Where(encoder="bench", room="room1"),
            "the same by room, source, kind and time": Where(
                encoder="bench",
                room="room1",
                source="sensor1",
                kind=MemoryKind.WINDOW,
                since_ns=1_000_000_000_000,
            ),
        }
        found = [_search(store, name, where, made[-_QUERIES:]) for name, where in wheres.items()]
        store.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = f"{_ROWS / added_s / 1000:.0f} k rows/s by 1000, peak {peak_mb:.0f} MB"
    return [*found, Row(name="add", figures=figures)]


def _search(store: MemoryStore, name: str, where: Where, queries: F32) -> Row:
    spent = []
    for like in queries:
        begin = time.perf_counter()
        store.nearest(Query(embedding=like, where=where, k=10))
        spent.append(1000 * (time.perf_counter() - begin))
    p50, p99 = np.median(spent), np.quantile(spent, 0.99)
    figures = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    return Row(name=name, figures=figures, peer="15 ms", ratio=float(p50) / 15, at_most=1.0)


def _memory(number: int, embedding: F32) -> Memory:
    return Memory(
        kind=MemoryKind.WINDOW,
        encoder="bench",
        embedding=embedding,
        source=f"sensor{number % 3}",
        room=f"room{number % 7}",
        t_ns=number * 1_000_000_000,
    )


if __name__ == "__main__":
    print_table("RF memory", rows())

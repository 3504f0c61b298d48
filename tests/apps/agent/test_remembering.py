"""What is noted of sources, and what is kept of it."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.remembering import Remembering
from airsonde.apps.agent.settings import MemorySettings
from airsonde.apps.memory_stores import open_store
from airsonde.core.errors import ConfigError
from airsonde.csi.batches import take
from airsonde.csi.memory import Where, every
from airsonde.csi.pipeline import Pipeline
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Motion, Scene

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS


@pytest.fixture(scope="module")
def windows():
    """Ten seconds of a room, a window each half second."""
    blocks = SimulatedCapture(Scene(motion=Motion.WALKER), seconds=10.0, seed=1).blocks()
    pipeline = Pipeline("sim")
    return [look.window for block in blocks for look in pipeline.feed(block).looks]


def source(name="desk", provenance=Provenance.LIVE):
    return SimpleNamespace(name=name, room="lab", provenance=provenance)


def kept(tmp_path, takes, most=1000, **settings):
    """The times that are in the store after an agent took windows, forgot, and was stopped."""
    path = str(tmp_path / "rf.db")

    async def run():
        remembering = Remembering(MemorySettings(enabled=True, store=path, **settings), {"desk"})
        for one, session, window in takes:
            remembering.take(one, session, window, 0)
        task = asyncio.create_task(remembering.run())
        async with asyncio.timeout(8):
            while await number(remembering) > most:  # noqa: ASYNC110  (a thread sets no event)
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    store = open_store(path)
    times = [record.memory.t_ns for record in every(store.memories, Where())]
    store.close()
    return times


async def number(remembering):
    """How many are kept; more than any while the store is not open."""
    try:
        return sum(holding.number for holding in await remembering.holdings())
    except ConfigError:
        return 1 << 62


def test_a_second_is_kept_once_and_the_last_one_too(tmp_path, windows):
    starts = [w.start_ns for w in windows if w.start_ns % 1_000_000_000 == 0]
    assert len(starts) >= 9
    assert kept(tmp_path, [(source(), 1, w) for w in windows]) == starts


def test_a_replay_is_kept_once_but_a_clock_that_starts_anew_is_heard(tmp_path, windows):
    replay = source(provenance=Provenance.REPLAY)
    twice = [(replay, session, w) for session in (1, 2) for w in windows]
    once = kept(tmp_path, twice)
    assert once == sorted(set(once))
    assert kept(tmp_path, twice) == once
    rebooted = [(source(), session, w) for session in (1, 2) for w in windows]
    assert len(kept(tmp_path, rebooted)) == 3 * len(once)


def test_a_second_of_a_lane_that_hears_little_is_left_out_however_late(tmp_path, windows):
    whole = [w for w in windows if w.start_ns % SECOND_NS == 0]
    sparse = [replace(w, frames=take(w.frames, slice(0, 3))) for w in whole]
    at_once = [(source(), 1, w) for pair in zip(sparse, whole, strict=True) for w in pair]
    late = [(source(), 1, w) for pair in zip(whole[1:], sparse, strict=False) for w in pair]
    starts = [w.start_ns for w in whole]
    assert kept(tmp_path / "a", at_once) == starts
    assert kept(tmp_path / "b", late) == starts[1:]


def test_sources_that_come_and_go_are_not_kept(tmp_path, windows):
    assert kept(tmp_path, [(source("replay-1"), 1, w) for w in windows]) == []


def test_no_more_is_kept_than_may_be(tmp_path, windows):
    takes = [(source(), 1, w) for w in windows]
    last = takes[-1][2].start_ns // SECOND_NS * SECOND_NS
    kept(tmp_path, takes)
    assert kept(tmp_path, [], most=5, windows=5) == [last - n * SECOND_NS for n in range(4, -1, -1)]
    days = 1.5 * SECOND_NS / DAY_NS
    assert kept(tmp_path, [], most=2, days=days) == [last - SECOND_NS, last]

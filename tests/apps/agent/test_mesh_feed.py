"""Sessions of a source as one stream: its clock goes on, its lanes keep their numbers."""

import asyncio
from dataclasses import replace

import numpy as np

from airsonde.apps.agent.mesh_feed import MeshFeed
from airsonde.csi.calibration import lane_key
from airsonde.radios.sim.capture import SimulatedCapture
from airsonde.radios.sim.scene import Scene


def batches(seconds=1.0):
    return [
        b for block in SimulatedCapture(Scene(), seconds=seconds, seed=1).blocks() for b in block
    ]


def taken(feed, number):
    async def take():
        frames = feed.frames()
        return [await anext(frames) for _ in range(number)]

    return asyncio.run(take())


def test_a_replay_that_begins_again_goes_on():
    feed, once = MeshFeed(), batches()
    for session in (1, 2, 3):
        feed.take(session, once)
    joined = [batch for block in taken(feed, 3) for batch in block]
    t_ns = np.concatenate([batch.t_ns for batch in joined])
    index = np.concatenate([batch.index for batch in joined])
    assert (np.diff(t_ns) > 0).all()
    assert (np.diff(index) > 0).all()
    assert len(t_ns) == 3 * sum(map(len, once))


def test_a_clock_that_went_on_is_left_as_it_is():
    feed, once = MeshFeed(), batches()
    later = [replace(b, t_ns=b.t_ns + 60_000_000_000) for b in once]
    feed.take(1, once)
    feed.take(2, later)
    _, second = taken(feed, 2)
    assert (second[0].t_ns == later[0].t_ns).all()


def test_lanes_keep_their_numbers_in_whatever_order_they_come():
    feed, (one, *_) = MeshFeed(), batches()
    other = replace(one, lane=replace(one.lane, number=7, training="l-ltf"))
    feed.take(1, [one, other])
    feed.take(2, [replace(other, lane=replace(other.lane, number=0)),
                  replace(one, lane=replace(one.lane, number=1))])  # fmt: skip
    numbers = [{lane_key(b.lane): b.lane.number for b in block} for block in taken(feed, 2)]
    assert numbers[0] == numbers[1]
    assert len(set(numbers[0].values())) == 2


def test_a_node_that_is_too_slow_loses_the_oldest():
    feed, once = MeshFeed(), batches()
    for session in range(1000):
        feed.take(session, once)
    first = taken(feed, 1)[0]
    assert first[0].index[0] == sum(map(len, once)) * (1000 - 64)

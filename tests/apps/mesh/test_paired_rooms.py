"""One room twice, with the same words of the same nodes; in one of them a node is lost for 5 s.

The words are what nodes really conclude: of a recorded walker that three nodes see within 0.2 s of
each other, and of three simulated radios with rays of their own around one walker.
"""

import asyncio
from functools import cache
from itertools import pairwise

import pytest

from airsonde.apps.mesh.frame_sources import _endless
from airsonde.apps.mesh.senses import SHAPE, CsiSenses
from airsonde.apps.paced import Pace
from airsonde.csi.pipeline import Pipeline
from airsonde.mesh.features import FeatureBuilder
from airsonde.mesh.fusion import FusionConfig, Room
from airsonde.mesh.model import NodeState
from airsonde.radios.sim.ops import SimRadio
from tests.recordings import recording

SECOND, HOP, TICK, FUSE = 1_000_000_000, 100_000_000, 20_000_000, 200_000_000
PERIOD = SECOND // 3  # of authenticated states, within 300 bytes a second
WALKER, STILL = "presence/orang_bergerak.csv", "presence/orang_diam.csv"
AS_IT_WAS = FusionConfig(
    rise_ns=1, fall_ns=1, word_gaps=99, apart_share=0.2
)  # what nodes say now, a word for 2 s


class Words:
    """What one node concludes, every 100 ms."""

    def __init__(self):
        self.senses = CsiSenses(Pipeline("test", shape=SHAPE))
        self.builder = FeatureBuilder(1)
        self.said = []

    def hear(self, batches, t_ns):
        self.senses.feed(batches, t_ns)
        seen = self.senses.sense(t_ns)
        if seen.motion is not None:
            self.said.append(
                self.builder.build(0, seen.motion, None, None, state=NodeState.SENSE_IDLE)
            )


@cache
def recorded(name, seconds):
    words = Words()
    first_ns = None
    for batches in _endless(recording(name), Pace(0)):
        t_ns = max(int(b.t_ns.max()) for b in batches)
        first_ns = t_ns if first_ns is None else first_ns
        if t_ns - first_ns > seconds * SECOND:
            break
        words.hear(batches, t_ns)
    return words.said


@cache
def simulated(seed, seconds=46):
    async def listen():
        words, radio = Words(), SimRadio(seed=seed)
        await radio.open()
        for t_ns in range(SECOND, seconds * SECOND, HOP):
            words.hear(radio.frames(t_ns), t_ns)
        return words.said

    return asyncio.run(listen())


def fused(nodes, seconds, *, lost=None, config=None):
    """Every fusion of a room; `lost` is (node, from, until) in seconds."""
    room, out = Room(config or FusionConfig()), []
    due = [TICK + i * HOP for i in range(len(nodes))]
    for t_ns in range(TICK, seconds * SECOND, TICK):
        for i, said in enumerate(nodes):
            if t_ns < due[i]:
                continue
            due[i] += PERIOD
            if lost is None or i != lost[0] or not lost[1] <= t_ns / SECOND < lost[2]:
                room.hear(i, said[min(t_ns // HOP, len(said) - 1)], t_ns, proven=True)
        if t_ns % FUSE == 0:
            out.append(room.fuse(t_ns))
    return out


def apart(nodes, seconds, config=None):
    """The worst distance of any two instants over many losses, and how long states differed."""
    whole = fused(nodes, seconds, config=config)
    scores, states = [0.0, 0.0], 0
    for begin in range(12, seconds - 12, 6):
        lost = (begin // 6 % len(nodes), begin, begin + 5)
        pairs = list(zip(whole, fused(nodes, begin + 12, lost=lost, config=config), strict=False))
        scores[0] = max(scores[0], *(abs(a.presence - b.presence) for a, b in pairs))
        scores[1] = max(scores[1], *(abs(a.motion - b.motion) for a, b in pairs))
        differ = sum((a.occupied, a.moving) != (b.occupied, b.moving) for a, b in pairs)
        states = max(states, differ)
    return *scores, states


def test_a_recorded_walker():
    said = recorded(WALKER, 100)
    nodes = [said[i:] for i in (0, 1, 2)]
    presence, motion, states = apart(nodes, 90)
    assert max(presence, motion) <= 0.1
    assert states == 0
    assert apart(nodes, 90, AS_IT_WAS)[1] > 0.25


def test_three_radios_around_one_walker():
    """He walks and rests by turns; a state that changes just then does so within a second of it."""
    nodes = [simulated(seed) for seed in (1, 2, 3)]
    presence, motion, states = apart(nodes, 45)
    assert max(presence, motion) <= 0.1
    assert states <= 5
    assert apart(nodes, 45, AS_IT_WAS)[1] > 0.3


def test_one_node_alone_moves_by_all_it_has():
    """Today's path: the score of the one node there is, and nothing when it is silent."""
    said = recorded(WALKER, 100)
    alone = [0.0 if 50 <= i < 100 else state.motion_score for i, state in enumerate(said)]
    assert max(abs(a - b.motion_score) for a, b in zip(alone, said, strict=True)) > 0.9


@pytest.mark.parametrize("begin", range(100, 900, 250))
def test_a_walker_is_noticed_as_soon_as_before(begin):
    """The scores are means, the state is not: it begins with what the nodes say now."""
    still, walker = recorded(STILL, 30)[:200], recorded(WALKER, 100)[begin:]
    nodes = [still[i:] + walker for i in range(3)]

    def noticed(config):
        seen = fused(nodes, 30, config=config)
        return next(b.t_ns for a, b in pairwise(seen) if b.moving and not a.moving)

    assert noticed(FusionConfig()) == noticed(AS_IT_WAS) <= 24 * SECOND

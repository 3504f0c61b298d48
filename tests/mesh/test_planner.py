"""The rules of planning, held over random rooms that carry the plans out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.ids import NodeId
from airsonde.mesh.model import CaptureProfile, NodeRole
from airsonde.mesh.planner import Assign, Calibrate, Move, NodeView, Planner, RoomView

SECOND = 1_000_000_000
PASSIVE, BREATH = CaptureProfile.PASSIVE_LOW_RATE, CaptureProfile.RESP_HIGH_SENS


class Building:
    """Nodes that follow their orders, each in its own time, and channels that get busy."""

    def __init__(self, draw, count):
        self.draw = draw
        self.views = [
            {
                "node": NodeId(bytes([i] * 8)),
                "role": NodeRole.UNASSIGNED,
                "channel": draw(st.sampled_from([1, 6, 11, 13])),
                "calibrated": draw(st.booleans()),
                "sync_error_us": draw(st.integers(0, 500)),
                "profile": PASSIVE,
            }
            for i in range(count)
        ]
        self.late = []
        self.t_ns = 0

    def change(self):
        """The world goes on: nodes listen for breath or stop, channels fill, orders arrive."""
        self.t_ns += SECOND
        for view in self.views:
            if self.draw(st.integers(0, 5)) == 0:
                view["profile"] = self.draw(st.sampled_from([PASSIVE, BREATH]))
        arrived = [m for m in self.late if m[0] <= self.t_ns]
        self.late = [m for m in self.late if m[0] > self.t_ns]
        for _, node, changes in arrived:
            for view in self.views:
                if view["node"] == node:
                    view.update(changes)

    def room(self):
        busy = {c: self.draw(st.sampled_from([0.05, 0.3, 0.8])) for c in (1, 6, 11)}
        return RoomView(t_ns=self.t_ns, nodes=[NodeView(**view) for view in self.views], busy=busy)

    def follow(self, actions):
        for action in actions:
            delay_ns = self.draw(st.integers(0, 3)) * SECOND
            if isinstance(action, Assign):
                self.late.append((self.t_ns, action.node, {"role": action.role}))
            elif isinstance(action, Move):
                self.late.append((self.t_ns + delay_ns, action.node, {"channel": action.channel}))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_rules_hold_whatever_happens(data):
    building, planner = Building(data.draw, data.draw(st.integers(1, 6))), Planner()
    anchor_channel, windows, last_move, calibrated_ns = None, {}, None, None
    for _ in range(25):
        building.change()
        room = building.room()
        actions = planner.step(room)
        views = {v.node: v for v in room.nodes}
        moves = [a for a in actions if isinstance(a, Move)]

        anchor_channel = anchor_channel or views[planner.anchor].channel
        assert views[planner.anchor].channel == anchor_channel, "the anchor was moved"
        assert len(moves) <= 1
        if moves and last_move and room.t_ns - last_move[0] < 5 * SECOND:
            assert views[last_move[1].node].channel == last_move[1].channel, "two move at a time"
        if moves:
            last_move = (room.t_ns, moves[0])

        listening = {n for n, v in views.items() if v.profile is BREATH and n != planner.anchor}
        quietest = min(room.busy, key=lambda c: (room.busy[c], c))
        windows = {n: windows.get(n, quietest) for n in listening}
        for move in moves:
            assert move.channel in room.busy
            if move.node in listening:
                assert move.channel == windows[move.node], "a window was disturbed"

        for action in actions:
            if isinstance(action, Calibrate):
                assert not any(v.profile is BREATH for v in room.nodes)
                assert room.busy.get(anchor_channel, 0) <= 0.5
                assert calibrated_ns is None or room.t_ns - calibrated_ns >= 600 * SECOND
                assert action.duration_ms <= 10_000
                calibrated_ns = room.t_ns
        building.follow(actions)
    roles = [view["role"] for view in building.views]
    assert roles.count(NodeRole.ANCHOR) == 1


def views(*channels, **changes):
    return [
        NodeView(
            node=NodeId(bytes([i] * 8)),
            role=NodeRole.ANCHOR if i == 0 else NodeRole.OBSERVER,
            channel=c,
            **changes.get(f"n{i}", {}),
        )
        for i, c in enumerate(channels)
    ]


def plan(planner, t_s, nodes, busy):
    return planner.step(RoomView(t_ns=t_s * SECOND, nodes=nodes, busy=busy))


def settle(channels, busy):
    """Carry out moves until there are no more; the channels in the end."""
    planner, channels = Planner(), list(channels)
    for t_s in range(60):
        for move in plan(planner, t_s, views(*channels), busy):
            channels[move.node[0]] = move.channel
    return channels


def test_observers_spread_over_the_least_busy_channels():
    """The anchor stays on channel 6, which counts its load too."""
    assert settle([6, 6, 6, 6], {1: 0.1, 6: 0.1, 11: 0.1}) == [6, 6, 11, 1]
    assert settle([6, 6, 6, 6], {1: 0.9, 6: 0.9, 11: 0.0}) == [6, 11, 11, 11]


def test_who_listens_for_breath_gets_the_quietest_channel_and_keeps_it():
    planner, breath = Planner(), {"n1": {"profile": BREATH}}
    assert plan(planner, 0, views(6, 1, **breath), {1: 0.4, 6: 0.2, 11: 0.3}) == [
        Move(NodeId(b"\1" * 8), 6)
    ]
    for t_s in range(1, 30):
        assert plan(planner, t_s, views(6, 6, **breath), {1: 0.0, 6: 0.9, 11: 0.0}) == []


def test_a_lost_anchor_is_replaced_by_the_best_clock():
    planner = Planner()
    plan(planner, 0, views(1, 1, 1), {1: 0.1})
    rest = views(1, 1, 1, n1={"sync_error_us": 900})[1:]
    assert plan(planner, 1, rest, {1: 0.1}) == [Assign(rest[1].node, NodeRole.ANCHOR)]
    unwilling = views(1, 1, n0={"better_observer": True})
    assert plan(Planner(), 0, unwilling, {1: 0.1}) == [
        Assign(unwilling[0].node, NodeRole.OBSERVER),
        Assign(unwilling[1].node, NodeRole.ANCHOR),
    ]


def test_big_rooms_have_relays_that_stay():
    planner, nodes = Planner(), views(*[1] * 70)
    actions = plan(planner, 0, nodes, {1: 0.1})
    relays = [a.node for a in actions if getattr(a, "role", None) is NodeRole.FUSION_RELAY]
    assert len(relays) == 2
    again = plan(planner, 1, nodes[:65], {1: 0.1})
    assert [a.node for a in again if a.role is NodeRole.FUSION_RELAY] == relays


def test_a_stray_is_fetched_and_an_empty_room_is_left_alone():
    assert plan(Planner(), 0, views(1, 99), {1: 0.1, 6: 0.0}) == [Move(NodeId(b"\1" * 8), 6)]
    assert plan(Planner(), 0, [], {1: 0.1}) == []
    assert plan(Planner(), 0, views(1, 1), {}) == []

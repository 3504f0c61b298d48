"""The mesh's socket: blocks of datagrams with their senders, and refusals that say why."""

import socket
import time

import numpy as np
import pytest

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.mesh_udp import BLOCK_DATAGRAMS, ROOM_BYTES, MeshSocket
from airsonde.drivers.transport.wall_clock import WallClock


@pytest.fixture
def mesh():
    bound = MeshSocket.bind("127.0.0.1", 0)
    yield bound
    bound.close()


@pytest.fixture
def sender():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def test_nothing_has_come(mesh):
    assert len(mesh.take()) == 0


def test_blocks_hold_what_was_sent_and_by_whom(mesh, sender):
    sent = [bytes([i & 255]) * (i % 90) for i in range(300)]
    for data in sent:
        sender.sendto(data, ("127.0.0.1", mesh.port))
    got = []
    while len(block := mesh.take()):
        assert len(block) <= BLOCK_DATAGRAMS
        got += mesh.singly(block)
    assert [(data, peer) for data, peer, _ in got] == [(d, sender.getsockname()) for d in sent]
    assert mesh.lost == 0


def test_what_waited_says_when_it_came(mesh, sender):
    """The kernel begins to stamp a moment after it was asked to."""
    mesh.stamp()
    for _ in range(40):
        before_ns = time.monotonic_ns()
        sender.sendto(b"x", ("127.0.0.1", mesh.port))
        after_ns = time.monotonic_ns()
        time.sleep(0.05)
        ((_, _, t_ns),) = mesh.singly(mesh.take())
        assert t_ns >= before_ns - 50_000
        if t_ns <= after_ns + 5_000_000:
            return
    pytest.fail("it is stamped when it is read")


def test_without_stamps_it_came_when_it_was_read(mesh, sender):
    sender.sendto(b"x", ("127.0.0.1", mesh.port))
    before_ns = time.monotonic_ns()
    ((_, _, t_ns),) = mesh.singly(mesh.take())
    assert before_ns <= t_ns <= time.monotonic_ns()


class Clocks:
    """A wall clock that can be set, and looks at both that take their time."""

    def __init__(self):
        self.now_ns, self.ahead_ns, self.look_ns = 1_000_000, 10**18, 100

    def monotonic(self):
        self.now_ns += self.look_ns
        return self.now_ns

    def wall(self):
        return self.monotonic() + self.ahead_ns

    def stamp(self, t_ns):
        return np.array([divmod(t_ns + self.ahead_ns, 10**9)])


def test_a_stamp_of_the_wall_clock_becomes_a_monotonic_moment():
    clocks = Clocks()
    clock = WallClock(clocks.wall, clocks.monotonic)
    clocks.look_ns = 50_000_000  # interrupted: the narrow bounds of before are kept
    stamp, came_ns = clocks.stamp(clocks.now_ns), clocks.now_ns
    assert abs(clock.monotonic(stamp)[0] - came_ns) <= 100
    assert clock.monotonic(clocks.stamp(clocks.now_ns + 10**12))[0] == clocks.now_ns
    assert clock.monotonic(np.zeros((1, 2), np.int64))[0] == clocks.now_ns


@pytest.mark.parametrize("set_by_ns", [-3_600_000_000_000, 7_000_000])
def test_when_the_wall_clock_was_set_the_time_of_reading_counts(set_by_ns):
    clocks = Clocks()
    clock = WallClock(clocks.wall, clocks.monotonic)
    old = clocks.stamp(clocks.now_ns)
    clocks.ahead_ns += set_by_ns
    assert clock.monotonic(old)[0] == clocks.now_ns
    fresh, came_ns = clocks.stamp(clocks.now_ns), clocks.now_ns
    assert abs(clock.monotonic(fresh)[0] - came_ns) <= 100


def test_what_is_longer_than_any_message_is_counted(mesh, sender):
    for size in (ROOM_BYTES, ROOM_BYTES + 1, 60_000, 3):
        sender.sendto(b"x" * size, ("127.0.0.1", mesh.port))
    assert mesh.take().sizes.tolist() == [ROOM_BYTES, 3]
    assert mesh.oversized == 2


def test_the_kernel_says_what_it_dropped(sender):
    mesh = MeshSocket.bind("127.0.0.1", 0, buffer_bytes=4096)
    for _ in range(500):
        sender.sendto(b"x" * 60, ("127.0.0.1", mesh.port))
    taken = len(mesh.take())
    assert 0 < taken < 500
    assert mesh.lost == 500 - taken
    mesh.close()


def test_refusals_say_what_to_do(mesh):
    with pytest.raises(DriverError, match=f"port {mesh.port} is in use .* --listen"):
        MeshSocket.bind("127.0.0.1", mesh.port)
    with pytest.raises(DriverError, match=r"203\.0\.113\.9 is no IPv4 address of this machine"):
        MeshSocket.bind("203.0.113.9", 0)


def test_a_datagram_that_cannot_be_sent_is_told(mesh):
    assert not mesh.send(b"x" * 70_000, ("127.0.0.1", mesh.port))

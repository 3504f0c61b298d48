"""The mesh's socket: blocks of datagrams with their senders, and refusals that say why."""

import socket

import pytest

from airsonde.core.errors import DriverError
from airsonde.drivers.transport.mesh_udp import BLOCK_DATAGRAMS, ROOM_BYTES, MeshSocket


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
        got += mesh.singly(block, range(len(block)))
    assert got == [(data, sender.getsockname()) for data in sent]
    assert mesh.lost == 0


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

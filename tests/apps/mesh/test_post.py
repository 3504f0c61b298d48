"""What leaves through a real socket, and to whom."""

import socket

import pytest

from airsonde.apps.mesh.outgoing import Reach, Send
from airsonde.apps.mesh.post import Neighbours, Post
from airsonde.drivers.transport.mesh_udp import MeshSocket


@pytest.fixture
def ears():
    """Two sockets that wait a little for what comes."""
    made = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for ear in made:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(0.2)
    yield made
    for ear in made:
        ear.close()


def heard(ear):
    found = []
    try:
        while True:
            found.append(ear.recv(100))
    except TimeoutError:
        return found


def test_a_datagram_reaches_each_address_once(ears):
    one, two = (ear.getsockname() for ear in ears)
    own = MeshSocket.bind("127.0.0.1", 0)
    post = Post(own, Neighbours(upstream=[one], peers=[one]))
    claim, order = b"claim", b"order"
    post.send([Send(claim, Reach.PEERS), Send(claim, one), Send(claim, two), Send(order, one)])
    assert [heard(ear) for ear in ears] == [[claim, order], [claim]]
    assert post.unsent == 0
    own.close()

"""Cost of a mesh message, alone and among thousands: `python -m bench.mesh`."""

import timeit
from collections.abc import Callable
from zlib import crc32

import numpy as np

from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer, parse_trailer
from airsonde.mesh.batch import decode_feature_states
from airsonde.mesh.decide import DecideConfig
from airsonde.mesh.decide_batch import SensedArrays, decide_many
from airsonde.mesh.feature_state import FeatureState, decode_feature_state, encode_feature_state
from airsonde.mesh.fusion import Room
from airsonde.mesh.messages import Health, decode_message, encode_message
from airsonde.mesh.model import AuthClass, NodeRole
from airsonde.mesh.plane import Endpoint
from bench.table import Row, print_table

_STATE = FeatureState(7, 2, 42, 1_234_567, 0.25, 0.75, 15.5, 0.5, 72.0, 0.8, 0.0, 0.125, 1.0, 7)
_NODE = NodeId(b"bench-01")
_HEALTH = Health(_NODE, 1_000_000, 2, 6, 20, -95, 20, 150, 0)
_KEY = HmacKey(1, bytes(range(32)))
_PEER = ("127.0.0.1", 5005)
_MANY = 200_000


def rows() -> list[Row]:
    return [*_single(), *_endpoint(), *_arrays(), *_scale()]


def _best_s(work: Callable[[], object], times: int) -> float:
    """Seconds of one call, the best of seven runs."""
    return min(timeit.repeat(work, number=times, repeat=7)) / times


def _micro(
    name: str, work: Callable[[], object], at_most: float | None = None, times: int = 20_000
) -> Row:
    us = _best_s(work, times) * 1e6
    return Row(name=f"{name} (µs)", figures=f"{us:.2f} µs", ratio=us, at_most=at_most)


def _single() -> list[Row]:
    packet = encode_feature_state(_STATE)

    def round_trip() -> None:
        decode_message(encode_message(_HEALTH, role=NodeRole.OBSERVER, epoch=5))

    body = packet[:56]
    return [
        _micro("feature state, encode with CRC", lambda: encode_feature_state(_STATE), 1.5),
        _micro("feature state, decode with CRC", lambda: decode_feature_state(packet), 1.5),
        _micro("CRC of a feature state", lambda: crc32(body), 0.612),
        _micro("HEALTH, there and back", round_trip, 4.0),
    ]


def _endpoint() -> list[Row]:
    ring = KeyRing([_KEY])
    packet = encode_feature_state(_STATE)
    signed = Signer(_NODE, 1, [_KEY]).sign(packet, AuthClass.HMAC)

    def verify() -> None:
        trailer = parse_trailer(signed, 60)
        if trailer is not None:
            ring.verify(signed, trailer)

    end = Endpoint(ring)
    signer = Signer(NodeId(b"bench-02"), 1, [_KEY])
    units = iter([signer.sign(packet, AuthClass.HMAC) for _ in range(7 * 5000)])
    junk = b"\x99" * 60
    return [
        _micro("HMAC trailer, parse and verify", verify, 8.0),
        _micro("endpoint, unproven feature state", lambda: end.receive(packet, _PEER, 0)),
        _micro("endpoint, proven feature state", lambda: end.receive(next(units), ("", 1), 0),
               times=5000),
        _micro("endpoint, junk", lambda: end.receive(junk, _PEER, 0)),
    ]  # fmt: skip


def _arrays() -> list[Row]:
    data = encode_feature_state(_STATE) * _MANY
    rate = _MANY / _best_s(lambda: decode_feature_states(data), 1) / 1e6
    count = 10_000
    numbers = np.arange(count)
    scores = [(numbers * step % 1).astype(np.float32) for step in (0.37, 0.61, 0.13, 0.71)]
    sensed = SensedArrays(
        pkt_yield=(numbers % 30).astype(np.uint16),
        motion=scores[0],
        presence=scores[1],
        anomaly=scores[2],
        coherence=scores[3],
    )
    states = (5 + numbers % 4).astype(np.uint8)
    config = DecideConfig()
    each_ns = _best_s(lambda: decide_many(config, states, sensed), 50) / count * 1e9
    return [
        Row(
            name="feature states as arrays (million/s)",
            figures=f"{rate:.1f} M/s",
            ratio=rate,
            at_least=3.0,
        ),
        Row(
            name="decide, 10 000 nodes (ns a node)",
            figures=f"{each_ns:.1f} ns",
            ratio=each_ns,
            at_most=30.0,
        ),
    ]


def _scale() -> list[Row]:
    return [_fused(nodes) for nodes in (10, 100, 1000, 10_000)]


def _fused(nodes: int) -> Row:
    """One report of every node, and one fusion of every room of ten."""
    rooms = [Room() for _ in range(nodes // 10)]

    def tick() -> None:
        for room in rooms:
            for node in range(10):
                room.hear(node, _STATE, 0, proven=True)
            room.fuse(0)

    us = _best_s(tick, max(1, 10_000 // nodes)) / nodes * 1e6
    share = us * 1e-6 * 10_000 * 5
    return Row(
        name=f"fusion, {nodes} nodes (share of a core for 10 000 at 5 Hz)",
        figures=f"{us:.2f} µs a node",
        ratio=share,
        at_most=1.0,
    )


if __name__ == "__main__":
    print_table("The mesh, a message and a node", rows())

"""The older time-division protocol: beacons, their tags, slots."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import AuthError, ConfigError, DecodeError
from airsonde.mesh.beacon import (
    BeaconGate,
    StreamFrame,
    SyncBeacon,
    decode_beacon,
    decode_frame,
    encode_beacon,
    encode_frame,
    sign_beacon,
)
from airsonde.mesh.model import Refusal
from airsonde.mesh.tdm import TdmCycles, TdmPlan

KEY = bytes(range(1, 17))
BARE = bytes.fromhex("050000000000000050c30000fdff0000")
TAGGED = bytes.fromhex("050000000000000050c30000fdff000001000000b52ba436b10cc383")
BEACON = SyncBeacon(5, 50_000, -3)


def test_golden_bytes_both_ways():
    assert encode_beacon(BEACON) == BARE
    assert decode_beacon(BARE) == BEACON
    assert sign_beacon(BEACON, KEY, 1) == TAGGED
    assert encode_beacon(decode_beacon(TAGGED)) == TAGGED


@pytest.mark.parametrize("length", [0, 15, 17, 27, 29])
def test_only_two_lengths_are_beacons(length):
    with pytest.raises(DecodeError):
        decode_beacon(bytes(length))


def test_the_gate_opens_once_for_each_beacon():
    gate = BeaconGate(KEY)
    assert gate.accept(TAGGED).cycle_id == 5
    with pytest.raises(AuthError, match=Refusal.REPLAYED):
        gate.accept(TAGGED)
    with pytest.raises(AuthError, match=Refusal.UNAUTHENTICATED):
        gate.accept(BARE)


@pytest.mark.parametrize("at", range(28))
def test_any_changed_byte_closes_the_gate(at):
    data = bytearray(TAGGED)
    data[at] ^= 0x10
    with pytest.raises(AuthError, match=Refusal.BAD_TAG):
        BeaconGate(KEY).accept(bytes(data))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 140), max_size=200))
def test_no_nonce_passes_twice(nonces):
    gate, accepted = BeaconGate(KEY), []
    for nonce in [*range(1, 18), 1, *range(100, 83, -1), 100, *nonces]:
        try:
            gate.accept(sign_beacon(BEACON, KEY, nonce))
        except AuthError:
            continue
        accepted.append(nonce)
    assert len(accepted) == len(set(accepted))
    assert {*range(1, 18), *range(84, 101)} <= set(accepted)


def test_stream_frames():
    framed = bytes.fromhex("0110000000") + BARE
    assert decode_frame(framed) == StreamFrame(1, BARE)
    assert encode_frame(StreamFrame(1, BARE)) == framed
    for broken in (framed[:-1], framed + b"x", b"\x06" + framed[1:], b"\x01"):
        with pytest.raises(DecodeError):
            decode_frame(broken)


def test_slots_follow_each_other():
    plan = TdmPlan(nodes=4)
    assert plan.cycle_us == 50_000
    assert [plan.start_us(i) for i in range(4)] == [0, 5000, 10_000, 15_000]
    with pytest.raises(ConfigError, match="no slot 4"):
        plan.start_us(4)


@pytest.mark.parametrize("plan", [{"nodes": 0}, {"nodes": 17}, {"nodes": 1, "guard_us": 4000}])
def test_impossible_cycles_are_refused(plan):
    with pytest.raises(ConfigError):
        TdmPlan(**plan)


def test_cycles_are_numbered_and_lateness_adds_up():
    cycles = TdmCycles(TdmPlan(nodes=4))
    beacons = [cycles.begin(t) for t in (0, 50_010, 100_005, 10_000_000)]
    assert [b.cycle_id for b in beacons] == [0, 1, 2, 3]
    assert [b.drift_correction_us for b in beacons] == [0, -10, -5, -32_768]

"""Envelopes, the seven messages and the feature state, against golden bytes."""

import struct
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.mesh.feature_state import decode_feature_state, encode_feature_state
from airsonde.mesh.messages import ChannelPlan, RoleAssign, decode_message, encode_message
from airsonde.mesh.model import AuthClass, MessageType, NodeRole, Refusal
from airsonde.mesh.wire import seal, unseal
from tests.mesh.golden import EMPTY, FEATURE_STATE, MESSAGES, SEVEN, STATE, ZERO_STATE

HEALTH = bytes.fromhex(MESSAGES["HEALTH"][3])


def resealed(data: bytes, at: int, value: int) -> bytes:
    """`data` with another byte and the CRC that fits it."""
    body = data[:at] + bytes([value]) + data[at + 1 : -4]
    return body + struct.pack("<I", crc32(body))


def refused(data: bytes) -> tuple[str, int | None]:
    with pytest.raises(DecodeError) as caught:
        decode_message(data)
    return caught.value.reason, caught.value.offset


@pytest.mark.parametrize("name", MESSAGES)
def test_golden_bytes_both_ways(name):
    body, role, epoch, hexadecimal = MESSAGES[name]
    data = bytes.fromhex(hexadecimal)
    assert encode_message(body, role=role, epoch=epoch) == data
    message = decode_message(data)
    assert message[:3] == (body, MessageType[name], role)
    assert (message.epoch, message.size) == (epoch, len(data))
    assert decode_message(memoryview(data)) == message


def test_an_empty_payload_is_a_message_without_a_body():
    assert decode_message(EMPTY).body is None
    assert seal(*unseal(EMPTY)[:4], b"") == EMPTY


def test_trailing_bytes_are_ignored():
    assert decode_message(HEALTH + b"junk") == decode_message(HEALTH)
    assert decode_feature_state(FEATURE_STATE + b"junk") == STATE


def test_feature_state_both_ways():
    assert encode_feature_state(STATE) == FEATURE_STATE
    assert decode_feature_state(FEATURE_STATE) == STATE
    assert encode_feature_state(decode_feature_state(ZERO_STATE)) == ZERO_STATE


def test_errors_come_in_the_order_of_the_checks():
    """Each input has every later fault too; the first is the one that is said."""
    all_wrong = bytearray(HEALTH)
    all_wrong[0], all_wrong[4], all_wrong[5:8] = 1, 9, b"\xff\xff\xff"
    all_wrong[12:14] = (300).to_bytes(2, "little")
    assert refused(bytes(all_wrong[:19])) == (Refusal.TOO_SHORT, 19)
    assert refused(bytes(all_wrong)) == (Refusal.BAD_MAGIC, 0)
    all_wrong[0] = 0
    assert refused(bytes(all_wrong)) == (Refusal.BAD_VERSION, 4)
    all_wrong[4] = 1
    assert refused(bytes(all_wrong)) == (Refusal.PAYLOAD_TOO_LARGE, 12)
    all_wrong[12:14] = (29).to_bytes(2, "little")
    assert refused(bytes(all_wrong)) == (Refusal.TOO_SHORT, 48)
    all_wrong[12:14] = (28).to_bytes(2, "little")
    assert refused(bytes(all_wrong)) == (Refusal.CRC_MISMATCH, 44)
    assert refused(resealed(bytes(all_wrong), 5, 8)) == (Refusal.UNKNOWN_TYPE, 5)
    assert refused(resealed(bytes(all_wrong), 5, 6)) == (Refusal.UNKNOWN_ROLE, 6)
    assert refused(resealed(HEALTH, 7, 3)) == (Refusal.UNKNOWN_AUTH_CLASS, 7)


def test_a_payload_of_another_size_is_refused():
    odd = seal(MessageType.HEALTH, NodeRole.OBSERVER, AuthClass.NONE, 1, b"x")
    assert refused(odd) == (Refusal.BAD_PAYLOAD, 16)


def test_a_plan_of_nine_channels_is_refused():
    plan = bytes.fromhex(MESSAGES["CHANNEL_PLAN"][3])
    assert refused(resealed(plan, 24, 9)) == (Refusal.BAD_FIELD, 24)
    with pytest.raises(ConfigError, match="at most 8"):
        encode_message(
            ChannelPlan(SEVEN, 1, 0, tuple(range(9)), 1), role=NodeRole.COORDINATOR, epoch=1
        )


def test_a_delta_vouches_for_the_state_inside():
    delta = bytes.fromhex(MESSAGES["FEATURE_DELTA"][3])
    assert refused(resealed(delta, 16 + 40, 1)) == (Refusal.CRC_MISMATCH, 16 + 56)


@pytest.mark.parametrize("target", [b"", b"1234567", b"123456789"])
def test_a_node_id_has_eight_bytes(target):
    with pytest.raises(ConfigError, match="8 bytes"):
        encode_message(RoleAssign(target, 1, 1), role=NodeRole.COORDINATOR, epoch=1)


@pytest.mark.parametrize("change", [{"seq": 70_000}, {"motion_score": 1e300}, {"ts_us": -1}])
def test_a_value_that_does_not_fit_is_a_config_error(change):
    with pytest.raises(ConfigError, match="does not fit"):
        encode_feature_state(STATE._replace(**change))
    with pytest.raises(ConfigError, match="does not fit"):
        encode_message(STATE._replace(**change), role=NodeRole.OBSERVER, epoch=1)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(MESSAGES)), st.integers(0, 2**32))
def test_a_changed_message_is_refused_or_as_before(junk, name, seed):
    data = bytearray.fromhex(MESSAGES[name][3])
    at = seed % len(data)
    data[at] ^= 1 + (seed >> 8) % 255
    with pytest.raises(DecodeError):
        decode_message(bytes(data))
    with pytest.raises(DecodeError) as caught:
        decode_message(junk)
    assert caught.value.reason in set(Refusal)

"""The message plane: strangers change nothing, whatever they send."""

import random
import struct
from collections import Counter
from zlib import crc32

import pytest

from airsonde.core.errors import ConfigError
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import HmacKey, KeyRing, Signer
from airsonde.mesh.demux import Kind
from airsonde.mesh.ed25519 import PrivateKey
from airsonde.mesh.fence import Candidates, Fence
from airsonde.mesh.identity import Clash, Identities, Source
from airsonde.mesh.messages import ChannelPlan, Health, RoleAssign, TimeSync, encode_message
from airsonde.mesh.model import AuthClass, MessageType, NodeRole, Refusal
from airsonde.mesh.plane import Arrival, Endpoint, Level, Policy
from tests.mesh.golden import FEATURE_STATE, MESSAGES, SEVEN, STATE

A, B = NodeId(b"A" * 8), NodeId(b"B" * 8)
KEY, SEED = HmacKey(1, b"k" * 32), PrivateKey(1, b"s" * 32)
HOME, STRANGE = ("10.0.0.1", 5005), ("10.0.0.66", 5005)
EPOCH_A = Candidates([A, B]).next_epoch(A, 0)
SYNC = TimeSync(1, 2, 100_000)
PLAN = ChannelPlan(SEVEN, 300, 0, (1,), EPOCH_A)
HEALTH = Health(A, 1, 2, 6, 20, -95, 20, 150, 0)


def endpoint(node=None, *, boot=1, policy=None, keys=(KEY, SEED)):
    return Endpoint(
        ring=KeyRing([KEY, SEED.public]),
        policy=policy or Policy(),
        signer=node and Signer(node, boot, keys),
        fence=Fence(Candidates([A, B])),
    )


def refused(to, data, peer=HOME):
    """The one reason for which `to` refuses `data`."""
    before = to.refused.copy()
    assert to.receive(data, peer, 0) == ()
    ((reason, count),) = (to.refused - before).items()
    assert count == 1
    return reason


def control(sender, body, epoch=EPOCH_A, role=NodeRole.COORDINATOR):
    return sender.send(body, role=role, epoch=epoch)


def test_two_ends_face_to_face():
    a, b = endpoint(A), endpoint(B)
    for body in (SYNC, PLAN, RoleAssign(SEVEN, 1, 1), STATE, HEALTH):
        (arrival,) = b.receive(control(a, body), HOME, 17)
        assert arrival == Arrival(
            17, HOME, Source(A), Kind.MESH, body, NodeRole.COORDINATOR, EPOCH_A
        )
        assert arrival.proven
    (arrival,) = b.receive(a.send_bare(STATE), HOME, 18)
    assert (arrival.body, arrival.kind, arrival.proven) == (STATE, Kind.FEATURE_STATE, True)
    assert not b.refused


def test_firmware_telemetry_is_taken_and_marked():
    b = endpoint(B)
    for data in (FEATURE_STATE, bytes.fromhex(MESSAGES["HEALTH"][3])):
        (arrival,) = b.receive(data, HOME, 0)
        assert arrival.source == Source(7, HOME)
        assert not arrival.proven
    assert b.fence.epoch == 0


def test_firmware_telemetry_can_be_refused():
    b = endpoint(B, policy=Policy(take_unproven=False))
    assert refused(b, FEATURE_STATE) is Refusal.UNAUTHENTICATED


@pytest.mark.parametrize("name", ["TIME_SYNC", "ROLE_ASSIGN", "CHANNEL_PLAN", "CALIBRATION_START"])
def test_control_without_proof_is_refused(name):
    b = endpoint(B)
    assert refused(b, bytes.fromhex(MESSAGES[name][3])) is Refusal.UNAUTHENTICATED
    permissive = endpoint(B, policy=Policy(level=Level.PERMISSIVE))
    (arrival,) = permissive.receive(bytes.fromhex(MESSAGES[name][3]), HOME, 0)
    assert not arrival.proven
    assert permissive.fence.epoch == 0


def test_class_two_by_policy():
    policy = Policy(ed25519=frozenset({MessageType.CHANNEL_PLAN}))
    b = endpoint(B, policy=policy)
    assert refused(b, control(endpoint(A), PLAN)) is Refusal.CLASS_TOO_LOW
    a = endpoint(A, boot=2, policy=policy)
    assert b.receive(control(a, PLAN), HOME, 0)
    with pytest.raises(ConfigError, match="no ED25519 key"):
        control(endpoint(A, policy=policy, keys=[KEY]), PLAN)


def test_a_label_must_be_the_class_of_the_tag():
    b = endpoint(B)
    unit = encode_message(
        PLAN, role=NodeRole.COORDINATOR, epoch=EPOCH_A, auth_class=AuthClass.ED25519
    )
    cross = Signer(A, 1, [KEY]).sign(unit, AuthClass.HMAC)
    assert refused(b, cross) is Refusal.CLASS_MISMATCH
    unlabelled = encode_message(HEALTH, role=NodeRole.OBSERVER, epoch=1)
    unlabelled = Signer(A, 1, [KEY]).sign(unlabelled, AuthClass.HMAC)
    assert refused(b, unlabelled) is Refusal.CLASS_MISMATCH


def test_a_wrong_key_and_an_unknown_one():
    b = endpoint(B)
    wrong = endpoint(A, keys=[HmacKey(1, b"w" * 32)])
    unknown = endpoint(A, keys=[HmacKey(9, b"k" * 32)])
    assert refused(b, control(wrong, SYNC)) is Refusal.BAD_TAG
    assert refused(b, control(unknown, SYNC)) is Refusal.UNKNOWN_KEY


def test_replays_reordering_and_older_boots():
    a, b = endpoint(A, boot=2), endpoint(B)
    first, second, third = (control(a, SYNC) for _ in range(3))
    assert b.receive(third, HOME, 0)
    assert b.receive(first, HOME, 0)
    for again in (first, third):
        assert refused(b, again) is Refusal.REPLAYED
    assert b.receive(second, HOME, 0)
    assert refused(b, control(endpoint(A, boot=1), SYNC)) is Refusal.STALE_BOOT_EPOCH


def test_no_node_speaks_for_another():
    a, b = endpoint(A), endpoint(B)
    assert refused(b, control(a, HEALTH._replace(node_id=B))) is Refusal.FOREIGN_IDENTITY
    assert refused(a, control(endpoint(A, boot=3), HEALTH)) is Refusal.OWN_ECHO
    moved = bytearray(control(a, HEALTH))
    moved[-32:-24] = B
    assert refused(b, bytes(moved)) is Refusal.BAD_TAG


def test_who_proved_itself_must_go_on():
    """Stripping a trailer does not make a proven node a firmware node."""
    a, b = endpoint(A), endpoint(B)
    signed = a.send_bare(STATE)
    assert b.receive(signed, HOME, 0)
    assert refused(b, signed[:60]) is Refusal.UNAUTHENTICATED
    assert refused(b, signed[:61]) is Refusal.BAD_TRAILER
    claimed = encode_message(HEALTH, role=NodeRole.OBSERVER, epoch=1)
    assert refused(b, claimed, STRANGE) is Refusal.FOREIGN_IDENTITY
    labelled = encode_message(
        HEALTH._replace(node_id=SEVEN), role=NodeRole.OBSERVER, epoch=1, auth_class=AuthClass.HMAC
    )
    assert refused(b, labelled, STRANGE) is Refusal.UNAUTHENTICATED


def test_only_the_holder_of_the_standing_epoch_controls():
    a, b, node = endpoint(A), endpoint(B), endpoint()
    newer = node.fence.candidates.next_epoch(B, EPOCH_A)
    assert node.receive(control(a, PLAN), HOME, 0)
    assert refused(node, control(b, PLAN, EPOCH_A)) is Refusal.NOT_COORDINATOR
    assert refused(node, control(b, PLAN, newer, NodeRole.OBSERVER)) is Refusal.NOT_COORDINATOR
    assert node.receive(control(b, PLAN, newer), STRANGE, 0)
    assert refused(node, control(a, PLAN)) is Refusal.STALE_EPOCH
    assert refused(node, control(a, SYNC)) is Refusal.STALE_EPOCH
    assert (node.fence.epoch, node.fence.holder) == (newer, B)


def test_one_number_at_two_addresses_is_reported_and_not_merged():
    b = endpoint(B)
    assert len(b.receive(FEATURE_STATE, HOME, 0)) == 1
    arrival, clash = b.receive(FEATURE_STATE, STRANGE, 5)
    assert arrival.source == Source(7, STRANGE)
    assert clash == Clash(5, 7, STRANGE, HOME)
    assert len(b.receive(FEATURE_STATE, HOME, 6)) == 1


def test_a_number_that_moved_long_ago_is_no_clash():
    identities = Identities(most=2)
    assert identities.hear(Source(7, HOME), 0) is None
    assert identities.hear(Source(7, STRANGE), 60_000_000_000) is None
    assert identities.hear(Source(8, HOME), 60_000_000_000) is None
    assert identities.hear(Source(7, HOME), 60_000_000_001) == Clash(
        60_000_000_001, 7, HOME, STRANGE
    )


def test_unknown_magics_are_counted_each():
    b = endpoint()
    for magic in (0xC5110099, 0xC5110099, 5):
        assert refused(b, struct.pack("<I", magic) + bytes(20)) is Refusal.BAD_MAGIC
    assert b.unknown_magics.known == {0xC5110099: 2, 5: 1}


def signed_messages():
    a = endpoint(A)
    units = [control(a, body) for body in (SYNC, PLAN, STATE, HEALTH)]
    return [*units, a.send_bare(STATE)]


def test_every_flipped_bit_and_every_cut_is_refused():
    for data in signed_messages():
        b = endpoint(B, policy=Policy(take_unproven=False))
        for bit in range(8 * len(data)):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            assert b.receive(bytes(flipped), HOME, 0) == (), bit
        for length in range(len(data)):
            assert b.receive(data[:length], HOME, 0) == (), length
        assert not b.replay.marks()
        assert b.fence.epoch == 0
        assert b.receive(data, HOME, 0)


def mutations(seed, count):
    """Datagrams near valid ones: bits, cuts, joins, foreign parts, CRCs made to fit again."""
    rng = random.Random(seed)
    originals = signed_messages()
    for _ in range(count):
        data = bytearray(rng.choice(originals))
        for _ in range(rng.choice([0, 1, 1, 2, 8])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        how = rng.randrange(5)
        if how == 0:
            del data[rng.randrange(len(data)) :]
        elif how == 1:
            data += rng.choice(originals)[rng.randrange(40) :]
        elif how == 2:
            at = rng.randrange(len(data))
            data[at:] = rng.choice(originals)[at:]
        elif how == 3 and len(data) > 60:
            size = 16 + int.from_bytes(data[12:14], "little") % 257
            data[size : size + 4] = struct.pack("<I", crc32(data[:size]))
        if bytes(data) not in originals:
            yield bytes(data)


def assault(count):
    """Send mutations from a stranger to a node that heard the originals, and to one that did not.

    Nothing may be accepted as proven, and nothing remembered.
    """
    fresh = endpoint(B, policy=Policy(take_unproven=False))
    seasoned = endpoint(B, policy=Policy(take_unproven=False))
    for data in signed_messages():
        assert seasoned.receive(data, HOME, 0)
    marks, epoch = seasoned.replay.marks(), seasoned.fence.epoch
    sent = 0
    for sent, data in enumerate(mutations(7, count), 1):  # noqa: B007
        assert fresh.receive(data, STRANGE, 0) == ()
        assert seasoned.receive(data, STRANGE, 0) == ()
    assert (seasoned.replay.marks(), seasoned.fence.epoch) == (marks, epoch)
    assert (fresh.replay.marks(), fresh.fence.epoch) == ([], 0)
    assert sum(fresh.refused.values()) == sum(seasoned.refused.values()) == sent
    return fresh.refused


def test_mutated_datagrams_change_nothing():
    reasons = assault(20_000)
    assert reasons[Refusal.BAD_TAG] > 1000
    assert reasons[Refusal.CRC_MISMATCH] > 1000


@pytest.mark.slow
def test_a_million_mutated_datagrams_change_nothing():
    assert sum(assault(1_150_000).values()) > 1_000_000


def test_what_strangers_send_never_controls():
    """With firmware telemetry admitted, mutations may be telemetry, but nothing more."""
    b = endpoint(B)
    kinds = Counter()
    for data in mutations(11, 20_000):
        for event in b.receive(data, STRANGE, 0):
            assert isinstance(event, Clash) or not event.proven
            kinds[type(getattr(event, "body", None)).__name__] += 1
    assert not set(kinds) & {"TimeSync", "ChannelPlan", "RoleAssign", "CalibrationStart"}
    assert b.fence.epoch == 0

"""Trailers, keys and the counters behind them."""

import hmac
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airsonde.core.errors import AuthError, ConfigError
from airsonde.mesh.auth import HmacKey, KeyRing, Signer, parse_trailer
from airsonde.mesh.ed25519 import PrivateKey, PublicKey
from airsonde.mesh.model import AuthClass, Refusal
from airsonde.mesh.replay import WIDTH, ReplayGuard, Window
from tests.mesh.golden import FEATURE_STATE, SEVEN

KEY = HmacKey(3, bytes(range(32)))
SEED = PrivateKey(1, bytes(range(32)))


def test_the_trailer_is_laid_out_as_documented():
    """Written out once more, with nothing but struct and hmac."""
    signed = Signer(SEVEN, 9, [KEY]).sign(FEATURE_STATE, AuthClass.HMAC)
    head = b"AUTH" + struct.pack("<BBH8sII", 1, 3, 40, SEVEN, 9, 1)
    tag = hmac.new(KEY.secret, FEATURE_STATE + head, "sha256").digest()[:16]
    assert signed == FEATURE_STATE + head + tag
    trailer = parse_trailer(signed, 60)
    assert trailer[:5] == (AuthClass.HMAC, 3, SEVEN, 9, 1)
    KeyRing([KEY]).verify(signed, trailer)


def test_class_two_is_ed25519_over_all_before_it():
    """The signature is checked by the library itself, with the public key alone."""
    signed = Signer(SEVEN, 9, [KEY, SEED]).sign(FEATURE_STATE, AuthClass.ED25519)
    assert len(signed) == 60 + 24 + 64
    trailer = parse_trailer(signed, 60)
    assert trailer.auth_class is AuthClass.ED25519
    KeyRing([SEED.public]).verify(signed, trailer)
    with pytest.raises(AuthError, match=Refusal.BAD_TAG):
        KeyRing([PublicKey(1, PrivateKey(1, bytes(32)).public.raw)]).verify(signed, trailer)


def test_ed25519_of_rfc_8032():
    """RFC 8032, 7.1, test 2."""
    key = PrivateKey(0, bytes.fromhex(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))  # fmt: skip
    assert key.public.raw.hex() == (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    )
    assert key.sign(b"\x72").hex().startswith("92a009a9f0d4cab8720e820b5f642540")
    assert key.holds(b"\x72", key.sign(b"\x72"))
    assert not key.holds(b"\x73", key.sign(b"\x72"))


def test_keys_rotate_with_two_accepted_at_once():
    old, new = HmacKey(1, b"o" * 32), HmacKey(2, b"n" * 32)
    from_old = Signer(SEVEN, 1, [old]).sign(FEATURE_STATE, AuthClass.HMAC)
    from_new = Signer(SEVEN, 2, [new]).sign(FEATURE_STATE, AuthClass.HMAC)
    both = KeyRing([old, new])
    for data in (from_old, from_new):
        both.verify(data, parse_trailer(data, 60))
    with pytest.raises(AuthError, match=Refusal.UNKNOWN_KEY):
        KeyRing([new]).verify(from_old, parse_trailer(from_old, 60))
    with pytest.raises(ConfigError, match="at most 2"):
        KeyRing([old, new, KEY])
    with pytest.raises(ConfigError, match="same id"):
        KeyRing([old, old])


@pytest.mark.parametrize(
    "make",
    [
        lambda: HmacKey(1, b"short"),
        lambda: HmacKey(256, bytes(32)),
        lambda: PublicKey(1, b"short"),
        lambda: PrivateKey(1, b"short"),
        lambda: Signer(b"short", 1, [KEY]),
        lambda: Signer(SEVEN, 0, [KEY]),
        lambda: Signer(SEVEN, 1, []).sign(b"", AuthClass.HMAC),
    ],
)
def test_what_cannot_sign_says_so(make):
    with pytest.raises(ConfigError):
        make()


def test_secrets_are_not_shown():
    assert "0001" not in repr(KEY) + str(Signer(SEVEN, 1, [KEY])) + repr(SEED)
    assert KEY.fingerprint != HmacKey(3, b"x" * 32).fingerprint


def test_counters_run_over_into_the_next_boot_epoch():
    signer = Signer(SEVEN, 5, [KEY], _counter=2**32 - 2)
    heads = [parse_trailer(signer.sign(b"", AuthClass.HMAC), 0)[3:5] for _ in range(3)]
    assert heads == [(5, 2**32 - 1), (6, 1), (6, 2)]


@pytest.mark.parametrize("cut", [1, 16, 39])
def test_a_cut_trailer_is_refused_unless_its_magic_is_gone(cut):
    signed = Signer(SEVEN, 9, [KEY]).sign(FEATURE_STATE, AuthClass.HMAC)
    if cut == 39:
        assert parse_trailer(signed[:-cut], 60) is None
    else:
        with pytest.raises(AuthError, match=Refusal.BAD_TRAILER):
            parse_trailer(signed[:-cut], 60)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 300) | st.integers(0, 2**32 - 1), max_size=300))
def test_the_window_against_a_set(counters):
    """Never twice; always once, if it is above the window's lower end."""
    window, seen = Window(), set()
    for counter in counters:
        fresh = counter not in seen
        recent = not seen or counter > max(seen) - WIDTH
        assert window.accept(counter) == (fresh and recent)
        if fresh and recent:
            seen.add(counter)


def test_boot_epochs_only_grow():
    guard = ReplayGuard()
    guard.accept(SEVEN, 2, 9)
    guard.accept(SEVEN, 3, 1)
    with pytest.raises(AuthError, match=Refusal.STALE_BOOT_EPOCH):
        guard.accept(SEVEN, 2, 10)
    with pytest.raises(AuthError, match=Refusal.REPLAYED):
        guard.accept(SEVEN, 3, 1)


def test_marks_outlive_a_restart():
    before, after = ReplayGuard(), ReplayGuard()
    for counter in (5, 7):
        before.accept(SEVEN, 2, counter)
    after.restore(before.marks())
    for boot_epoch, counter in [(1, 100), (2, 5), (2, 6), (2, 7)]:
        with pytest.raises(AuthError):
            after.accept(SEVEN, boot_epoch, counter)
    after.accept(SEVEN, 2, 8)


def test_senders_are_bounded():
    guard = ReplayGuard(most_senders=2)
    for i in range(2):
        guard.accept(bytes([i] * 8), 1, 1)
    with pytest.raises(AuthError, match=Refusal.TOO_MANY_SENDERS):
        guard.accept(SEVEN, 1, 1)


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=16, max_size=200), st.binary(max_size=300))
def test_a_tag_is_the_hmac_of_the_standard_library(secret, signed):
    assert HmacKey(1, secret).sign(signed) == hmac.digest(secret, signed, "sha256")[:16]
    assert HmacKey(1, secret).sign(memoryview(signed)) == HmacKey(1, secret).sign(signed)

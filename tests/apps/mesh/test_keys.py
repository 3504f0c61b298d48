"""Keys on disk: private, two at most, replaced in steps during which nobody is locked out."""

import re

import pytest

from airsonde.apps.mesh.keys import KeyFolder
from airsonde.core.errors import ConfigError
from airsonde.core.ids import NodeId
from airsonde.mesh.auth import Signer, parse_trailer
from airsonde.mesh.model import AuthClass, MessageType


@pytest.fixture
def folder(tmp_path):
    return KeyFolder(tmp_path / "keys")


def signed_by(keys, kind=AuthClass.HMAC):
    """A signature and the key id it names."""
    data = Signer(NodeId(b"12345678"), 1, keys.signing).sign(b"unit", kind)
    return data, parse_trailer(data, 4)


def test_without_keys_the_refusal_says_what_to_do(folder):
    assert not folder.read().accepted
    with pytest.raises(ConfigError, match="airsonde mesh keys generate"):
        folder.require()


def test_a_new_key_is_private_and_random(folder, tmp_path):
    path = folder.generate("hmac")
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700
    other = KeyFolder(tmp_path / "other").generate("hmac")
    assert re.fullmatch("[0-9a-f]{64}\n", path.read_text())
    assert path.read_text() != other.read_text()
    with pytest.raises(ConfigError, match="rotate"):
        folder.generate("hmac")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(folder, mode):
    folder.generate("hmac").chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        folder.read()


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "00" * 33, "00" * 40_000])
def test_a_damaged_key_is_refused(folder, text):
    path = folder.generate("hmac")
    path.write_text(text)
    with pytest.raises((ConfigError, OSError), match=r"no mesh key|larger than"):
        folder.read()


def test_rotation_locks_nobody_out(folder, tmp_path):
    """At every step what a machine one step behind signs is accepted, and the other way round."""
    folder.generate("hmac")
    behind = folder.read()
    for told in ("added hmac-2.key", "hmac key 2 signs now", "dropped hmac key 1"):
        assert told in folder.rotate("hmac")
        ahead = folder.read()
        if "added" not in told:
            for here, there in ((ahead, behind), (behind, ahead)):
                data, trailer = signed_by(here)
                there.ring.verify(data, trailer)
        behind = ahead
    assert [key.key_id for key in behind.accepted] == [2]
    assert signed_by(behind)[1].key_id == 2
    for told in ("added hmac-3.key", "3 signs", "dropped hmac key 2"):
        assert told in folder.rotate("hmac")


def test_class_2_is_wanted_where_there_are_such_keys(folder, tmp_path):
    folder.generate("hmac")
    assert folder.read().wants_ed25519 == frozenset()
    folder.generate("ed25519")
    private = folder.read()
    node = KeyFolder(tmp_path / "node")
    node.path.mkdir()
    for name in ("hmac-1.key", "ed25519-1.pub"):
        (node.path / name).write_bytes((folder.path / name).read_bytes())
        (node.path / name).chmod(0o600)
    public = node.require()
    assert public.wants_ed25519 == {MessageType.CHANNEL_PLAN, MessageType.CALIBRATION_START}
    data, trailer = signed_by(private, AuthClass.ED25519)
    public.ring.verify(data, trailer)
    assert not any(key.auth_class is AuthClass.ED25519 for key in public.signing)


def test_fingerprints_compare_and_tell_no_secret(folder):
    folder.generate("hmac")
    folder.generate("ed25519")
    shown = {one.file: one for one in folder.show()}
    assert shown["ed25519-1.key"].fingerprint == shown["ed25519-1.pub"].fingerprint
    assert shown["hmac-1.key"].signs
    assert not shown["ed25519-1.pub"].signs
    secret = (folder.path / "hmac-1.key").read_text().strip()
    assert shown["hmac-1.key"].fingerprint not in secret
    assert len(shown["hmac-1.key"].fingerprint) == 16

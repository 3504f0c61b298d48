"""The table [mesh]: what belongs to which role, and what each of them needs."""

import pytest
from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st

from airsonde.apps.agent.doctor import examine
from airsonde.apps.agent.first_file import first_file
from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.settings import Settings, public_settings, settings_of
from airsonde.apps.mesh.keys import KeyFolder
from airsonde.core.errors import ConfigError

NODE = {"role": "node", "simulate": "walker", "to": ["127.0.0.1"]}


@pytest.mark.parametrize(
    ("mesh", "said"),
    [
        ({"role": "boss"}, "mesh.role: input should be"),
        ({"channels": [1]}, 'mesh: channels: not of role = "off"'),
        ({"role": "watch", "listen": "1"}, 'listen: not of role = "watch"'),
        ({"role": "coordinator", "to": ["a"]}, 'to: not of role = "coordinator"'),
        ({"role": "coordinator", "chanels": [1]}, "mesh.chanels: no such setting; did you mean channels?"),
        ({"role": "coordinator", "channels": [0]}, "mesh.channels.0"),
        ({"role": "coordinator", "id": "12"}, "mesh.id"),
        ({"role": "coordinator", "listen": "127.0.0.1"}, "mesh.listen"),
        ({"role": "coordinator", "announce": True}, "announce: say which address"),
        ({"role": "coordinator", "rooms": {"kitchen": "x"}}, "mesh.rooms"),
        ({"role": "node", "to": ["a"]}, "either source or simulate"),
        ({**NODE, "source": "desk"}, "either source or simulate"),
        ({**NODE, "nexmon": "wlan0"}, "its frames come through a source"),
        ({"role": "node", "simulate": "walker"}, "say where feature states go"),
        ({**NODE, "to": ["a b"]}, "mesh.to.0"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(mesh, said):
    with pytest.raises(ConfigError) as fault:
        settings_of({"mesh": mesh}, "a.toml")
    assert said in str(fault.value)
    assert "Value error" not in str(fault.value)


def test_the_place_of_the_keys_is_not_told():
    tree = {"mesh": {**NODE, "keys": "/etc/airsonde/keys", "level": "permissive"}}
    settings = settings_of(tree, "a.toml")
    shown = public_settings(settings)["mesh"]
    assert (shown["keys"], shown["level"], shown["simulate"]) == ("(set)", "permissive", "walker")
    assert settings_of({}, "a.toml").mesh == MeshSettings()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(sorted(MeshSettings.model_fields)), inner)))  # fmt: skip
@fuzz(max_examples=100, deadline=None)
def test_whatever_stands_there_is_settings_or_a_fault(value):
    try:
        settings = settings_of({"mesh": value}, "a.toml")
    except ConfigError:
        return
    assert isinstance(settings.mesh, MeshSettings)


def test_doctor_says_what_the_part_lacks(tmp_path):
    def found(**mesh):
        tree = {"mesh": {"keys": str(tmp_path), "listen": "127.0.0.1:0", **mesh}}
        return list(examine(Settings.model_validate(tree), 0.5))[-1]

    missing = found(role="coordinator")
    assert (missing.name, missing.well) == ("mesh", False)
    assert "airsonde mesh keys generate" in f"{missing.found} {missing.remedy}"
    KeyFolder(tmp_path).generate("hmac")
    assert found(role="coordinator").well
    assert "1 key, UDP port" in found(**NODE).found
    assert "no key" not in found(role="coordinator", level="permissive").found
    tree = {"mesh": {"role": "watch", "state": str(tmp_path)}}
    watched = list(examine(Settings.model_validate(tree), 0.5))[-1]
    assert (watched.well, watched.remedy) == (False, "start one, or name its --state")


def test_init_proposes_a_mesh_only_where_there_are_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert "[mesh]" not in first_file()
    KeyFolder(tmp_path / "airsonde" / "mesh-keys").generate("hmac")
    assert '[mesh]\nrole = "off"' in first_file()

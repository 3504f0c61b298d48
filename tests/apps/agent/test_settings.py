"""Settings: every fault at once, with its place and the nearest known key."""

import string

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as fuzz
from hypothesis import strategies as st

from airsonde.apps.agent.settings import Settings, public_settings, read_settings, settings_of
from airsonde.core.errors import ConfigError, DriverError

FULL = """
[sources.desk]
kind = "udp"
family = "nexmon"
port = 5500
room = "living room"
[sources.shelf]
kind = "serial"
path = "/dev/ttyUSB0"
[sources.walk]
kind = "replay"
capture = "walk.pcap"
speed = 2
[sources.none]
kind = "simulator"
scene = "breather"
[agent.retention]
days = 7
[agent.privacy]
raw_on_wire = true
[http]
port = 9000
names = ["pi.lan"]
read_token_file = "/etc/airsonde/read-token"
"""


def test_a_whole_file(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(FULL)
    settings = read_settings(path)
    assert list(settings.sources) == ["desk", "shelf", "walk", "none"]
    assert settings.sources["walk"].speed == 2.0
    assert settings.agent.retention.days == 7
    assert not settings.agent.privacy.raw_on_disk
    shown = public_settings(settings)
    assert "/etc/airsonde" not in str(shown)
    assert shown["sources"]["desk"]["family"] == "nexmon"


def test_every_fault_is_said_with_its_place_and_the_nearest_key():
    tree = {
        "sources": {"desk": {"kind": "udp", "prt": 1, "family": "nexmonn"}, "B B": {"kind": "usb"}},
        "agent": {"retention": {"day": 3, "events_mb": "1"}},
        "htp": {},
    }
    with pytest.raises(ConfigError) as fault:
        settings_of(tree, "a.toml")
    said = str(fault.value)
    for part in (
        "a.toml: 8 to mend",
        "sources.desk.prt: no such setting; did you mean port?",
        "sources.desk.port: field required",
        "sources.desk.family: input should be 'nexmon'",
        "agent.retention.day: no such setting; did you mean days?",
        "agent.retention.events_mb: input should be a valid number",
        "htp: no such setting; did you mean http?",
    ):
        assert part in said


def test_what_is_no_configuration(tmp_path):
    path = tmp_path / "a.toml"
    with pytest.raises(DriverError, match="cannot read"):
        read_settings(path)
    for data in (b"a = ", b"\xff\xfe", b"[a]\n[a]"):
        path.write_bytes(data)
        with pytest.raises(ConfigError, match="is not TOML"):
            read_settings(path)
    path.write_bytes(b"# " + b"x" * (1 << 20))
    with pytest.raises(ConfigError, match="too large"):
        read_settings(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["sources", "sinks", "http", "agent", "kind", "host", "port", "x", "desk"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@fuzz(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["sources", "sinks", "http", "agent", "x"]), VALUES, max_size=3)
)
def test_any_tree_is_settings_or_a_fault(tree):
    try:
        result = settings_of(tree, "a")
    except ConfigError as e:
        result = str(e)
    assert isinstance(result, Settings) or result.startswith("a: ")

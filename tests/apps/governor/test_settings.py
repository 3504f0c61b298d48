"""The configuration: what is wrong is named by its path, with what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.apps.governor.settings import Settings, parse_settings, read_settings
from airsonde.core.errors import ConfigError


def parsed(text):
    return parse_settings(text.encode(), "x.toml")


def test_every_part_of_the_file_is_taken():
    settings = parsed("""
        [governor]
        preset = "adaptive"
        tick_s = 1
        interfaces = ["wlan0"]
        [governor.tuning]
        sysctls = false
        [governor.enforcement]
        no_ipv6 = ["6f1d6a1e"]
        [link.roaming]
        margin_db = 9
        [link.roaming.verify]
        within_s = 3.0
        [link.bandwidth.latency]
        high_ms = 30
        [[link.networks.rules]]
        ssid = "home"
        roam = false
    """)
    assert settings.governor.tick_s == 1
    assert settings.governor.tuning.sysctls is False
    assert settings.governor.tuning.offloads is True
    assert settings.governor.enforcement.no_ipv6 == {"6f1d6a1e"}
    assert settings.link.roaming.margin_db == 9
    assert settings.link.roaming.verify.within_s == 3
    assert settings.link.bandwidth.latency.high_ms == 30
    assert settings.link.networks.rules[0].roam is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[link.roaming]\nmargn_db = 9", "no setting link.roaming.margn_db; the nearest is link.roaming.margin_db"),
        ("[[link.networks.rules]]\nsid = 'x'", "no setting link.networks.rules[0].sid; the nearest is link.networks.rules[0].ssid"),
        ("x = 1", "no setting x"),
        ("[link.roaming]\nmargin_db = '9'", "at `link.roaming.margin_db`"),
        ("[governor]\ntick_s = 0", "at `governor.tick_s`"),
        ("[governor]\nstate_dir = 'x'", "at `governor.state_dir`"),
        ("governor = 3", "at `governor`"),
        ("[link.roaming]\nmargin_db = nan", "link.roaming.margin_db is nan"),
        ("[link.game]\nsamples = -1", "x.toml"),
        ("[link.bandwidth.latency]\nlow_ms = 0", "low_ms of the latency loop has to be over 0"),
        ("[link.bandwidth.latency]\nstep_s = 0", "step_s of the latency loop has to be over 0"),
        ("[governor]\npreset = 'v3'\n[link]", "preset v3 has no thresholds"),
        ("[governor", "x.toml is no TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text, said):
    with pytest.raises(ConfigError) as refused:
        parsed(text)
    assert said in str(refused.value)


def test_a_file_that_was_named_must_exist(tmp_path):
    with pytest.raises(ConfigError, match="there is no configuration"):
        read_settings(tmp_path / "none.toml")


def settings_or_refusal(content):
    """Whether it is settings, or refused by the name of the file."""
    try:
        return isinstance(parse_settings(content, "x.toml"), Settings)
    except ConfigError as e:
        return str(e).startswith("x.toml")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_settings_or_a_config_error(content):
    assert settings_or_refusal(content)


SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(), st.just('"text"'), st.just("[]"))


@given(
    st.sampled_from(["governor", "link", "link.roaming", "link.game", "link.bandwidth.ceiling"]),
    st.sampled_from(["tick_s", "preset", "scans", "samples", "quantile", "rules", "log_bytes"]),
    SCALARS,
)
def test_any_value_anywhere_is_settings_or_a_config_error(table, key, value):
    text = f"[{table}]\n{key} = {str(value).lower() if isinstance(value, bool) else value}"
    assert settings_or_refusal(text.encode())

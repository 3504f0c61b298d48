"""MAC addresses are read as people write them, and written one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airsonde.core.errors import ConfigError
from airsonde.core.ids import mac_text, parse_mac


@given(st.binary(min_size=6, max_size=6))
def test_text_and_bytes_are_inverse(mac):
    assert parse_mac(mac_text(mac)) == mac


@pytest.mark.parametrize("text", ["AA-BB-CC-00-11-22", "aabbcc001122", " aa:bb:cc:00:11:22 "])
def test_common_spellings(text):
    assert mac_text(parse_mac(text)) == "aa:bb:cc:00:11:22"


@given(st.text(alphabet="0123456789abcdefgh:- ", max_size=20))
def test_anything_else_is_refused_by_name(text):
    digits = text.strip().replace(":", "").replace("-", "")
    if len(digits) == 12 and set(digits) <= set("0123456789abcdef"):
        assert len(parse_mac(text)) == 6
    elif " " not in digits:
        with pytest.raises(ConfigError, match="MAC address"):
            parse_mac(text)

"""Numbers out of text, against Python's own reading of them."""

import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from airsonde.radios.esp32 import digits


def array(text):
    return np.frombuffer(text, dtype=np.uint8)


@settings(max_examples=100, deadline=None)
@given(text=st.text("0123456789- ,x", max_size=60), padding=st.integers(0, 9))
def test_tokens_are_what_a_regular_expression_finds(text, padding):
    before = b" " * (digits._PIECE - padding)
    data = before + text.encode() + b"\n"
    found = digits.tokens(array(data))
    wanted = [(m.end() - 1, int(m[0])) for m in re.finditer(rb"-?\d+", data)]
    assert found.last.tolist() == [at for at, _ in wanted]
    wrong = set(found.wrong.tolist())
    read = dict(zip(found.last.tolist(), found.value.tolist(), strict=True))
    assert all(read[at] == value for at, value in wanted if at not in wrong)
    assert {at for at, value in wanted if not -128 <= value <= 127} <= wrong
    assert all(not -128 <= v <= 127 or _digits(data, at) > 3 for at, v in wanted if at in wrong)
    assert found.odd.tolist() == [m.start() for m in re.finditer(rb"[^-0-9 ,]", data)]


def _digits(data, last):
    """How many digits of the number that ends at `last`."""
    return len(re.search(rb"\d+$", data[: last + 1])[0])


@pytest.mark.parametrize("value", [*range(-128, 128)])
def test_every_int8_is_read(value):
    found = digits.tokens(array(f"{value} ".encode()))
    assert found.value.tolist() == [value]
    assert not len(found.wrong)


@pytest.mark.parametrize("text", ["128", "-129", "200", "256", "384", "-999", "1000", "0128000"])
def test_what_int8_does_not_hold_is_said(text):
    assert len(digits.tokens(array(f"{text} ".encode())).wrong) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**10), min_size=1, max_size=8))
def test_integers_are_read(values):
    text = ",".join(map(str, values)) + ","
    stop = np.array([m.start() for m in re.finditer(",", text)])
    start = np.append(0, stop[:-1] + 1)
    read, good = digits.integers(array(text.encode()), start[None, :], stop[None, :])
    assert read[0].tolist() == values
    assert good.all()


@pytest.mark.parametrize("text", ["", "-", "1-", "1.5", "a", "123456789012", " 1", "--1"])
def test_what_is_no_integer_is_said(text):
    data = array(f"{text},".encode())
    _, good = digits.integers(data, np.array([[0]]), np.array([[len(text)]]))
    assert not good.any()


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("aA:0b:1C:2d:3E:4f", True),
        ("aA:0b:1C:2d:3E:4g", False),
        ("aA:0b:1C:2d:3E-4f", False),
        ("aA:0b:1C:2d:3E:4", False),
    ],
)
def test_mac_addresses(text, fine):
    value, good = digits.mac_addresses(
        array(text.encode() + b", "), np.array([0]), np.array([len(text)])
    )
    assert good.tolist() == [fine]
    assert not fine or int(value[0]).to_bytes(6, "big").hex(":") == text.lower()

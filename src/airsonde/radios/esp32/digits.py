"""Decimal and hexadecimal numbers out of text, thousands at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airsonde.csi.model import I64, U8, Bools

_MINUS = ord("-")
_MOST_DIGITS = 11
_PIECE = 1 << 15  # bytes at a time that stay in the processor's cache
_REACH = 3  # the digits and sign before a number's last digit

_BEFORE = np.zeros(_REACH, dtype=np.uint8)
_HEX = np.full(256, 255, dtype=np.uint8)
for _letters in ("0123456789abcdef", "ABCDEF"):
    _HEX[list(_letters.encode())] = [int(letter, 16) for letter in _letters]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tokens:
    """Every run of digits in a text: where it ends and its signed value.

    `wrong` are the ends of those that int8 does not hold, `odd` the characters that are neither
    digit, sign nor separator.
    """

    last: I64
    value: NDArray[np.int8]
    wrong: I64
    odd: I64


def tokens(text: U8) -> Tokens:
    """Find the numbers of a text."""
    around = np.concatenate([_BEFORE, text, _BEFORE[:1]])
    starts = range(0, len(text), _PIECE)
    parts = [_tokens(around[at : at + _PIECE + _REACH + 1], at) for at in starts]
    last, value, wrong, odd = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Tokens(last=last, value=value, wrong=wrong, odd=odd)


def _tokens(text: U8, at: int) -> tuple[I64, NDArray[np.int8], I64, I64]:
    """The numbers that end in the piece at `at`; `text` has what is around it, too.

    Works on whole columns of bytes: at each digit stands the value of the run up to it. A column
    is 0 or 1 where it says yes or no.
    """
    digit = text - np.uint8(48)
    yes = (digit < 10).view(np.uint8)
    digit *= yes
    minus = (text == _MINUS).view(np.uint8)
    one, two, three, four = (yes[_REACH - i : -1 - i] for i in range(4))
    hundreds = digit[1:-3] * two
    value = digit[3:-1] + digit[2:-2] * np.uint8(10) + hundreds * np.uint8(100)
    negative = minus[2:-2] | two & (minus[1:-3] | three & minus[:-4])
    end = (one & (yes[4:] ^ 1)).view(np.bool_)
    here = text[_REACH:-1]
    odd = (here != 32) & (here != 44) & ((one | minus[_REACH:-1]) == 0)
    wrong = (hundreds > 1) | (value > 127 + negative) | (two & three & four).view(np.bool_)
    flip = np.uint8(0) - negative
    signed = ((value ^ flip) - flip).view(np.int8)
    last = np.flatnonzero(end)
    bad = last[wrong[last]]
    return last + at, signed[last], bad + at, np.flatnonzero(odd) + at


def integers(text: U8, start: I64, stop: I64) -> tuple[I64, Bools]:
    """Whole numbers between positions, [columns, N] each; and which of them are nothing else."""
    width = stop - start
    value = np.zeros(width.shape, dtype=np.int64)
    good = (width > 0) & (width <= _MOST_DIGITS)
    for place in range(min(int(width.max(initial=0)), _MOST_DIGITS)):
        some = np.flatnonzero((width > place).any(axis=1))
        inside = width[some] > place
        char = text.take(stop[some] - 1 - place, mode="clip")
        digit = char - np.uint8(48)
        is_digit = digit < 10
        sign = (char == _MINUS) & (width[some] == place + 1) & (place > 0)
        value[some] += np.where(inside & is_digit, digit, 0).astype(np.int64) * 10**place
        value[some] = np.where(inside & sign, -value[some], value[some])
        good[some] &= ~inside | is_digit | sign
    return value, good


def mac_addresses(text: U8, start: I64, stop: I64) -> tuple[I64, Bools]:
    """`aa:bb:cc:dd:ee:ff` as 48-bit numbers, and which of the N texts are just that."""
    chars = text.take(start[:, None] + np.arange(17), mode="clip")
    nibbles = _HEX[np.delete(chars, np.s_[2::3], axis=1)]
    good = (stop - start == 17) & (nibbles < 16).all(axis=1)
    good &= (chars[:, 2::3] == ord(":")).all(axis=1)
    value = np.zeros(len(start), dtype=np.int64)
    for column in nibbles.T:
        value = (value << 4) | (column & 15)
    return value, good

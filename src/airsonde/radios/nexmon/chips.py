"""Chips that run nexmon_csi, the boards they sit on, and the words that name them.

Chip words: nexmon's CHIP_VER numbering as real captures carry it, and Broadcom part numbers as
the rvCSI reference writes them. Sample encodings: seemoo-lab/nexmon_csi, checked on captures.
"""

from dataclasses import dataclass
from enum import StrEnum

from airsonde.core.channel import Band


class Encoding(StrEnum):
    """How one subcarrier is written in four bytes."""

    INT16 = "int16"
    FLOAT_12_6 = "packed float, 12-bit mantissas, 6-bit exponent"
    FLOAT_9_5 = "packed float, 9-bit mantissas, 5-bit exponent"


@dataclass(frozen=True, slots=True)
class Chip:
    """One chip; `encoding` None: not documented, found from the samples."""

    slug: str
    words: tuple[int, ...]
    bands: tuple[Band, ...]
    widths_mhz: tuple[int, ...]
    encoding: Encoding | None


@dataclass(frozen=True, slots=True)
class Board:
    """One Raspberry Pi model; `chip` None: its radio delivers no CSI."""

    slug: str
    chip: str | None
    aliases: tuple[str, ...]


_DUAL = (Band.GHZ_2_4, Band.GHZ_5)

CHIPS = (
    Chip("bcm43455c0", (0x0065, 0x4345), _DUAL, (20, 40, 80), Encoding.INT16),
    Chip("bcm43436b0", (0x006B,), (Band.GHZ_2_4,), (20, 40), None),
    Chip("bcm4366c0", (0x006A, 0x4366), _DUAL, (20, 40, 80), Encoding.FLOAT_12_6),
    Chip("bcm4375b1", (0x0069, 0x4375), _DUAL, (20, 40, 80, 160), None),
    Chip("bcm4389c1", (0x006C,), (*_DUAL, Band.GHZ_6), (20, 40, 80, 160), None),
    Chip("bcm4358", (0x0003, 0xDEAD, 0x4358), _DUAL, (20, 40, 80), Encoding.FLOAT_9_5),
    Chip("bcm4339", (0x0001, 0x4339), _DUAL, (20, 40, 80), Encoding.INT16),
)

BOARDS = (
    Board("pi5", "bcm43455c0", ("5",)),
    Board("pi4", "bcm43455c0", ("4", "pi4b")),
    Board("pi400", "bcm43455c0", ("400",)),
    Board("pi3b+", "bcm43455c0", ("pi3bplus", "3b+", "3bplus")),
    Board("pizero2w", "bcm43436b0", ("zero2w", "pizero2")),
    Board("pizerow", None, ("zerow",)),
)

_BY_WORD = {word: chip for chip in CHIPS for word in chip.words}


def chip_of_word(word: int) -> Chip | None:
    """Chip that writes this word into its payloads."""
    return _BY_WORD.get(word)


def chip_name(word: int) -> str:
    """Slug of the chip, or `unknown:0x….` with the word as it stands."""
    chip = _BY_WORD.get(word)
    return chip.slug if chip else f"unknown:{word:#06x}"


def find_chip(name: str) -> Chip | None:
    """Chip by a name people use: with or without `bcm`/`cyw` and revision, or by board."""
    board = find_board(name)
    wanted = name.strip().lower() if board is None else board.chip or ""
    bare = wanted.removeprefix("bcm").removeprefix("cyw")
    for chip in CHIPS:
        number = chip.slug.removeprefix("bcm")
        if bare in {number, _part_number(number)}:
            return chip
    return None


def _part_number(number: str) -> str:
    """Leave the revision off: 43455c0 is a 43455."""
    return number[:-2] if number[-2].isalpha() else number


def find_board(name: str) -> Board | None:
    """Raspberry Pi model by slug or alias; case, spaces, `_` and `-` do not matter."""
    key = name.lower().translate({ord(c): None for c in " \t_-"})
    key = key.removeprefix("raspberrypi").removeprefix("rpi")
    for board in BOARDS:
        if key == board.slug or key in board.aliases:
            return board
    return None

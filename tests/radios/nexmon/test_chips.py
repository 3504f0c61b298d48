"""Names that people and captures use lead to the right chip."""

import pytest

from airsonde.radios.nexmon.chips import chip_name, chip_of_word, find_board, find_chip


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("bcm43455c0", "bcm43455c0"),
        ("CYW43455", "bcm43455c0"),
        ("43455", "bcm43455c0"),
        ("Raspberry Pi 4", "bcm43455c0"),
        ("rpi5", "bcm43455c0"),
        ("pi3b+", "bcm43455c0"),
        ("rpi_zero2w", "bcm43436b0"),
        ("4366", "bcm4366c0"),
        ("4366c0", "bcm4366c0"),
        ("bcm4339", "bcm4339"),
        ("4358", "bcm4358"),
    ],
)
def test_names(name, slug):
    chip = find_chip(name)
    assert chip is not None
    assert chip.slug == slug


@pytest.mark.parametrize("name", ["", "bcm", "raspberry", "pizerow", "ax200"])
def test_names_without_a_chip(name):
    assert find_chip(name) is None


def test_a_zero_w_is_known_and_delivers_nothing():
    board = find_board("Raspberry Pi Zero W")
    assert board is not None
    assert board.chip is None


@pytest.mark.parametrize(
    ("word", "name"),
    [
        (0x0065, "bcm43455c0"), (0x4345, "bcm43455c0"), (0x0001, "bcm4339"), (0xDEAD, "bcm4358"),
        (0x006A, "bcm4366c0"), (0x006B, "bcm43436b0"), (0x1234, "unknown:0x1234"),
    ],
)  # fmt: skip
def test_chip_words(word, name):
    assert chip_name(word) == name
    chip = chip_of_word(word)
    assert (chip.slug if chip else f"unknown:{word:#06x}") == name

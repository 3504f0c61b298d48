"""The chip rows."""

import pytest

from airsonde.core.errors import ConfigError
from airsonde.radios.esp32.chips import CHIPS, chip_named


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.slug)
def test_every_chip_is_found_by_its_names(chip):
    short = chip.slug.removeprefix("esp32-")
    assert chip_named(chip.slug) is chip_named(short.upper()) is chip
    assert "l-ltf" in chip.training


def test_an_unknown_chip_lists_the_known_ones():
    with pytest.raises(ConfigError, match="esp32-c6"):
        chip_named("esp8266")

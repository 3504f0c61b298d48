"""The chips of the ESP32 family that measure CSI: a row each.

Source: Wi-Fi chapters of the ESP-IDF programming guide, one edition per chip.
"""

from dataclasses import dataclass

from airsonde.core.channel import Band
from airsonde.core.errors import ConfigError
from airsonde.csi.model import Ppdu

_WIFI_4 = (Ppdu.NON_HT, Ppdu.HT)
_WIFI_6 = (Ppdu.NON_HT, Ppdu.HT, Ppdu.HE)
_CLASSIC_FIELDS = ("l-ltf", "ht-ltf", "stbc-ht-ltf")
_HE_FIELDS = ("l-ltf", "ht-ltf", "he-ltf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What a chip can measure. `first_word_stale`: rows begin with four bytes of something else."""

    slug: str
    bands: tuple[Band, ...] = (Band.GHZ_2_4,)
    widths_mhz: tuple[int, ...] = (20, 40)
    formats: tuple[Ppdu, ...] = _WIFI_4
    training: tuple[str, ...] = _CLASSIC_FIELDS
    first_word_stale: bool = False


CHIPS: tuple[Chip, ...] = (
    Chip(slug="esp32", first_word_stale=True),
    Chip(slug="esp32-s2"),
    Chip(slug="esp32-s3"),
    Chip(slug="esp32-c3"),
    Chip(
        slug="esp32-c5",
        bands=(Band.GHZ_2_4, Band.GHZ_5),
        formats=_WIFI_6,
        training=_HE_FIELDS,
    ),
    Chip(slug="esp32-c6", formats=_WIFI_6, training=_HE_FIELDS),
    Chip(slug="esp32-c61", formats=_WIFI_6, training=_HE_FIELDS),
)


def chip_named(text: str) -> Chip:
    """Row of a chip by its name, in any case, with or without `esp32` and the hyphen.

    Raises ConfigError that lists the names there are.
    """
    short = text.strip().lower().replace("-", "").replace("_", "").removeprefix("esp32")
    for chip in CHIPS:
        if chip.slug.removeprefix("esp32").removeprefix("-") == short:
            return chip
    raise ConfigError(f"no ESP32 chip {text!r}; there are {', '.join(c.slug for c in CHIPS)}")

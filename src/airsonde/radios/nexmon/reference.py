"""Nexmon as the rvCSI reference reads it: its chip table and its view of a datagram. Pure.

For the `rvcsi` command only, which reproduces that runtime's output. Real captures are read by
`decode.py`; where the two differ (chip words, sample encodings, old headers) this one is wrong.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

import numpy as np

from airsonde.core.chanspec import loose_chanspec
from airsonde.core.errors import DecodeError
from airsonde.csi.model import C64

PORT: Final = 5500
UNKNOWN: Final = "unknown:"
_HEADER: Final = Struct("<HbB6sHHHH")
_MAGIC: Final = 0x1111
_MOST: Final = 2048
_WIDTH_OF_COUNT: Final = {16: 5, 32: 10, 64: 20, 128: 40, 256: 80, 512: 160}
_LOW_BAND: Final = tuple(range(1, 14))
_HIGH_BAND: Final = (*range(36, 65, 4), *range(100, 145, 4), *range(149, 166, 4))


@dataclass(frozen=True, slots=True)
class ReferenceChip:
    """One row of the reference's table; `word` is the chip word it expects, if any."""

    slug: str
    description: str
    word: int | None
    aliases: tuple[str, ...]
    dual_band: bool = True
    int16: bool = True
    widths_mhz: tuple[int, ...] = (20, 40, 80)

    @property
    def channels(self) -> tuple[int, ...]:
        return (*_LOW_BAND, *_HIGH_BAND) if self.dual_band else _LOW_BAND

    @property
    def subcarrier_counts(self) -> tuple[int, ...]:
        return tuple(width // 20 * 64 for width in self.widths_mhz)


@dataclass(frozen=True, slots=True)
class ReferenceBoard:
    """One Raspberry Pi model of the reference's table."""

    slug: str
    chip: str
    aliases: tuple[str, ...]

    @property
    def csi_supported(self) -> bool:
        return not self.chip.startswith(UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFrame:
    """One datagram; `csi` complex64[N] as received."""

    t_ns: int
    rssi_dbm: int
    channel: int
    width_mhz: int
    chip_word: int
    csi: C64


CHIPS: Final = (
    ReferenceChip(
        "bcm43455c0",
        "BCM43455c0 / CYW43455 (Raspberry Pi 3B+/4/400/5, Pi Zero W) — 802.11ac, 2.4+5 GHz",
        0x4345,
        ("43455c0", "43455", "cyw43455"),
    ),
    ReferenceChip(
        "bcm43436b0",
        "BCM43436b0 (Raspberry Pi Zero 2 W) — 802.11n, 2.4 GHz",
        None,
        ("43436b0", "43436"),
        dual_band=False,
        widths_mhz=(20, 40),
    ),
    ReferenceChip(
        "bcm4366c0",
        "BCM4366c0 (ASUS RT-AC86U) — 802.11ac, 2.4+5 GHz",
        0x4366,
        ("4366c0", "4366"),
    ),
    ReferenceChip(
        "bcm4375b1",
        "BCM4375b1 (Samsung Galaxy S10/S20) — 802.11ax-class, 2.4+5 GHz",
        0x4375,
        ("4375b1", "4375"),
        widths_mhz=(20, 40, 80, 160),
    ),
    ReferenceChip("bcm4358", "BCM4358 (Nexus 6P) — 802.11ac", 0x4358, ("4358",), int16=False),
    ReferenceChip("bcm4339", "BCM4339 (Nexus 5) — 802.11ac", 0x4339, ("4339",), int16=False),
)
BOARDS: Final = (
    ReferenceBoard("pi5", "bcm43455c0", ("5",)),
    ReferenceBoard("pi4", "bcm43455c0", ("4", "pi4b")),
    ReferenceBoard("pi400", "bcm43455c0", ("400",)),
    ReferenceBoard("pi3b+", "bcm43455c0", ("pi3bplus", "3b+", "3bplus")),
    ReferenceBoard("pizero2w", "bcm43436b0", ("zero2w", "pizero2")),
    ReferenceBoard("pizerow", "unknown:0x4343", ("zerow",)),
)


def chip_slug(word: int) -> str:
    """Name of a chip word; `unknown:0x0065` for the words that real firmware writes."""
    for chip in CHIPS:
        if chip.word == word:
            return chip.slug
    return f"{UNKNOWN}{word:#06x}"


def find_chip(name: str) -> ReferenceChip | None:
    wanted = name.strip().lower()
    for chip in CHIPS:
        if wanted in {chip.slug, *chip.aliases, *(f"bcm{a}" for a in chip.aliases if a.isdigit())}:
            return chip
    return None


def unknown_chip(slug: str) -> ReferenceChip:
    """What the reference assumes of a chip it does not know."""
    return ReferenceChip(slug, "unknown Broadcom/Cypress chip", None, (), dual_band=False)


def find_board(name: str) -> ReferenceBoard | None:
    wanted = "".join(c for c in name.lower() if not c.isspace() and c not in "_-")
    for prefix in ("raspberrypi", "rpi"):
        if wanted.startswith(prefix):
            wanted = wanted.removeprefix(prefix)
            break
    for board in BOARDS:
        if wanted in {board.slug, *board.aliases}:
            return board
    return None


def decode_payload(payload: bytes, t_ns: int) -> ReferenceFrame:
    """Read one datagram. Raises DecodeError with the reference's words for what is wrong."""
    if len(payload) < _HEADER.size:
        raise DecodeError("buffer too short for header")
    magic, rssi, _, _, _, _, chanspec, chip_word = _HEADER.unpack_from(payload)
    if magic != _MAGIC:
        raise DecodeError("nexmon_csi UDP magic mismatch (expected 0x1111)")
    count, rest = divmod(len(payload) - _HEADER.size, 4)
    if not count or rest:
        raise DecodeError("nexmon_csi CSI body length is not a positive multiple of 4")
    if count > _MOST:
        raise DecodeError("record declares too many subcarriers")
    samples = np.frombuffer(payload, "<i2", offset=_HEADER.size).astype(np.float32)
    channel = loose_chanspec(chanspec)
    return ReferenceFrame(
        t_ns=t_ns,
        rssi_dbm=rssi,
        channel=channel.number,
        width_mhz=_WIDTH_OF_COUNT.get(count, channel.width_mhz),
        chip_word=chip_word,
        csi=samples.view(np.complex64),
    )

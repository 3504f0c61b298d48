"""Facts about Wi-Fi links, channels and neighbours, as nl80211 tells them."""

from dataclasses import dataclass
from enum import Enum


class Format(Enum):
    """PPDU formats in the order they were standardised."""

    NON_HT = "non-HT"
    HT = "HT"
    VHT = "VHT"
    HE = "HE"
    EHT = "EHT"


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiInterface:
    """`is_station` is False for access points, monitors and the like; channel None: not tuned."""

    index: int
    name: str
    wiphy: int
    is_station: bool
    address: bytes
    ssid: bytes | None
    frequency_mhz: int | None
    width_mhz: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The rate of the last frames; `mcs` within its format, streams counted from 1."""

    mbit: float
    ppdu_format: Format
    mcs: int | None
    streams: int | None
    width_mhz: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """The link to one peer since it was set up; None where the driver does not count it.

    `authorized` once the keys are set up: until then nothing but the handshake passes.
    """

    address: bytes
    authorized: bool | None
    signal_dbm: int | None
    signal_average_dbm: int | None
    tx_rate: Rate | None
    rx_rate: Rate | None
    tx_packets: int | None
    tx_retries: int | None
    tx_failed: int | None
    tx_duration_us: int | None
    rx_duration_us: int | None
    expected_mbit: float | None
    beacons_lost: int | None
    connected_s: int | None
    inactive_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How busy one channel was while the radio listened there, since the driver started."""

    frequency_mhz: int
    in_use: bool
    noise_dbm: int | None
    active_ms: int | None
    busy_ms: int | None
    receiving_ms: int | None
    transmitting_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardBss:
    """A BSS of the scan list; `utilisation` (0..1) and `stations` are what it announces."""

    bssid: bytes
    ssid: bytes
    frequency_mhz: int
    signal_dbm: float | None
    seen_ms_ago: int
    associated: bool
    utilisation: float | None
    stations: int | None

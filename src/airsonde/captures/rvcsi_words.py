"""The words of a `.rvcsi` file: its header line, its frame lines, its names for sources."""

from typing import Annotated, Final, Literal

import msgspec

from airsonde.core.errors import DecodeError
from airsonde.csi.model import Family, Verdict

VERSION: Final = 1
HEADER_NOTE: Final = "rvcsi.header"  # where a reader keeps the header line for a writer
FRAME_KEYS: Final = (b'{"frame_id":', b'"subcarrier_count":')

AdapterKind = Literal["File", "Replay", "Nexmon", "Esp32", "Intel", "Atheros", "Synthetic"]
KINDS: Final[tuple[AdapterKind, ...]] = (
    "File",
    "Replay",
    "Nexmon",
    "Esp32",
    "Intel",
    "Atheros",
    "Synthetic",
)
_FAMILIES: Final[dict[AdapterKind, Family]] = {
    "Nexmon": Family.NEXMON,
    "Esp32": Family.ESP32,
    "Intel": Family.INTEL5300,
    "Atheros": Family.ATHEROS,
    "Synthetic": Family.SIM,
}
_KIND_OF: Final = {family: kind for kind, family in _FAMILIES.items()}
STATUS: Final = {verdict.name.title(): verdict for verdict in Verdict}

U64 = Annotated[int, msgspec.Meta(ge=0)]  # msgspec has no bound above 63 bits; see `fits`
U16 = Annotated[int, msgspec.Meta(ge=0, le=(1 << 16) - 1)]
U8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
I16 = Annotated[int, msgspec.Meta(ge=-(1 << 15), le=(1 << 15) - 1)]
TimeNs = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


class AdapterProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a source can deliver; an empty list allows everything."""

    adapter_kind: AdapterKind
    chip: str | None = None
    firmware_version: str | None = None
    driver_version: str | None = None
    supported_channels: tuple[U16, ...] = ()
    supported_bandwidths_mhz: tuple[U16, ...] = ()
    expected_subcarrier_counts: tuple[U16, ...] = ()
    supports_live_capture: bool = False
    supports_injection: bool = False
    supports_monitor_mode: bool = False


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The validation policy, as `csi.validate` has it."""

    min_subcarriers: U16 = 1
    max_subcarriers: U16 = 4096
    rssi_dbm_bounds: tuple[I16, I16] = (-110, 0)
    strict_monotonic_time: bool = False
    degrade_instead_of_reject: bool = True
    min_quality: float = 0.25


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. `created_unix_ns` is 0 where the time of recording is not known."""

    rvcsi_capture_version: int = VERSION
    session_id: U64
    source_id: str
    adapter_profile: AdapterProfile
    validation_policy: Policy = msgspec.field(default_factory=Policy)
    calibration_version: str | None = None
    runtime_config_json: str = "{}"
    created_unix_ns: U64 = 0


class Frame(msgspec.Struct, gc=False, frozen=True):
    """One frame line. Amplitude and phase follow from i and q; only their form is looked at."""

    frame_id: U64
    session_id: U64
    source_id: str
    adapter_kind: AdapterKind
    timestamp_ns: TimeNs
    channel: U16
    bandwidth_mhz: U16
    subcarrier_count: U16
    i_values: list[float]
    q_values: list[float]
    amplitude: msgspec.Raw
    phase: msgspec.Raw
    validation: Literal["Pending", "Accepted", "Degraded", "Rejected", "Recovered"]
    quality_score: float
    rssi_dbm: I16 | None = None
    noise_floor_dbm: I16 | None = None
    antenna_index: U8 | None = None
    tx_chain: U8 | None = None
    rx_chain: U8 | None = None
    quality_reasons: list[str] = []
    calibration_version: str | None = None


_HEADERS = msgspec.json.Decoder(Header)


def fits(*numbers: int) -> bool:
    """Whether all are numbers of 64 bits."""
    return not any(n >> 64 for n in numbers)


def family_of(kind: AdapterKind) -> Family:
    """Who measured; a file or a replay does not tell."""
    return _FAMILIES.get(kind, Family.UNKNOWN)


def kind_of(family: Family) -> AdapterKind:
    return _KIND_OF.get(family, "File")


def read_header(line: bytes) -> Header:
    """Read the first line. Raises DecodeError at offset 0 when it is no header of version 1."""
    if not line.strip():
        raise DecodeError("empty capture file: missing header line", offset=0)
    try:
        header = _HEADERS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise DecodeError(f"invalid .rvcsi header line: {e}", offset=0) from e
    if header.rvcsi_capture_version != VERSION:
        raise DecodeError(
            f"unsupported .rvcsi capture version {header.rvcsi_capture_version} "
            f"(this build supports {VERSION})",
            offset=0,
        )
    if not fits(header.session_id, header.created_unix_ns):
        raise DecodeError("invalid .rvcsi header line: number beyond 64 bits", offset=0)
    return header

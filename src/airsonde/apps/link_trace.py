"""Link traces: one observation a line as JSON, read and written."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Annotated, BinaryIO, Final

import msgspec

from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import mac_text, parse_mac
from airsonde.link.model import Bss, Observation

LINE_BYTES: Final = 1 << 20
MOST_CANDIDATES: Final = 1024

Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Dbm = Annotated[float, msgspec.Meta(ge=-300, le=100)]
Mbit = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Mhz = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Text = Annotated[str, msgspec.Meta(max_length=256)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class BssWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access point as a trace writes it."""

    bssid: Text
    ssid: Text | None = None
    freq_mhz: Mhz | None = None
    signal_dbm: Dbm | None = None
    seen_scan_id: Count | None = None


class Words(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An observation as a trace writes it; the field names are a public interface."""

    t_ns: Count
    ifname: Name
    type: Name
    driver: Text | None = None
    bitrate_mbit: Mbit | None = None
    rx_packets: Count | None = None
    tx_packets: Count | None = None
    cpu_busy: Count | None = None
    cpu_total: Count | None = None
    on_battery: bool | None = None
    connected: bool | None = None
    ap: BssWords | None = None
    scan_id: Count | None = None
    candidates: Annotated[tuple[BssWords, ...], msgspec.Meta(max_length=MOST_CANDIDATES)] | None = (
        None
    )
    tx_retries: Count | None = None
    tx_failed: Count | None = None
    channel_busy: Share | None = None
    gateway_rtt_ms: Milliseconds | None = None
    gateway_waits_ms: Milliseconds | None = None
    tcp_delay_ms: Milliseconds | None = None
    up_delay_ms: Milliseconds | None = None
    down_delay_ms: Milliseconds | None = None
    bulk_delay_ms: Milliseconds | None = None
    queue_ms: Milliseconds | None = None
    acked_bytes: Count | None = None
    rx_bytes: Count | None = None
    tx_bytes: Count | None = None
    udp_rx: Count | None = None
    udp_tx: Count | None = None
    registered_games: Count | None = None
    connection: Text | None = None
    metered: bool | None = None
    portal: bool | None = None
    suspended_ns: Count | None = None


_PLAIN = [f.name for f in fields(Observation) if f.name not in {"kind", "ap", "candidates"}]
_DECODER = msgspec.json.Decoder(Words)
_ENCODER = msgspec.json.Encoder()


def read_trace(file: BinaryIO) -> Iterator[tuple[Words, Observation]]:
    """Every observation of a trace, with the words it was written in; blank lines are none.

    Raises DecodeError with the number of the line that is no observation, or that is older than
    the one before it of the same interface.
    """
    newest: dict[str, int] = {}
    number = 0
    while line := file.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise _bad(number, f"longer than {LINE_BYTES} bytes")
        if not line.strip():
            continue
        words = _words(line, number)
        if words.t_ns < newest.get(words.ifname, 0):
            raise _bad(number, f"time runs backwards on {words.ifname}")
        newest[words.ifname] = words.t_ns
        try:
            yield words, observation(words)
        except ConfigError as e:
            raise _bad(number, str(e)) from None


def _words(line: bytes, number: int) -> Words:
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise _bad(number, str(e)) from None
    except RecursionError:
        raise _bad(number, "nested too deeply") from None


def _bad(line: int, reason: str) -> DecodeError:
    return DecodeError(f"line {line} of the trace is no observation: {reason}")


def observation(words: Words) -> Observation:
    """The observation that one line tells. Raises ConfigError for a BSSID that is none."""
    return Observation(
        kind=words.type,
        ap=None if words.ap is None else _bss(words.ap),
        candidates=tuple(_bss(c) for c in words.candidates or ()),
        **{name: getattr(words, name) for name in _PLAIN},
    )


def _bss(words: BssWords) -> Bss:
    return Bss(
        bssid=parse_mac(words.bssid),
        ssid=words.ssid,
        freq_mhz=words.freq_mhz,
        signal_dbm=words.signal_dbm,
        seen_scan_id=words.seen_scan_id,
    )


def write_trace(file: BinaryIO, observations: Iterable[Observation]) -> None:
    """Append observations, one a line."""
    file.writelines(_ENCODER.encode(_written(obs)) + b"\n" for obs in observations)


def _written(obs: Observation) -> Words:
    return Words(
        type=obs.kind,
        ap=None if obs.ap is None else _bss_written(obs.ap),
        candidates=tuple(_bss_written(c) for c in obs.candidates) or None,
        **{name: getattr(obs, name) for name in _PLAIN},
    )


def _bss_written(bss: Bss) -> BssWords:
    return BssWords(
        bssid=mac_text(bss.bssid),
        ssid=bss.ssid,
        freq_mhz=bss.freq_mhz,
        signal_dbm=bss.signal_dbm,
        seen_scan_id=bss.seen_scan_id,
    )

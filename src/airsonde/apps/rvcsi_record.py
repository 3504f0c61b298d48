"""Transcode Nexmon dumps and pcaps to `.rvcsi` captures the way the rvCSI reference does."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from airsonde.apps.rvcsi_sources import NOT_A_RECORD, PcapFrames, RecordDump
from airsonde.captures.model import Origin
from airsonde.captures.rvcsi import RvcsiWriter
from airsonde.captures.rvcsi_words import HEADER_NOTE, AdapterProfile, Header
from airsonde.core.errors import ConfigError
from airsonde.csi.model import Family, FrameBatch
from airsonde.csi.validate import SourceLimits, Validator
from airsonde.radios.nexmon.reference import find_board, find_chip, unknown_chip

OFFLINE: Final = AdapterProfile(adapter_kind="Nexmon")
NEXMON_DEFAULT: Final = AdapterProfile(
    adapter_kind="Nexmon",
    chip="BCM43455c0",
    supported_channels=(1, 6, 11, 36, 40, 44, 48, 149, 153, 157, 161),
    supported_bandwidths_mhz=(20, 40, 80),
    expected_subcarrier_counts=(64, 128, 256),
    supports_live_capture=True,
    supports_injection=True,
    supports_monitor_mode=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to record under which name."""

    source: Path
    out: Path
    source_id: str = "nexmon"
    session: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many frames were written and dropped; `malformed` when a dump was cut off, and why."""

    written: int
    dropped: int
    malformed: str | None = None


def profile_for(name: str) -> AdapterProfile:
    """Profile of a Raspberry Pi model or a chip by name. Raises ConfigError for neither."""
    board = find_board(name)
    chip = find_chip(board.chip) or unknown_chip(board.chip) if board else find_chip(name)
    if chip is None:
        raise ConfigError(f"unknown nexmon chip / Raspberry Pi model `{name}`")
    return AdapterProfile(
        adapter_kind="Nexmon",
        chip=f"{chip.slug} ({board.slug})" if board else chip.slug,
        supported_channels=chip.channels,
        supported_bandwidths_mhz=chip.widths_mhz,
        expected_subcarrier_counts=chip.subcarrier_counts,
        supports_live_capture=True,
        supports_injection=True,
        supports_monitor_mode=True,
    )


def record_dump(job: Job) -> Recorded:
    """Transcode a dump of records, up to the first malformed one."""
    dump = RecordDump(job.source, job.source_id)
    recorded = _record(job, OFFLINE, Validator(), dump.blocks())
    reason = None
    if dump.stopped_at is not None:
        reason = f"adapter 'nexmon' failed: malformed record: {NOT_A_RECORD}"
    return Recorded(recorded.written, recorded.dropped + dump.past_63_bits, reason)


def record_pcap(job: Job, port: int | None = None, chip: str | None = None) -> Recorded:
    """Transcode a pcap. Without a chip everything is admitted, whatever the header then says.

    Raises DecodeError for what is no classic pcap, ConfigError for an unknown chip.
    """
    limits, profile = SourceLimits(), NEXMON_DEFAULT
    if chip is not None:
        profile = profile_for(chip)
        limits = SourceLimits(
            channels=profile.supported_channels,
            subcarrier_counts=profile.expected_subcarrier_counts,
        )
    frames = PcapFrames(job.source, job.source_id, port)
    return _record(job, profile, Validator(limits), frames.blocks())


def _record(
    job: Job,
    profile: AdapterProfile,
    validator: Validator,
    blocks: Iterable[list[FrameBatch]],
) -> Recorded:
    header = Header(session_id=job.session, source_id=job.source_id, adapter_profile=profile)
    notes = {HEADER_NOTE: msgspec.json.encode(header).decode()}
    origin = Origin(source=job.source_id, family=Family.NEXMON, session=job.session, notes=notes)
    writer = RvcsiWriter(job.out, origin)
    written = dropped = 0
    try:
        for batches in blocks:
            answer = validator.validate(batches)
            written += sum(map(len, answer.passed))
            dropped += sum(map(len, answer.rejected))
            writer.write(answer.passed)
    except BaseException:
        writer.abort()
        raise
    writer.close()
    return Recorded(written, dropped)

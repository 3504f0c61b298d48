"""What the reference's commands tell of a capture, as the objects that they print."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from airsonde.apps.rvcsi_sources import NOT_A_RECORD, PcapFrames, RecordDump
from airsonde.captures.float_text import number_text
from airsonde.captures.model import OpenOptions
from airsonde.captures.rvcsi import RvcsiReader
from airsonde.captures.rvcsi_encode import FrameLines
from airsonde.captures.rvcsi_words import VERSION
from airsonde.csi.batches import interleaved
from airsonde.csi.lanes import stated_channel
from airsonde.csi.model import F32, FrameBatch, Verdict
from airsonde.radios.nexmon.reference import chip_slug


@dataclass(slots=True)
class _Totals:
    frames: int = 0
    first_t_ns: int | None = None
    last_t_ns: int = 0
    channels: set[int] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)
    quality: np.float32 = field(default_factory=lambda: np.float32(0))
    verdicts: Counter[int] = field(default_factory=Counter)

    def add(self, batches: list[FrameBatch]) -> None:
        for batch in batches:
            self.frames += len(batch)
            first = int(batch.t_ns.min())
            self.first_t_ns = first if self.first_t_ns is None else min(first, self.first_t_ns)
            self.last_t_ns = max(int(batch.t_ns.max()), self.last_t_ns)
            self.channels.add(stated_channel(batch.lane)[0])
            self.counts.add(len(batch.lane.subcarriers))
            self.verdicts.update([] if batch.verdict is None else batch.verdict.tolist())
        self.quality = _sum_in_order(self.quality, batches)

    @property
    def mean_quality(self) -> np.float32:
        return self.quality / np.float32(self.frames) if self.frames else np.float32(0)


def _sum_in_order(start: np.float32, batches: list[FrameBatch]) -> np.float32:
    """Float32 sum of the qualities, one after the other as they stand in the file."""
    parts: list[F32] = [b.quality for b in batches if b.quality is not None]
    order = interleaved(batches, [1] * len(batches))
    total: F32 = np.cumsum(np.append(start, np.concatenate(parts)[order]), dtype=np.float32)
    return np.float32(total[-1])


def capture_summary(path: Path) -> dict[str, Any]:
    """CaptureSummary. Raises DecodeError at the first bad line."""
    reader = RvcsiReader(path, OpenOptions(), strict=True)
    totals = _Totals()
    for batches in reader.blocks():
        totals.add(batches)
    if reader.stopped is not None:
        raise reader.stopped
    header = reader.header
    return {
        "capture_version": VERSION,
        "session_id": header.session_id,
        "source_id": header.source_id,
        "adapter_kind": header.adapter_profile.adapter_kind.lower(),
        "chip": header.adapter_profile.chip,
        "frame_count": totals.frames,
        "first_timestamp_ns": totals.first_t_ns or 0,
        "last_timestamp_ns": totals.last_t_ns,
        "channels": sorted(totals.channels),
        "subcarrier_counts": sorted(totals.counts),
        "mean_quality": float(number_text(totals.mean_quality)),
        "validation_breakdown": {v.name.lower(): totals.verdicts[v] for v in Verdict},
        "calibration_version": header.calibration_version,
    }


def pcap_summary(path: Path, port: int | None) -> dict[str, Any]:
    """NexmonPcapSummary. Raises DecodeError for what is no classic pcap."""
    pcap = PcapFrames(path, "", port)
    for _ in pcap.frames():
        pass
    seen = pcap.seen
    words = sorted(seen.chip_words)
    return {
        "link_type": seen.link_type,
        "csi_frame_count": seen.frames,
        "skipped_packets": seen.skipped,
        "first_timestamp_ns": seen.t_ns[0] if seen.t_ns else 0,
        "last_timestamp_ns": seen.t_ns[1] if seen.t_ns else 0,
        "channels": sorted(seen.channels),
        "bandwidths_mhz": sorted(seen.widths_mhz),
        "subcarrier_counts": sorted(seen.counts),
        "chip_versions": words,
        "chip_names": sorted({chip_slug(word) for word in words}),
        "detected_chip": _agreed(words),
        "rssi_dbm_range": seen.rssi_dbm or None,
    }


def _agreed(words: list[int]) -> str:
    if not words:
        return "bcm43455c0"
    return chip_slug(words[0] if len(words) == 1 else 0)


def frame_lines(path: Path) -> Iterator[tuple[list[FrameBatch], bytes]]:
    """Blocks of a capture, each with its lines as the reference writes them.

    Raises DecodeError for a bad header at once, for a bad line after everything before it.
    """
    return _frame_lines(RvcsiReader(path, OpenOptions(), strict=True))


def _frame_lines(reader: RvcsiReader) -> Iterator[tuple[list[FrameBatch], bytes]]:
    lines = FrameLines(reader.header.session_id)
    for batches in reader.blocks():
        yield batches, lines.encode(batches)
    if reader.stopped is not None:
        raise reader.stopped


def capture_health(path: Path) -> dict[str, Any]:
    """SourceHealth of a capture read to its end."""
    frames = sum(len(b) for batches, _ in frame_lines(path) for b in batches)
    return _health(frames, 0, None)


def dump_health(path: Path) -> dict[str, Any]:
    """SourceHealth of a record dump read to its end or its first malformed record."""
    dump = RecordDump(path, "nexmon")
    for _ in dump.blocks():
        pass
    if dump.stopped_at is None:
        return _health(dump.delivered, 0, None)
    return _health(dump.delivered, 1, f"malformed record at byte {dump.stopped_at}: {NOT_A_RECORD}")


def _health(delivered: int, rejected: int, status: str | None) -> dict[str, Any]:
    return {
        "connected": False,
        "frames_delivered": delivered,
        "frames_rejected": rejected,
        "status": status,
    }

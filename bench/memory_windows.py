"""The labelled recordings as windows with both embeddings, ours and the reference's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from airsonde.apps.memory_windows import capture_windows
from airsonde.csi.embedding import window_embedding
from airsonde.csi.events import Window
from airsonde.csi.model import F32
from airsonde.csi.reference import embeddings as reference
from airsonde.csi.reference.pipeline import ReferencePipeline
from airsonde.csi.validate import Validator
from bench.inputs import RECORDINGS

_MOVING = {"movement", "walking", "orang_bergerak"}
_STILL = {"baseline", "nm", "ruangan_kosong", "orang_diam"}
_PATTERNS = (
    "motion/espectre/*.npz",
    "motion/fition_room1/*/*.pcap",
    "presence/*.csv",
    "motion/geotec_D1/*-x.npy",
    "breathing/esp32_paced/*.csv",
    "breathing/intel5300_gyro/*.dat",
    "breathing/atheros_manikin_1mm/BPM*",
    "esp32/tabletop/*.csv",
)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One second: where, what, and what must be left out with it (`recording`, `subject`)."""

    room: str
    activity: str | None
    recording: str
    subject: str
    ours: F32
    theirs: F32

    @property
    def moving(self) -> bool | None:
        """None where the label does not say it of every second."""
        return {**dict.fromkeys(_MOVING, True), **dict.fromkeys(_STILL, False)}.get(
            self.activity or ""
        )


def samples() -> Iterator[Sample]:
    """Every window of the labelled recordings that are on this machine."""
    for pattern in _PATTERNS:
        for path in sorted(RECORDINGS.glob(pattern)):
            room, activity, recording, subject = _labels(path)
            labels = _geotec(path) if room == "geotec_D1" else None
            for window in capture_windows(path):
                if min(len(window.tones), len(window.frames)) >= 8:
                    yield Sample(
                        room,
                        activity if labels is None else _spoken(labels, window),
                        recording,
                        subject,
                        window_embedding(window),
                        _theirs(window),
                    )


def _labels(path: Path) -> tuple[str, str | None, str, str]:
    """Room, activity, recording, and chip or person or episode."""
    parts = path.relative_to(RECORDINGS).parts
    if "espectre" in parts:
        activity, chip, *_ = path.name.split("_")
        return "espectre", activity, path.name, chip
    if "fition_room1" in parts:
        activity, person, _ = path.parent.name.split("_")
        return "fition", activity, path.name, person
    if "geotec_D1" in parts:
        return "geotec_D1", None, path.name[:3], path.name[:3]
    return parts[-2], path.stem, path.name, path.stem


def _geotec(path: Path) -> list[str]:
    labels = np.load(path.with_name(path.name.replace("-x", "-y")), allow_pickle=True)
    return [str(label).removesuffix("_TX").removesuffix("_RX") for label in labels.ravel()]


def _spoken(labels: list[str], window: Window) -> str | None:
    """The label that seven tenths of a second carry, at 100 samples a second."""
    first = round(window.start_ns / 10_000_000)
    label, count = Counter(labels[first : first + 100] or [""]).most_common(1)[0]
    return label if count >= 70 else None


def _theirs(window: Window) -> F32:
    """Mean of the reference's embeddings of its own windows (16 frames) in the same second."""
    pipeline = ReferencePipeline(0, window.lane.source, Validator())
    found = pipeline.feed([window.frames]).windows + pipeline.flush().windows
    embeddings = [reference.window_embedding(w) for w in found]
    mean: F32 = np.mean(embeddings or [np.zeros(68, np.float32)], axis=0).astype(np.float32)
    return mean

"""Recordings of which it is known whether somebody moves, cut into windows."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import numpy as np

import airsonde
from airsonde.core.errors import AirsondeError
from airsonde.csi.events import Window
from airsonde.csi.windowing import Windowing
from airsonde.csi.windows import WindowShape
from bench.inputs import RECORDINGS

_STATIC = ("4_14_2.dat", "4_19_sn1.dat", "sample4.dat", "sample5.dat")
_RESTLESS = ("4_14_m2.dat", "4_19_mn1.dat")
_LABEL_NS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Take:
    """One recording: its set, its group in the set, whether somebody moves in all of it.

    `onset_ns` is when somebody begins to stand up who sat still before.
    """

    dataset: str
    group: str
    path: Path
    moving: bool
    windows: list[Window]
    onset_ns: int | None = None
    labels: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.path.relative_to(RECORDINGS))


def windows_of(path: Path, hop: float = 0.5) -> list[Window]:
    """One-second windows of every lane, in their order."""
    windowing = Windowing(WindowShape(hop=hop))
    seen = [s for block in airsonde.open(path).reader().blocks() for s in windowing.feed(block)]
    return [s for s in (*seen, *windowing.flush()) if isinstance(s, Window)]


def takes() -> list[Take]:
    """Every labelled recording that is on this machine."""
    return [*_espectre(), *_fition(), *_geotec(), *_presence(), *_breathing()]


def _take(dataset: str, group: str, path: Path, *, moving: bool, hop: float = 0.5) -> Take:
    windows = windows_of(path, hop)
    return Take(dataset=dataset, group=group, path=path, moving=moving, windows=windows)


def _espectre() -> Iterator[Take]:
    for path in sorted((RECORDINGS / "motion/espectre").glob("*.npz")):
        kind, chip, *_ = path.stem.split("_")
        yield _take("espectre", chip, path, moving=kind == "movement")


def _fition() -> Iterator[Take]:
    for path in sorted((RECORDINGS / "motion/fition_room1").glob("*/*.pcap")):
        kind, user, _ = path.parent.name.split("_")
        yield _take("fition", f"{kind} {user}", path, moving=kind != "nm")


def _geotec() -> Iterator[Take]:
    for path in sorted((RECORDINGS / "motion/geotec_D1").glob("*-x.npy")):
        labels = _labels(path.with_name(path.name.replace("-x", "-y")))
        first = next(i for i, label in enumerate(labels) if label.startswith("STANDING"))
        take = _take("geotec", "all", path, moving=True, hop=0.1)
        yield replace(take, onset_ns=first * _LABEL_NS, labels=labels)


def _presence() -> Iterator[Take]:
    for path in sorted((RECORDINGS / "presence").glob("*.csv")):
        yield _take("presence", path.stem, path, moving=path.stem == "orang_bergerak")


def _breathing() -> Iterator[Take]:
    folder = RECORDINGS / "breathing"
    for name in (*_STATIC, *_RESTLESS):
        path = folder / "intel5300_gyro" / name
        if path.exists():
            yield _take("breathing", path.stem, path, moving=name in _RESTLESS)
    for path in sorted((folder / "esp32_paced").glob("*.csv")):
        yield _take("breathing", path.stem, path, moving=False)
    for path in sorted((folder / "atheros_manikin_1mm").glob("BPM*")):
        yield _take("breathing", f"manikin {path.name}", path, moving=False)


def captures() -> Iterator[tuple[Path, list[Window]]]:
    """Every other capture, whatever happens in it."""
    known = ("motion", "presence", "breathing", "MANIFEST")
    for path in sorted(RECORDINGS.glob("*/**/*")):
        if path.is_file() and path.relative_to(RECORDINGS).parts[0] not in known:
            try:
                yield path, windows_of(path)
            except AirsondeError:
                continue


_LABEL_NAMES = frozenset({"_reconstruct", "ndarray", "dtype"})


class _Labels(pickle.Unpickler):
    """Reads an array of words and nothing that could run."""

    def find_class(self, module: str, name: str) -> object:
        if (not module.startswith("numpy.") and module != "numpy") or name not in _LABEL_NAMES:
            raise pickle.UnpicklingError(f"{module}.{name} is no label")
        return super().find_class(module, name)


def _labels(path: Path) -> list[str]:
    with path.open("rb") as file:
        return _words(file)


def _words(file: IO[bytes]) -> list[str]:
    np.lib.format.read_magic(file)
    np.lib.format.read_array_header_1_0(file)
    array = np.asarray(_Labels(file).load())
    return [str(word) for word in array.ravel()]

"""Keep calibrations as files: every version of a room stays, the newest is the one that is used."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from airsonde.core.errors import ConfigError, DecodeError, DriverError
from airsonde.csi.baseline import MotionBaseline
from airsonde.csi.calibration import Calibration, LaneCalibration
from airsonde.drivers.transport.outputs import write_whole

_FORMAT: Final = 1
_MARK: Final = b'"airsonde_calibration"'
_LARGEST_BYTES: Final = 64 << 20


class _LaneRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    windows: int
    profile: list[float]
    motion: dict[str, float]


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calibration as it is written; `airsonde_calibration` is the format's number."""

    airsonde_calibration: int
    version: str
    room: str
    source: str
    first_ns: int
    last_ns: int
    stability: float
    control: float | None
    lanes: list[_LaneRow]


def calibration_folder() -> Path:
    """Where calibrations are kept: `airsonde/calibrations` in the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "airsonde" / "calibrations"


def check_room(room: str) -> str:
    """Raise ConfigError for a name that cannot be part of a file name."""
    if not re.fullmatch(r"[\w][\w .-]{0,63}", room):
        raise ConfigError(f"{room!r} is no room name; use letters, digits, space, '-', '_', '.'")
    return room


def version_of(room: str, source: str, first_ns: int) -> str:
    """A name for a calibration that the same recording always gets."""
    digest = hashlib.sha256(f"{room}\0{source}\0{first_ns}".encode()).hexdigest()[:8]
    return f"{room}@{first_ns // 1_000_000_000}-{digest}"


def write_calibration(calibration: Calibration, out: Path | None) -> Path:
    """Write to a file, or without one beside the room's earlier versions; gives the path."""
    path = out or calibration_folder() / calibration.room / f"{calibration.version}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DriverError(f"cannot make the folder {path.parent}: {e.strerror}") from e
    write_whole(path, msgspec.json.format(msgspec.json.encode(_document(calibration)), indent=1))
    return path


def read_calibration(given: str) -> Calibration:
    """The calibration in a file, or the newest of a room.

    Raises ConfigError when there is neither, DecodeError when it is no calibration.
    """
    path = Path(given)
    if not path.is_file():
        path = _newest(given)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DecodeError(f"{path} is too large for a calibration")
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
        return _calibration(document)
    except OSError as e:
        raise DriverError(f"cannot read {path}: {e.strerror}") from e
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, ValueError) as e:
        raise DecodeError(f"{path} is no calibration: {e}; calibrate anew") from e


def kept_calibrations(most: int = 100) -> list[Calibration]:
    """What is kept of all rooms, newest first; files that are no calibration are left out."""
    files = calibration_folder().glob("*/*.json")
    newest = sorted(files, key=lambda p: p.stat().st_mtime_ns, reverse=True)[:most]
    found = []
    for path in newest:
        with suppress(DecodeError, DriverError):
            found.append(read_calibration(str(path)))
    return found


def is_calibration(path: Path) -> bool:
    """Whether a file begins as calibrations do."""
    try:
        with path.open("rb") as file:
            return _MARK in file.read(64)
    except OSError:
        return False


def _newest(room: str) -> Path:
    versions = (calibration_folder() / room).glob("*.json")
    newest = max(versions, key=lambda p: p.stat().st_mtime_ns, default=None)
    if newest is None:
        raise ConfigError(
            f"there is no file {room} and no calibrated room of that name; "
            f"`airsonde csi calibrate CAPTURE --room {Path(room).stem}` makes one"
        )
    return newest


def _document(calibration: Calibration) -> _Document:
    rows = [
        _LaneRow(
            key=lane.key,
            windows=lane.windows,
            profile=[round(v, 6) for v in lane.profile.tolist()],
            motion=msgspec.to_builtins(lane.motion),
        )
        for lane in calibration.lanes
    ]
    words: dict[str, Any] = {
        name: getattr(calibration, name)
        for name in ("version", "room", "source", "first_ns", "last_ns", "stability", "control")
    }
    return _Document(airsonde_calibration=_FORMAT, lanes=rows, **words)


def _calibration(document: _Document) -> Calibration:
    if document.airsonde_calibration != _FORMAT:
        raise ValueError(f"format {document.airsonde_calibration} is newer than this program")
    lanes = tuple(
        LaneCalibration(
            key=row.key,
            windows=row.windows,
            profile=np.array(row.profile, np.float32),
            motion=msgspec.convert(row.motion, MotionBaseline),
        )
        for row in document.lanes
    )
    return Calibration(
        version=document.version,
        room=document.room,
        source=document.source,
        first_ns=document.first_ns,
        last_ns=document.last_ns,
        stability=document.stability,
        control=document.control,
        lanes=lanes,
    )

"""Learn an empty room from a capture, and confirm it by another in which somebody moves."""

from collections.abc import Callable, Iterable
from pathlib import Path

from airsonde.apps.calibrations import is_calibration, read_calibration, version_of
from airsonde.apps.sensing import SensingRun
from airsonde.captures.capture import open_capture
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.csi.calibration import (
    Calibration,
    CalibrationLimits,
    Calibrator,
    Refusal,
    with_control,
)
from airsonde.csi.model import FrameBatch

# A capture given as a baseline is quiet because somebody says so: what stands out in it is ignored.
_TAKEN_AS_QUIET = CalibrationLimits(
    least_s=2.0, least_windows=3, least_quality=0.0, most_moving=1.0, least_stability=0.0
)


def baseline(given: str) -> Calibration:
    """A calibration file, the newest calibration of a room, or a capture of the quiet room.

    Raises ConfigError when it is none of them or the capture is too short to learn from.
    """
    path = Path(given)
    if not path.exists() or is_calibration(path):
        return read_calibration(given)
    capture = open_capture(path)
    learnt = learn(
        capture.reader().blocks(), room=path.stem, source=path.name, limits=_TAKEN_AS_QUIET
    )
    if isinstance(learnt, Refusal):
        raise ConfigError(f"{path} is no baseline: {learnt.reason}; {learnt.remedy}")
    return learnt


def learn(
    blocks: Iterable[list[FrameBatch]],
    *,
    room: str,
    source: str,
    limits: CalibrationLimits | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Calibration | Refusal:
    """What the windows of an empty room teach. Raises DecodeError when there is no frame."""
    calibrator = Calibrator(limits)
    first_ns: int | None = None
    for look in SensingRun(blocks, source).looks():
        calibrator.add(look.window, look.motion)
        first_ns = look.window.start_ns if first_ns is None else first_ns
        on_progress(calibrator.progress)
    if first_ns is None:
        raise DecodeError("there is no frame to learn from; `airsonde csi inspect` says why")
    return calibrator.finish(room=room, source=source, version=version_of(room, source, first_ns))


def confirm(
    calibration: Calibration, blocks: Iterable[list[FrameBatch]], source: str
) -> Calibration | Refusal:
    """The calibration, confirmed by a control in which somebody moves, or why it is not."""
    moving = told = 0
    for look in SensingRun(blocks, source, calibration=calibration).looks():
        if look.room_motion.moving is not None:
            told += 1
            moving += look.room_motion.moving
    return with_control(calibration, moving, told)

"""Learn an empty room from a capture, and confirm it by another in which somebody moves."""

from collections.abc import Callable, Iterable

from airsonde.apps.calibrations import version_of
from airsonde.apps.sensing import SensingRun
from airsonde.core.errors import DecodeError
from airsonde.csi.calibration import Calibration, Calibrator, Refusal, with_control
from airsonde.csi.model import FrameBatch


def learn(
    blocks: Iterable[list[FrameBatch]],
    *,
    room: str,
    source: str,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Calibration | Refusal:
    """What the windows of an empty room teach. Raises DecodeError when there is no frame."""
    calibrator = Calibrator()
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

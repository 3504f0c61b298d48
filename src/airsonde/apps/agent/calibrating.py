"""Learn the empty room of a running source, beside what it does anyway."""

import time
from dataclasses import dataclass
from typing import Final

from airsonde.apps.agent.source import Session, Source
from airsonde.apps.calibrations import version_of, write_calibration
from airsonde.apps.live import Heard
from airsonde.core.errors import AirsondeError, ConfigError
from airsonde.csi.calibration import Calibration, Calibrator, Refusal
from airsonde.csi.pipeline import Pipeline

_MOST: Final = 64
_GRACE: Final = 2.0  # waits so many times as long as asked for before it gives up


@dataclass(slots=True, kw_only=True)
class Learning:
    """One attempt; `outcome` is None while it learns."""

    learning_id: str
    source: Source
    session: Session
    room: str
    seconds: float
    began_ns: int
    calibrator: Calibrator
    pipeline: Pipeline
    outcome: Calibration | Refusal | None = None
    cancelled: bool = False

    @property
    def running(self) -> bool:
        return self.outcome is None and not self.cancelled

    @property
    def progress(self) -> float:
        """Share of the time asked for, 0..1, by the source's clock."""
        return min(1.0, self.calibrator.seconds / self.seconds)


class Calibrating:
    """At most one attempt a source; the last 64 are remembered."""

    def __init__(self) -> None:
        self.attempts: dict[str, Learning] = {}

    def begin(self, source: Source, seconds: float) -> Learning:
        """Raises ConfigError when nothing is heard or it learns already."""
        session = source.session
        if session is None:
            raise ConfigError(f"nothing is heard of {source.name} yet")
        if any(a.running and a.source is source for a in self.attempts.values()):
            raise ConfigError(f"{source.name} is learning already")
        began_ns = time.time_ns()
        learning = Learning(
            learning_id=version_of(source.room, source.name, began_ns),
            source=source,
            session=session,
            room=source.room,
            seconds=seconds,
            began_ns=began_ns,
            calibrator=Calibrator(),
            pipeline=Pipeline(source.name),
        )
        while len(self.attempts) >= _MOST:
            del self.attempts[next(iter(self.attempts))]
        self.attempts[learning.learning_id] = learning
        return learning

    def cancel(self, learning: Learning) -> None:
        """Raises ConfigError when it is over."""
        if not learning.running:
            raise ConfigError(f"{learning.learning_id} is over")
        learning.cancelled = True

    def take(self, source: Source, heard: Heard) -> list[Learning]:
        """Give what was heard to who learns from it; tells which attempts are over by that."""
        mine = [a for a in self.attempts.values() if a.source is source and a.running]
        for learning in mine:
            _learn(learning, heard)
        return [learning for learning in mine if not learning.running]


def _learn(learning: Learning, heard: Heard) -> None:
    """Take what was heard; finish when the time is over, whatever has come."""
    if heard.batches and learning.source.session is learning.session:
        for look in learning.pipeline.feed(heard.batches).looks:
            learning.calibrator.add(look.window, look.motion)
    elapsed_s = (time.time_ns() - learning.began_ns) / 1e9
    ended = learning.source.session is not learning.session
    if learning.progress >= 1 or elapsed_s > _GRACE * learning.seconds or ended:
        learning.outcome = _finished(learning)


def _finished(learning: Learning) -> Calibration | Refusal:
    outcome = learning.calibrator.finish(
        room=learning.room, source=learning.source.name, version=learning.learning_id
    )
    if isinstance(outcome, Refusal):
        return outcome
    try:
        write_calibration(outcome, None)
    except AirsondeError as e:
        return Refusal(str(e), "make room on the disk and calibrate anew")
    return outcome

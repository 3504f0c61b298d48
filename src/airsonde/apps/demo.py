"""The demonstration: find something to show, read it, draw it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from airsonde.apps.pictures import Kind, Pictures, gather, main_lane
from airsonde.apps.plots import draw
from airsonde.captures.capture import open_capture
from airsonde.captures.model import Reader
from airsonde.captures.summary import Survey
from airsonde.core.errors import AirsondeError, DriverError
from airsonde.radios.sim.capture import SimulatedCapture

RECORDINGS = Path("..") / "shared" / "data"

# Recordings worth showing, best first: somebody walks, then whatever is there.
_CANDIDATES = (
    "motion/fition_room1/walking_*/*.pcap",
    "nexmon/output-rssi.pcap",
    "nexmon/*.pcap",
    "presence/*bergerak*.csv",
    "intel5300/*.dat",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is shown: a capture or the simulator. `read` starts a fresh pass over it."""

    name: str
    format: str
    read: Callable[[], Reader]
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What was found in a subject, and the files that show it."""

    subject: Subject
    survey: Survey
    pictures: Pictures
    files: tuple[Path, ...]


def given(path: Path) -> Subject:
    """The capture at a path. Raises DriverError or DecodeError when it cannot be read."""
    capture = open_capture(path)
    return Subject(name=str(path), format=capture.format, read=capture.reader)


def found(recordings: Path = RECORDINGS) -> Subject:
    """The first recording that can be read, else the simulator."""
    for pattern in _CANDIDATES:
        for path in sorted(recordings.glob(pattern)):
            try:
                return given(path)
            except AirsondeError:
                continue
    return simulated()


def simulated() -> Subject:
    """Half a minute of somebody walking and resting, computed."""
    return Subject(name="simulated room", format="simulator", read=SimulatedCapture, simulated=True)


def demonstrate(subject: Subject, out: Path) -> Demonstration:
    """Read a subject twice, once to count and once to draw; the pictures go to `out`.

    Raises DecodeError when there is no frame in it, DriverError when `out` cannot be written.
    """
    survey = Survey.of(subject.read())
    pictures = gather(subject.read().blocks(), main_lane(survey))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DriverError(f"cannot make the folder {out}: {e.strerror}") from e
    title = Path(subject.name).name + (" (SIMULATED)" if subject.simulated else "")
    files = []
    for kind in Kind:
        files.append(out / f"{kind.value}.png")
        draw(pictures, kind, files[-1], title=title)
    return Demonstration(subject=subject, survey=survey, pictures=pictures, files=tuple(files))

"""What runs when nobody configured anything: a given capture, a recording, or the simulator."""

from pathlib import Path

from airsonde.apps.agent.settings import ReplaySettings, Settings, SimulatorSettings
from airsonde.apps.demo import found


def without_configuration(capture: Path | None, speed: float) -> Settings:
    """Settings with one source that needs no hardware."""
    subject = None if capture else found()
    if subject is not None and subject.simulated:
        return Settings(sources={"simulator": SimulatorSettings(kind="simulator", speed=speed)})
    path = capture or Path(subject.name if subject else "")
    return Settings(sources={"replay": ReplaySettings(kind="replay", capture=path, speed=speed)})

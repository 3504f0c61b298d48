"""What people may ask the agent to do; each says why it will not."""

from dataclasses import dataclass
from typing import Final

from airsonde.apps.agent import views
from airsonde.apps.agent.agent import Agent
from airsonde.apps.agent.calibrating import Learning
from airsonde.apps.agent.daemon import Daemon
from airsonde.apps.agent.recordings import Recorded
from airsonde.apps.agent.settings import ReplaySettings, RssiSettings
from airsonde.apps.agent.source import Source
from airsonde.core.errors import AirsondeError, ConfigError

_MOST_REPLAYS: Final = 8


class PrivateError(AirsondeError):
    """The configuration keeps this in the process."""


@dataclass(frozen=True, slots=True)
class Actions:
    """Raises ConfigError where the state does not allow it, PrivateError where privacy does not."""

    agent: Agent
    daemon: Daemon

    def begin_capture(self, source: Source, label: str | None, seconds: float | None) -> Recorded:
        _needs_csi(source)
        privacy = self.agent.settings.agent.privacy
        if not views.raw_may_leave(source, on_wire=False, privacy=privacy):
            raise PrivateError("raw CSI is not written; set agent.privacy.raw_on_disk = true")
        recorded = self.agent.recordings.begin(source, label, seconds)
        self.agent.teller.capture(recorded)
        return recorded

    def end_capture(self, recorded: Recorded) -> Recorded:
        ended = self.agent.recordings.end(recorded.capture_id)
        self.agent.teller.capture(ended)
        return ended

    def label_capture(self, recorded: Recorded, label: str | None) -> None:
        self.agent.recordings.label(recorded, label)
        self.agent.teller.capture(recorded)

    def delete_capture(self, recorded: Recorded) -> None:
        if self.agent.recordings.is_running(recorded.capture_id):
            raise ConfigError("it is still being recorded; stop it first")
        path = self.agent.recordings.path(recorded.capture_id)
        if any(_plays(source, path.name) for source in self.agent.sources.values()):
            raise ConfigError("it is being replayed; end the replay first")
        self.agent.recordings.delete(recorded)
        self.agent.teller.capture_gone(recorded)

    def replay(self, recorded: Recorded, speed: float) -> Source:
        """Play a recording beside the other sources."""
        path = self.agent.recordings.path(recorded.capture_id)
        if self.agent.recordings.is_running(recorded.capture_id) or not path.exists():
            raise ConfigError("there is nothing to replay; stop the recording first")
        if sum(s.removable for s in self.agent.sources.values()) >= _MOST_REPLAYS:
            raise ConfigError(f"{_MOST_REPLAYS} replays run already; end one first")
        settings = ReplaySettings(kind="replay", capture=path, speed=speed)
        source = self.agent.add_source(self._free_name(), settings)
        source.removable = True
        self.daemon.start(source)
        return source

    async def end_replay(self, source: Source) -> None:
        if not source.removable:
            raise ConfigError(f"{source.name} is configured; only replays begun here can be ended")
        await self.daemon.stop(source)
        self.agent.remove_source(source)

    def calibrate(self, source: Source, seconds: float) -> Learning:
        _needs_csi(source)
        learning = self.agent.calibrating.begin(source, seconds)
        self.agent.teller.learning(learning)
        return learning

    def cancel_calibration(self, learning: Learning) -> None:
        self.agent.calibrating.cancel(learning)
        self.agent.teller.learning(learning)

    def _free_name(self) -> str:
        taken = self.agent.sources
        return next(n for i in range(1, len(taken) + 2) if (n := f"replay-{i}") not in taken)


def _needs_csi(source: Source) -> None:
    if isinstance(source.settings, RssiSettings):
        raise ConfigError(f"{source.name} hears signal strength alone; name a source of CSI")


def _plays(source: Source, name: str) -> bool:
    return isinstance(source.settings, ReplaySettings) and source.settings.capture.name == name

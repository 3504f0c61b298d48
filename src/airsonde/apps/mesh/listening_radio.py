"""A radio that can only be listened to: a capture that is played, a stream that somebody sends."""

from airsonde.core.errors import UnsupportedError
from airsonde.mesh.model import CaptureProfile, RadioMode
from airsonde.mesh.observation import RadioHealth


class ListeningRadio:
    """Refuses every order; `what` says in the refusal what frames come from."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._open = False

    async def open(self) -> None:
        self._open = True

    async def set_channel(self, channel: int, bw_mhz: int) -> None:
        raise UnsupportedError(f"{self._what} cannot be tuned to channel {channel} ({bw_mhz} MHz)")

    async def set_mode(self, mode: RadioMode) -> None:
        if mode is not RadioMode.PASSIVE_RX:
            raise UnsupportedError(f"{self._what} is passive; there is no {mode.name.lower()}")

    async def set_profile(self, profile: CaptureProfile) -> None:
        raise UnsupportedError(f"{self._what} measures as it does, not in {profile.name.lower()}")

    async def set_csi(self, *, enabled: bool) -> None:
        if not enabled:
            raise UnsupportedError(f"{self._what} cannot be switched off from here")

    async def health(self) -> RadioHealth:
        """Whether it is open; the rest is told by its frames."""
        return RadioHealth(open=self._open)

    async def aclose(self) -> None:
        self._open = False


class ReplayedRadio(ListeningRadio):
    """What it measured once is played again; a node's status says so."""

    def __init__(self, capture: str) -> None:
        super().__init__(f"the capture {capture}")
        self.capture = capture

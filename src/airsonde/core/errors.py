"""Everything airsonde raises on purpose."""


class AirsondeError(Exception):
    """Base of all errors raised on purpose."""


class ConfigError(AirsondeError, ValueError):
    """A setting or an argument is missing, unknown or out of range."""


class DecodeError(AirsondeError, ValueError):
    """Bytes from a radio, a file or a peer do not form a valid unit.

    `offset` is the position (bytes, or the 1-based line of a text file) where `reason` holds.
    """

    def __init__(self, reason: str, *, offset: int | None = None) -> None:
        super().__init__(reason if offset is None else f"{reason} (at {offset})")
        self.reason = reason
        self.offset = offset


class AuthError(DecodeError):
    """A mesh message failed its tag, its epoch or its replay window."""


class DriverError(AirsondeError, OSError):
    """The world refused: kernel, file system, D-Bus, serial port, socket.

    `transient` says whether trying the same thing again makes sense.
    """

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.transient = transient


class UnsupportedError(DriverError):
    """A driver or chip cannot do what was asked, and never will."""


class PluginError(AirsondeError):
    """A plugin is unknown, or failed to load."""

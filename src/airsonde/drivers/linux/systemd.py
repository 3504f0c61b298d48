"""Tell systemd how the service is doing (sd_notify(3), sd_watchdog_enabled(3))."""

import os
import socket
from collections.abc import Mapping

from airsonde.core.errors import DriverError


class Notifier:
    """The socket systemd listens at; without one every call does nothing."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        told = os.environ if environment is None else environment
        address = told.get("NOTIFY_SOCKET", "")
        # a leading @ stands for the abstract namespace
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = _watchdog_s(told)

    @property
    def listening(self) -> bool:
        return bool(self._address)

    def ready(self, status: str) -> None:
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """Feed the watchdog; do it at half of `watchdog_s`."""
        self._send("WATCHDOG=1")

    def reloading(self, monotonic_us: int) -> None:
        self._send("RELOADING=1", f"MONOTONIC_USEC={monotonic_us}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, *fields: str) -> None:
        if not self._address:
            return
        message = "\n".join(field.replace("\n", " ") for field in fields).encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.sendto(message, self._address)
        except OSError as e:
            raise DriverError(f"systemd cannot be told: {e.strerror}", transient=True) from e


def _watchdog_s(told: Mapping[str, str]) -> float | None:
    """The time after which a silent service is killed, None where nobody watches this process."""
    interval = told.get("WATCHDOG_USEC", "")
    meant_for = told.get("WATCHDOG_PID", "")
    if not interval.isdigit() or int(interval) == 0:
        return None
    if meant_for and meant_for != str(os.getpid()):
        return None
    return int(interval) / 1e6

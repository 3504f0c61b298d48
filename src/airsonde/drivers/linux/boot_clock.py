"""Time since boot, and how much of it the machine slept."""

import time

_LEAST_SLEEP_NS = 500_000_000


class BootClock:
    """CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not."""

    def __init__(self) -> None:
        self.suspended_ns = 0
        self._apart_ns = self._read()[1]

    def now_ns(self) -> int:
        """CLOCK_BOOTTIME; brings `suspended_ns` (since this clock was made) up to date."""
        now_ns, apart_ns = self._read()
        slept_ns = apart_ns - self._apart_ns
        if slept_ns > _LEAST_SLEEP_NS:  # less is time between the two readings
            self.suspended_ns += slept_ns
            self._apart_ns = apart_ns
        return now_ns

    def _read(self) -> tuple[int, int]:
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return boot_ns, boot_ns - time.clock_gettime_ns(time.CLOCK_MONOTONIC)

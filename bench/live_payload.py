"""Time from a live datagram to its frame."""

import timeit

from airsonde.apps.python_api import decode
from bench import inputs
from bench.table import Row

_TIMES = 5000


def rows() -> list[Row]:
    path = inputs.recording("nexmon/output-rssi.pcap")
    if path is None:
        return []
    payload = path.read_bytes()[24 + 16 + 42 :][:1042]
    best = min(timeit.repeat(lambda: decode("nexmon", payload, 0), number=_TIMES, repeat=7))
    microseconds = best / _TIMES * 1e6
    return [
        Row(
            name="nexmon, 80 MHz (µs)",
            figures=f"{microseconds:.1f} µs",
            ratio=microseconds,
            at_most=10.0,
        )
    ]

"""Windows of a capture, for memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from airsonde.captures.capture import open_capture
from airsonde.csi.events import Window
from airsonde.csi.windowing import Seen, Windowing
from airsonde.csi.windows import WindowShape

SECONDS: Final = WindowShape(length=1.0, hop=1.0)


def capture_windows(path: Path) -> Iterator[Window]:
    """Every second of every lane in which something was heard, validated, in one order.

    Raises what `open_capture` raises.
    """
    windowing = Windowing(SECONDS)
    for block in open_capture(path).reader().blocks():
        yield from _heard(windowing.feed(block))
    yield from _heard(windowing.flush())


def _heard(seen: Sequence[Seen]) -> Iterator[Window]:
    for one in seen:
        if isinstance(one, Window) and one.amplitude.any():
            yield one

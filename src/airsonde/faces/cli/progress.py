"""Progress of long work: on a terminal, and only after two seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE_S = 2.0
_EVERY_S = 0.2


@contextmanager
def frames_written() -> Iterator[Callable[[int], None] | None]:
    """Give a function that shows a count of frames; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    shown_at = time.monotonic() + _PATIENCE_S - _EVERY_S

    def show(frames: int) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at >= _EVERY_S:
            shown_at = now
            sys.stderr.write(f"\r{frames} frames")
            sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

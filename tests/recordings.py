"""Where the recorded captures are, and how a test says that they are not there."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"
VECTORS = DATA.parent / "vectors"


def recording(name: str) -> Path:
    """Path of one recorded capture; skips the test where the recordings are absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"recording {name} is not on this machine")
    return path


def vector(name: str) -> Path:
    """Path of one reference output; skips the test where they are absent."""
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"reference output {name} is not on this machine")
    return path

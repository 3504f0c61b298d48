"""Where the lab keeps what it makes, and the error that says what it lacks."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


class LabError(Exception):
    """The lab itself failed, not what was tried in it; the message names the remedy."""


def lab_dir() -> Path:
    """The folder named by LAB_DIR, or `.lab` in the checkout; made where it is missing."""
    folder = Path(os.environ.get("LAB_DIR") or ROOT / ".lab").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder

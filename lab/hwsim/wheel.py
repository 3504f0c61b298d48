"""The wheels a fresh user would install: airsonde, built now, and what it needs, as files."""

import shutil
import subprocess
import sys
from pathlib import Path

from lab.hwsim.place import ROOT, LabError

GUEST_PYTHON = "3.13"
EXTRAS = "link"
# The newest glibc that the wheels may ask for; the guest's is 2.41.
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def make_wheels(folder: Path) -> None:
    """Fill `folder` with airsonde's wheel and its dependencies for the guest's Python."""
    shutil.rmtree(folder, ignore_errors=True)
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("airsonde-*.whl")
    platforms = [word for name in _PLATFORMS for word in ("--platform", name)]
    python = ("--python-version", GUEST_PYTHON, "--only-binary", ":all:")
    _pip("download", *python, *platforms, "--dest", str(folder), f"{wheel}[{EXTRAS}]")


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"pip {words[0]} failed; is the package index in reach?\n{done.stderr}")

"""Run the laboratory's tests: `python -m lab.hwsim [pytest options]`.

LAB_DIR (default .lab) keeps the image; the first run makes it. `--keep` leaves the machine on.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab.hwsim.vm import LabError, Machine

ROOT = Path(__file__).parents[2]
_GUEST_PYTHON = "3.13"  # Debian 13
_TESTING = ("pytest", "hypothesis")
_NEEDED = ("rootfs.img", "vmlinuz", "initrd.img")


def main(words: list[str]) -> int:
    keep = "--keep" in words
    options = " ".join(word for word in words if word != "--keep")
    machine = Machine(Path(os.environ.get("LAB_DIR", ROOT / ".lab")).resolve())
    try:
        make_image(machine)
        install(machine)
        machine.start()
    except (LabError, subprocess.CalledProcessError) as e:
        print(f"the laboratory failed: {e}", file=sys.stderr)
        return 125
    try:
        machine.run("python3 project/lab/hwsim/air.py up", limit_s=120)
        return machine.run(
            "cd project && PYTHONPATH=/share/site PYTHONDONTWRITEBYTECODE=1 "
            f"python3 -m pytest -m lab -p no:cacheprovider tests/lab {options}",
            limit_s=3600,
        )
    finally:
        if not keep:
            machine.stop()


def make_image(machine: Machine) -> None:
    """Build the guest's disk where there is none."""
    if all((machine.folder / name).exists() for name in _NEEDED):
        return
    machine.folder.mkdir(parents=True, exist_ok=True)
    print(f"making the guest's image in {machine.folder} (about a minute)", flush=True)
    with (machine.folder / "image.log").open("wb") as log:
        subprocess.run(
            [ROOT / "lab/hwsim/image.sh", machine.folder], check=True, stdout=log, stderr=log
        )


def install(machine: Machine) -> None:
    """Put the built wheel with what it needs, and the tests, where the guest finds them."""
    wheels, site, project = (
        machine.folder / name for name in ("wheels", "share/site", "share/project")
    )
    for folder in (wheels, site, project):
        shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    (wheel,) = wheels.glob("airsonde-*.whl")
    subprocess.run(
        [*pip, "install", "--target", site, "--python-version", _GUEST_PYTHON,
         "--only-binary", ":all:", f"{wheel}[link]", *_TESTING],
        check=True,
    )  # fmt: skip
    for name in ("tests", "lab"):
        shutil.copytree(
            ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "vectors")
        )
    shutil.copy(ROOT / "pyproject.toml", project)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

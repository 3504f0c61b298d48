"""Importing airsonde costs nothing; a command loads what it needs and no more."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

HEAVY = ("numpy", "scipy", "asyncio", "msgspec", "nanoarrow", "zstandard", "rich", "pyarrow",
         "matplotlib", "serial", "click")  # fmt: skip


def loaded_by(code):
    """Which heavy modules a fresh interpreter holds after `code`."""
    script = f"{code}\nimport sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_airsonde_loads_nothing():
    assert loaded_by("import airsonde") == set()


def test_reading_a_capture_needs_numpy_alone():
    assert loaded_by("import airsonde; airsonde.open") <= {"numpy"}


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["csi", "--help"]])
def test_help_loads_no_numeric_library(argv):
    code = f"import sys; sys.argv[1:] = {argv!r}\nfrom airsonde.faces.cli.main import main"
    code += "\ntry: main()\nexcept SystemExit: pass"
    assert loaded_by(code) == {"click"}


def test_a_missing_attribute_is_an_attribute_error():
    import airsonde

    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        airsonde.opne  # noqa: B018


def test_public_names_exist():
    import airsonde

    assert all(getattr(airsonde, name) for name in airsonde.__all__)


def test_every_console_script_loads():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    scripts = {name: EntryPoint(name, at, "") for name, at in project["scripts"].items()}
    assert scripts.keys() == {"airsonde", "hifi-wifi", "rvcsi"}
    assert all(callable(script.load()) for script in scripts.values())


def test_the_governor_is_small():
    code = "import airsonde.apps.governor.run"
    assert loaded_by(code) == {"asyncio", "msgspec"}

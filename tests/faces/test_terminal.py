"""What surrounds the commands in a terminal: completion in a real shell, man pages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "man").glob("*.1"))
ASK = """
source "$1"
COMP_WORDS=({words}) COMP_CWORD={at}
_airsonde_completion airsonde
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, **more)


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The script for bash, and an `airsonde` it can call."""
    folder = tmp_path_factory.mktemp("completion")
    done = run(sys.executable, "-m", "airsonde", "completion", "bash")
    assert (done.returncode, done.stderr) == (0, "")
    program = folder / "airsonde"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m airsonde "$@"\n')
    program.chmod(0o755)
    (folder / "script").write_text(done.stdout)
    return folder / "script"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("words", "expected"),
    [("airsonde cs", ["csi"]), ("airsonde completion ''", ["bash", "zsh", "fish"]),
     ("airsonde csi inspe", ["inspect"]), ("airsonde doctor --sec", ["--seconds"])],
)  # fmt: skip
def test_bash_completes(script, words, expected):
    ask = ASK.format(words=words, at=words.count(" "))
    path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    done = run("bash", "-c", ask, "-", script, env=os.environ | {"PATH": path})
    assert done.stdout.split() == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script(shell):
    done = run(sys.executable, "-m", "airsonde", "completion", shell)
    assert done.returncode == 0
    assert "_AIRSONDE_COMPLETE" in done.stdout


def test_the_man_pages_are_up_to_date():
    done = run(sys.executable, ROOT / "tools" / "make_man.py", "--check")
    assert done.returncode == 0, done.stderr
    assert [page.stem for page in PAGES] == ["airsonde", "hifi-wifi", "rvcsi"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_man_has_nothing_to_say_against_a_page(page):
    if shutil.which("mandoc"):
        done = run("mandoc", "-Tlint", "-Wwarning", page)
    elif shutil.which("groff"):
        done = run("groff", "-man", "-ww", "-Tutf8", "-z", page)
    else:
        pytest.skip("neither mandoc nor groff is here")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_man_shows_every_command():
    if shutil.which("man") is None:
        pytest.skip("there is no man here")
    done = run("man", "-l", PAGES[0], env=os.environ | {"MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0
    for words in ("airsonde csi inspect", "airsonde link status", "airsonde doctor", "--seconds"):
        assert words in done.stdout

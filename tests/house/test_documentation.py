"""What the documentation says is true: its code runs, its reference is up to date."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recordings import recording

ROOT = Path(__file__).parents[2]


def test_the_python_examples_run(capsys):
    text = (ROOT / "docs" / "how-to" / "python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 6
    names = {"path": recording("nexmon/output-rssi.pcap")}
    for block in blocks:
        exec(compile(block, "python.md", "exec"), names)  # noqa: S102
    printed = capsys.readouterr().out
    assert "nexmon-pcap nexmon bcm43455c0" in printed
    assert "383 frames in" in printed
    assert "nexmon payload" in printed


def test_the_reference_is_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "make_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("word", ["decoded + skipped", "airsonde csi inspect", "make test"])
def test_the_readme_names_what_matters(word):
    assert word in (ROOT / "README.md").read_text()

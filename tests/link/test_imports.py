"""The governor runs on small machines: deciding and replaying load no numeric library."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["airsonde.link.governor", "airsonde.link.tuning", "airsonde.apps.link_replay"]
)
def test_no_numeric_library(module):
    code = f"import sys, {module}; print('numpy' in sys.modules, 'asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

"""The kernel stays light: numbers libraries and cryptography load only where they are used."""

import pytest

from tests.house.test_imports import loaded_by

KERNEL = ["plane", "node", "election", "planner", "fusion", "clock", "inbox", "objects", "features",
          "orders", "streams"]  # fmt: skip


@pytest.mark.parametrize("module", [*KERNEL, "ports", "ed25519"])
def test_a_node_needs_no_numbers_library(module):
    assert loaded_by(f"import airsonde.mesh.{module}") == set()


def test_arrays_need_numpy_alone():
    assert loaded_by("import airsonde.mesh.batch, airsonde.mesh.decide_batch") == {"numpy"}


def test_cryptography_is_loaded_with_the_first_signature():
    code = "import sys; from airsonde.mesh.ed25519 import PrivateKey as P; k = P(1, bytes(32))"
    code += "\nassert 'cryptography' not in sys.modules; k.sign(b''); assert 'cryptography' in "
    assert loaded_by(code + "sys.modules") == set()

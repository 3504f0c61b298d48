"""What the link benchmarks promise holds; their traces and models are deterministic."""

import pytest

from bench.link import latency, roaming, shaping


@pytest.mark.slow
@pytest.mark.parametrize("bench", [shaping, roaming, latency], ids=lambda m: m.__name__)
def test_promises_are_kept(bench):
    assert [row.name for row in bench.rows() if not row.verdict.startswith("met")] == []

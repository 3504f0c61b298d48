"""The specified flows, sentence by sentence: what is observed, and what must be done then.

The first line of a scenario says the sentence, the preset, the actions it is about and what all
its observations have in common; observations and the actions expected after them follow.
"""

import io
import json
from pathlib import Path

import pytest

from airsonde.apps.link_replay import replay

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios" / "link").glob("*.jsonl"))


def read(path):
    head, *lines = [json.loads(line) for line in path.read_text().splitlines() if line]
    trace, expected = [], []
    for line in lines:
        if "expect" in line:
            expected.append(
                {"t_ns": trace[-1]["t_ns"], "ifname": trace[-1]["ifname"]} | line["expect"]
            )
        else:
            repeat, every_ns = line.pop("repeat", 1), line.pop("every_ns", 0)
            trace += [
                head["base"] | line | {"t_ns": line["t_ns"] + i * every_ns} for i in range(repeat)
            ]
    return head, trace, expected


def lines_of(trace):
    return io.BytesIO("\n".join(json.dumps(line) for line in trace).encode())


def test_there_are_scenarios():
    assert len(SCENARIOS) >= 12


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_scenario(path):
    head, trace, expected = read(path)
    done = replay(lines_of(trace), head["preset"])
    assert [a for a in done if a["action"] in head["about"]] == expected

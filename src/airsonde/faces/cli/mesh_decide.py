"""`airsonde mesh decide`: the stateless policy, one observation a line."""

import json
import math
import sys
from dataclasses import asdict, fields
from typing import Any

import click

from airsonde.core.errors import AirsondeError, ConfigError
from airsonde.faces.cli.mesh_lines import error_object, lines_of, parse_object, require
from airsonde.mesh.decide import DecideConfig, Decision, Sensed, decide
from airsonde.mesh.model import NodeState


@click.command("decide")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def decide_(as_json: bool) -> None:
    """Decide for each line of standard input what a node should do.

    A line is {"config": …, "state": 5, "obs": {"pkt_yield": 20, "motion": 0, "presence": 0,
    "anomaly": 0, "coherence": 1}}; what config leaves out stands at its default.
    """
    for text in lines_of(sys.stdin.buffer):
        try:
            out = asdict(_decided(parse_object(text)))
        except AirsondeError as e:
            out = error_object(e)
        click.echo(json.dumps(out) if as_json else " ".join(f"{k}={v}" for k, v in out.items()))


def _decided(line: Any) -> Decision:
    line = require(line, dict, "the line")
    _only(line, {"config", "state", "obs"}, "")
    state = require(line.get("state"), int, "state")
    if state not in set(NodeState):
        raise ConfigError(f"state: {state} is no state; there are 0 to {max(NodeState):d}")
    sensed = require(line.get("obs"), dict, "obs")
    names = {f.name for f in fields(Sensed)}
    _only(sensed, names, "obs.")
    values = {name: _number(sensed.get(name), f"obs.{name}") for name in names}
    return decide(_config(line.get("config", {})), NodeState(state), Sensed(**values))


def _config(given: Any) -> DecideConfig:
    given = require(given, dict, "config")
    _only(given, {f.name for f in fields(DecideConfig)}, "config.")
    aggressive = require(given.get("aggressive", False), bool, "config.aggressive")
    numbers = {k: _number(v, f"config.{k}") for k, v in given.items() if k != "aggressive"}
    return DecideConfig(aggressive=aggressive, **numbers)


def _only(given: dict[str, Any], known: set[str], path: str) -> None:
    if unknown := sorted(set(given) - known):
        raise ConfigError(f"{path}{unknown[0]}: unknown; there are {', '.join(sorted(known))}")


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{path}: must be a number")
    return value

"""How the `rvcsi` command prints: aligned lines, and JSON as serde_json writes it."""

import json
from collections.abc import Mapping
from typing import Any

import click


def print_pretty(value: Any) -> None:
    """JSON over several lines, two spaces deep."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_lines(title: str, path: str, lines: Mapping[str, object]) -> None:
    """A title with the path, then one aligned `name: value` a line."""
    click.echo(f"{title:<15}: {path}")
    for name, value in lines.items():
        click.echo(f"  {name:<13}: {value}")

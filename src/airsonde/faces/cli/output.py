"""How every command prints: JSON on one side, people on the other."""

import json
import sys
from typing import Any

import click


def print_json(value: Any) -> None:
    """Print one JSON document: pretty on a terminal, compact in a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False))

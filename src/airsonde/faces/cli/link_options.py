"""What the link commands share: which configuration names the daemon's folders."""

from pathlib import Path
from typing import Any

import click

from airsonde.apps.governor.settings import read_settings


def config_option(command: Any) -> Any:
    """`--config`, as every command that talks to the daemon takes it."""
    return click.option(
        "--config", type=click.Path(path_type=Path), help="The daemon's TOML file."
    )(command)


def run_dir(config: Path | None) -> Path:
    """Where the daemon listens."""
    return Path(read_settings(config).governor.run_dir)


def state_dir(config: Path | None) -> Path:
    """Where the daemon keeps its journal."""
    return Path(read_settings(config).governor.state_dir)

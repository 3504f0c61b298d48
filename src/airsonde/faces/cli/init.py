"""`airsonde init`: a first configuration."""

from pathlib import Path

import click


@click.command()
@click.argument(
    "path", default="airsonde.toml", type=click.Path(path_type=Path, dir_okay=False), required=False
)
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def init(path: Path, force: bool) -> None:
    """Write a commented configuration from what this machine has [default: airsonde.toml]."""
    from airsonde.apps.agent.first_file import write_first_file

    write_first_file(path, force=force)
    click.echo(f"wrote {path}; `airsonde run {path}` uses it")

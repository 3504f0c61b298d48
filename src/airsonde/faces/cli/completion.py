"""`airsonde completion`: what a shell must read to complete the commands."""

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes the commands of airsonde.

    A shell reads it from ~/.local/share/bash-completion/completions/airsonde (bash), from
    _airsonde in a folder of $fpath (zsh), from ~/.config/fish/completions/airsonde.fish (fish).
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click completes nothing in {shell}")
    root = ctx.find_root().command
    click.echo(kind(root, {}, "airsonde", "_AIRSONDE_COMPLETE").source())

"""Every command answers --help, and every refusal is one sentence with an exit code."""

import pytest
from click.testing import CliRunner

from airsonde.faces.cli.lazy import LazyGroup
from airsonde.faces.cli.main import airsonde


def commands(group, path=()):
    """Every command below a group, as the words that call it."""
    for name in group.lazy:
        command = group.get_command(None, name)
        if isinstance(command, LazyGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(commands(airsonde))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_says_what_a_command_does(words):
    done = CliRunner().invoke(airsonde, [*words, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith("Usage:")
    assert len(done.output.splitlines()) > 3


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_unknown_option_is_misuse(words):
    done = CliRunner().invoke(airsonde, [*words, "--no-such-option"])
    assert done.exit_code == 2

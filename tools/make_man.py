"""Write docs/man from the commands, a page for each program. `--check` only compares."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from airsonde import __version__
from airsonde.faces.cli.main import airsonde
from airsonde.faces.hifi_wifi.main import hifi_wifi
from airsonde.faces.rvcsi.main import rvcsi

FOLDER = Path(__file__).parents[1] / "docs" / "man"
PROGRAMS: dict[str, tuple[click.Group, str]] = {
    "airsonde": (airsonde, "Wi-Fi sensing, and a steady link"),
    "hifi-wifi": (hifi_wifi, "keep the Wi-Fi link fast and steady"),
    "rvcsi": (rvcsi, "edge RF sensing runtime"),
}
_END = """\
.SH FILES
.TP
.I ~/.local/state/airsonde
What the agent keeps: events, recordings, calibrations, the write token.
.SH ENVIRONMENT
.TP
.B XDG_STATE_HOME
Stands for ~/.local/state where it is set.
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed; one sentence on standard error says why.
.TP
.B 2
Misused.
.SH SEE ALSO
"""


def pages() -> dict[str, str]:
    """File name to text."""
    return {f"{name}.1": _page(name, *row) for name, row in PROGRAMS.items()}


def _page(name: str, group: click.Group, purpose: str) -> str:
    out = [
        f'.TH {name.upper()} 1 "" "airsonde {__version__}" "User Commands"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(purpose)}",
        ".SH SYNOPSIS",
        f".B {_text(name)}",
        "[\\fIoptions\\fR] \\fIcommand\\fR [\\fIargument\\fR ...]",
        ".SH DESCRIPTION",
        *_described(group),
        ".SH OPTIONS",
        *_options(group, name),
        ".SH COMMANDS",
    ]
    for words, command in _walk(group, name):
        out += [f'.SS "{_text(words)}{_wants(command, words)}"', *_described(command)]
        out += _options(command, words)
    others = [f"\\fB{_text(other)}\\fR(1)" for other in PROGRAMS if other != name]
    return "\n".join([*out, _END + ",\n".join(others), ""])


def _walk(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, with the words that call it."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from _walk(command, f"{words} {name}")
            elif command is not None and not command.hidden:
                yield f"{words} {name}", command


def _wants(command: click.Command, words: str) -> str:
    with click.Context(command, info_name=words) as context:
        return "".join(f" {_text(piece)}" for piece in command.collect_usage_pieces(context))


def _described(command: click.Command) -> Iterator[str]:
    """The help, paragraph by paragraph; those that begin with click's mark stay as they are."""
    text = "\n\n".join(part for part in (command.help, command.epilog) if part)
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text)):
        if number:
            yield ".PP"
        if paragraph.startswith("\b"):
            yield from (".nf", *map(_text, paragraph.splitlines()[1:]), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _options(command: click.Command, words: str) -> Iterator[str]:
    with click.Context(command, info_name=words) as context:
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None and record[1] and "--help" not in parameter.opts:
                yield ".TP"
                yield f".B {_text(record[0])}"
                yield _text(" ".join(record[1].split()))


def _text(text: str) -> str:
    """Text as roff takes it: a backslash, a hyphen, and a dot or quote that begins a line."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    plain = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return "\\&" + plain if plain[:1] in {".", "'"} else plain


def main() -> None:
    """Write the pages, or with `--check` fail when one of them is not up to date."""
    FOLDER.mkdir(exist_ok=True)
    stale = [
        name
        for name, text in pages().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != text
    ]
    if "--check" not in sys.argv:
        for name, text in pages().items():
            (FOLDER / name).write_text(text, "utf-8")
    elif stale:
        raise SystemExit(f"out of date: {', '.join(stale)}; run python tools/make_man.py")


if __name__ == "__main__":
    main()

"""Write docs/reference from the code: commands, formats, chips. `--check` only compares."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from airsonde.captures.registry import formats
from airsonde.csi.model import RADIOS
from airsonde.faces.cli.lazy import LazyGroup
from airsonde.faces.cli.main import airsonde

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def pages() -> dict[str, str]:
    """File name to text."""
    return {"commands.md": _commands(), "formats.md": _formats(), "chips.md": _chips()}


def _commands() -> str:
    out = ["# Commands", "", "Exit code 0: done, 1: failed, 2: misused.", ""]
    for words, command in _walk(airsonde, ("airsonde",)):
        with click.Context(command, info_name=" ".join(words)) as context:
            out += [f"## {' '.join(words)}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(out)


def _walk(
    group: LazyGroup, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as context:
        for name in group.lazy:
            command = group.get_command(context, name)
            if isinstance(command, LazyGroup):
                yield from _walk(command, (*words, name))
            elif command is not None:
                yield (*words, name), command


def _formats() -> str:
    out = [
        "# Formats",
        "",
        "Formats are told apart by their bytes, in this order; the suffix decides what is written.",
        "",
        "| format | suffixes | read | written |",
        "|---|---|---|---|",
    ]
    for row in formats().values():
        suffixes = " ".join(f"`{s}`" for s in row.suffixes) or "a folder"
        read, written = ("yes" if can else "" for can in (row.reader, row.writer))
        out.append(f"| {row.name} | {suffixes} | {read} | {written} |")
    return "\n".join([*out, ""])


def _chips() -> str:
    out = ["# Chips", "", "| family | chip | bands (GHz) | widths (MHz) |", "|---|---|---|---|"]
    for family in RADIOS:
        for chip in import_module(f"airsonde.radios.{family.value}.chips").CHIPS:
            bands = ", ".join(band.value for band in chip.bands)
            widths = ", ".join(str(width) for width in chip.widths_mhz)
            out.append(f"| {family.value} | {chip.slug} | {bands} | {widths} |")
    return "\n".join([*out, ""])


def main() -> None:
    """Write the pages, or with `--check` fail when one of them is not up to date."""
    stale = [
        name
        for name, text in pages().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text() != text
    ]
    if "--check" not in sys.argv:
        for name, text in pages().items():
            (FOLDER / name).write_text(text)
    elif stale:
        raise SystemExit(f"out of date: {', '.join(stale)}; run python tools/make_reference.py")


if __name__ == "__main__":
    main()

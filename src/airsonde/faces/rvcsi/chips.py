"""`rvcsi nexmon-chips` and `rvcsi decode-chanspec`."""

import json
import re

import click

from airsonde.core.chanspec import loose_chanspec
from airsonde.faces.rvcsi.failure import CommandError
from airsonde.faces.rvcsi.output import print_pretty
from airsonde.radios.nexmon.reference import BOARDS, CHIPS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Emit JSON.")
def nexmon_chips(as_json: bool) -> None:
    """List the chips nexmon_csi runs on and the Raspberry Pi models that carry them."""
    if as_json:
        print_pretty({"chips": _chips(), "raspberry_pi_models": _boards()})
        return
    click.echo("Nexmon-supported Broadcom/Cypress chips:")
    for chip in CHIPS:
        legacy = "" if chip.int16 else ", legacy packed-float export"
        widths, counts = list(chip.widths_mhz), list(chip.subcarrier_counts)
        click.echo(f"  {chip.slug:<12} {chip.description}  [bw {widths} MHz, sc {counts}{legacy}]")
    click.echo("\nRaspberry Pi models:")
    for board in BOARDS:
        good = board.csi_supported
        chip_name = board.chip if good else "(no CSI support)"
        note = "" if good else "  [WiFi present but not CSI-capable]"
        click.echo(f"  {board.slug:<10} -> {chip_name}{note}")


def _chips() -> list[dict[str, object]]:
    return [
        {
            "bandwidths_mhz": list(chip.widths_mhz),
            "description": chip.description,
            "dual_band": chip.dual_band,
            "expected_subcarrier_counts": list(chip.subcarrier_counts),
            "int16_iq_export": chip.int16,
            "slug": chip.slug,
        }
        for chip in CHIPS
    ]


def _boards() -> list[dict[str, object]]:
    return [
        {"chip": board.chip, "csi_supported": board.csi_supported, "slug": board.slug}
        for board in BOARDS
    ]


@click.command()
@click.argument("chanspec")
@click.option("--json", "as_json", is_flag=True, help="Emit JSON.")
def decode_chanspec(chanspec: str, as_json: bool) -> None:
    """Decode a Broadcom chanspec word (hex `0x…` or decimal)."""
    word = _word(chanspec.strip()) & 0xFFFF
    found = loose_chanspec(word)
    if as_json:
        fields = {
            "bandwidth_mhz": found.width_mhz,
            "channel": found.number,
            "chanspec": word,
            "is_5ghz": found.is_5ghz,
        }
        click.echo(json.dumps(fields, separators=(",", ":")))
        return
    band = "5 GHz" if found.is_5ghz else "2.4 GHz"
    click.echo(f"chanspec {word:#06x}: channel {found.number} @ {found.width_mhz} MHz ({band})")


def _word(text: str) -> int:
    """A number of 32 bits, read the way Rust reads one."""
    base, digits = (16, text[2:]) if text[:2] in {"0x", "0X"} else (10, text)
    outer = f"not a {'hex' if base == 16 else 'decimal'} u16: {text}"
    if not digits:
        raise CommandError(outer, "cannot parse integer from empty string")
    if not re.fullmatch(r"\+?[0-9a-fA-F]+" if base == 16 else r"\+?[0-9]+", digits):
        raise CommandError(outer, "invalid digit found in string")
    number = int(digits, base)
    if number >> 32:
        raise CommandError(outer, "number too large to fit in target type")
    return number

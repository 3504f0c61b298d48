"""`airsonde csi decode-chanspec`: a Broadcom channel word in words."""

import click

from airsonde.core.chanspec import from_chanspec
from airsonde.faces.cli.output import print_json


@click.command("decode-chanspec")
@click.argument("word")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def decode_chanspec(word: str, as_json: bool) -> None:
    """Decode WORD, a chanspec in decimal or as 0x…: band, width, centre and primary channel."""
    try:
        number = int(word, 0)
    except ValueError:
        raise click.BadParameter(f"{word!r} is no number; write 57386 or 0xe02a") from None
    channel = from_chanspec(number)
    if as_json:
        print_json(
            {
                "chanspec": number,
                "band": channel.band.value,
                "width_mhz": channel.width_mhz,
                "channel": channel.primary,
                "center_channel": channel.center,
                "center_mhz": channel.center_mhz,
                "second_center_mhz": channel.second_center_mhz,
            }
        )
        return
    second = f" and {channel.second_center_mhz}" if channel.second_center_mhz else ""
    click.echo(
        f"chanspec {number:#06x}: {channel.band} GHz, {channel.width_mhz} MHz around "
        f"{channel.center_mhz}{second} MHz (channel {channel.center}), "
        f"primary channel {channel.primary}"
    )

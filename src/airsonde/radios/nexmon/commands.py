"""The commands that put a Broadcom chip with nexmon_csi firmware on a channel, as data. Pure.

`nexutil -s500` takes 34 bytes in base64 (`-b`): u16 chanspec, u8 collect, u8 cores | streams << 4,
u8 filter, u8 first payload byte, u16 number of addresses, four addresses of 6 bytes, u16 delay in
µs; little endian. The firmware tunes itself to the chanspec.
"""

import struct
from base64 import b64encode
from typing import Final

from airsonde.core.channel import Channel
from airsonde.core.chanspec import to_chanspec
from airsonde.core.ids import MacAddress

_PARAMETERS: Final = struct.Struct("<HBBBBH24sH")
_MOST_ADDRESSES: Final = 4

Command = tuple[str, ...]


def csi_parameters(
    channel: Channel | None, *, cores: int = 1, streams: int = 1, only: tuple[MacAddress, ...] = ()
) -> str:
    """What `nexutil -v` is given; `channel` None stops the collection.

    `cores` and `streams` are masks, `only` the transmitters that are measured, at most four.
    """
    addresses = b"".join(only[:_MOST_ADDRESSES])
    word = to_chanspec(channel) if channel else 0
    counts = min(len(only), _MOST_ADDRESSES)
    values = (word, int(channel is not None), cores | streams << 4, 0, 0, counts, addresses, 0)
    return b64encode(_PARAMETERS.pack(*values)).decode("ascii")


def begin(ifname: str, channel: Channel) -> tuple[Command, ...]:
    """Bring the interface up and collect on a channel."""
    return (("ip", "link", "set", ifname, "up"), collect(ifname, channel))


def collect(ifname: str, channel: Channel | None) -> Command:
    """Collect on a channel, or nowhere."""
    return ("nexutil", f"-I{ifname}", "-s500", "-b", "-l34", f"-v{csi_parameters(channel)}")


def monitor(ifname: str, *, enabled: bool) -> Command:
    """Receive frames of others too."""
    return ("nexutil", f"-I{ifname}", f"-m{int(enabled)}")

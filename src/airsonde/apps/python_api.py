"""What `import airsonde` offers: open a capture, decode one live payload."""

from functools import cache
from importlib import import_module
from types import ModuleType

from airsonde.captures.capture import open_capture as open  # noqa: A004
from airsonde.core.errors import ConfigError
from airsonde.csi.model import RADIOS, FrameBatch
from airsonde.csi.payload import SinglePayloads
from airsonde.csi.ports import DatagramDecoder, PayloadDecoder

__all__ = ["decode", "open"]


@cache
def payload_decoder(family: str) -> PayloadDecoder:
    """The live decoder of a family; every `radios.<family>.decode` has a `payloads()`."""
    decoder: PayloadDecoder = _decode_module(family).payloads()
    return decoder


def datagram_decoder(family: str) -> DatagramDecoder:
    """A fresh live decoder of many payloads at a time, with its own counts.

    Families without a `datagrams()` of their own are decoded one payload at a time. Raises
    ConfigError for an unknown family.
    """
    module = _decode_module(family)
    decoder: DatagramDecoder = (
        module.datagrams() if hasattr(module, "datagrams") else SinglePayloads(module.payloads())
    )
    return decoder


def _decode_module(family: str) -> ModuleType:
    if family not in RADIOS:
        raise ConfigError(f"no family {family!r}; there are {', '.join(RADIOS)}")
    return import_module(f"airsonde.radios.{family}.decode")


def decode(family: str, data: bytes, t_ns: int) -> FrameBatch:
    """Decode one live payload (a datagram, a record) into a batch of one frame.

    Raises ConfigError for an unknown family, DecodeError when the bytes are not one good payload.
    """
    return payload_decoder(family).decode(data, t_ns)

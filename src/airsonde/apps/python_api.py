"""What `import airsonde` offers: open a capture, decode one live payload."""

from functools import cache
from importlib import import_module

from airsonde.captures.capture import open_capture as open  # noqa: A004
from airsonde.core.errors import ConfigError
from airsonde.csi.model import Family, FrameBatch
from airsonde.csi.ports import PayloadDecoder

__all__ = ["decode", "open"]


@cache
def payload_decoder(family: str) -> PayloadDecoder:
    """The live decoder of a family; every `radios.<family>.decode` has a `payloads()`."""
    if family not in set(Family):
        raise ConfigError(f"no family {family!r}; there are {', '.join(Family)}")
    module = import_module(f"airsonde.radios.{family}.decode")
    decoder: PayloadDecoder = module.payloads()
    return decoder


def decode(family: str, data: bytes, t_ns: int) -> FrameBatch:
    """Decode one live payload (a datagram, a record) into a batch of one frame.

    Raises ConfigError for an unknown family, DecodeError when the bytes are not one good payload.
    """
    return payload_decoder(family).decode(data, t_ns)

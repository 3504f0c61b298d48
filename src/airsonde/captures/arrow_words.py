"""The words beside the columns of an Arrow batch: its lane, its layout, where it came from.

They stand as JSON in the metadata of each batch's own schema, under the key `airsonde`, so that
every batch can be read alone.
"""

from typing import Annotated, Final, TypeAlias

import msgspec
import numpy as np

from airsonde.captures.model import Origin
from airsonde.core.channel import Band, Channel
from airsonde.core.errors import DecodeError
from airsonde.core.ids import MacAddress
from airsonde.csi.model import Family, Lane, Ppdu

VERSION: Final = 1


class ColumnWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column: NumPy dtype and shape of a row, and the dtype in the file where it differs."""

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    stored: str | None = None
    extra: bool = False


class ChannelWords(msgspec.Struct, frozen=True, kw_only=True):
    band: Band
    primary: int | None
    width_mhz: int
    center_mhz: int
    second_center_mhz: int | None = None


_Chains: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=64)]
_Index: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 15), lt=1 << 15)]
_Subcarriers: TypeAlias = Annotated[list[_Index], msgspec.Meta(min_length=1, max_length=1 << 13)]


class LaneWords(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    source: str
    family: Family
    chip: str | None
    transmitter: str | None
    channel: ChannelWords | None
    width_mhz: int | None = None
    ppdu: Ppdu | None
    training: str | None
    n_rx: _Chains
    n_tx: _Chains
    core: int | None
    stream: int | None
    subcarriers: _Subcarriers
    valid: list[bool]
    stated: tuple[int, int] | None


class OriginWords(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    family: Family
    chip: str | None
    session: int
    notes: dict[str, str]


class BatchWords(msgspec.Struct, frozen=True, kw_only=True):
    """Everything beside the columns. `lane` is kept as text, for it repeats."""

    version: int
    lane: msgspec.Raw
    columns: list[ColumnWords]
    origin: OriginWords


_LANES = msgspec.json.Decoder(LaneWords)


def lane_text(lane: Lane) -> bytes:
    """A lane as JSON."""
    channel = lane.channel
    words = LaneWords(
        number=lane.number,
        source=lane.source,
        family=lane.family,
        chip=lane.chip,
        transmitter=None if lane.transmitter is None else lane.transmitter.hex(),
        channel=None
        if channel is None
        else ChannelWords(
            band=channel.band,
            primary=channel.primary,
            width_mhz=channel.width_mhz,
            center_mhz=channel.center_mhz,
            second_center_mhz=channel.second_center_mhz,
        ),
        width_mhz=lane.width_mhz,
        ppdu=lane.ppdu,
        training=lane.training,
        n_rx=lane.n_rx,
        n_tx=lane.n_tx,
        core=lane.core,
        stream=lane.stream,
        subcarriers=lane.subcarriers.tolist(),
        valid=lane.valid.tolist(),
        stated=lane.stated,
    )
    return msgspec.json.encode(words)


def lane_of(text: bytes) -> Lane:
    """A lane from JSON. Raises DecodeError when it is none."""
    try:
        words = _LANES.decode(text)
        return _lane(words)
    except (msgspec.DecodeError, ValueError) as e:
        raise DecodeError(f"no lane: {e}") from e


def _lane(words: LaneWords) -> Lane:
    channel = words.channel
    if len(words.valid) != len(words.subcarriers):
        raise DecodeError("as many valid flags as subcarriers are needed")
    return Lane(
        number=words.number,
        source=words.source,
        family=words.family,
        chip=words.chip,
        transmitter=None
        if words.transmitter is None
        else MacAddress(bytes.fromhex(words.transmitter)),
        channel=None
        if channel is None
        else Channel(
            channel.band,
            channel.primary,
            channel.width_mhz,
            channel.center_mhz,
            channel.second_center_mhz,
        ),
        width_mhz=words.width_mhz,
        ppdu=words.ppdu,
        training=words.training,
        n_rx=words.n_rx,
        n_tx=words.n_tx,
        core=words.core,
        stream=words.stream,
        subcarriers=np.array(words.subcarriers, np.int16),
        valid=np.array(words.valid, np.bool_),
        stated=words.stated,
    )


def origin_words(origin: Origin) -> OriginWords:
    return OriginWords(
        source=origin.source,
        family=origin.family,
        chip=origin.chip,
        session=origin.session,
        notes=dict(origin.notes),
    )

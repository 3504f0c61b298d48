"""Many feature states at once, as arrays: decode, check, encode.

CRC-32 is linear over GF(2): that of a message of fixed length is the XOR of one table entry a byte
and a constant, so it is computed for all rows together, one column at a time.
"""

from dataclasses import dataclass
from functools import cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DecodeError
from airsonde.mesh.feature_state import MAGIC, SIZE, FeatureState
from airsonde.mesh.model import Refusal

Bools = NDArray[np.bool_]
U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]

_SIGNED = SIZE - 4
_ROWS = 8192  # a column of that many rows stays in the nearest cache
_SCORES = tuple(name for name, kind in FeatureState.__annotations__.items() if kind is float)
RECORD = np.dtype(
    [
        ("magic", "<u4"),
        ("node_id", "u1"),
        ("mode", "u1"),
        ("seq", "<u2"),
        ("ts_us", "<u8"),
        *((name, "<f4") for name in _SCORES),
        ("quality_flags", "<u2"),
        ("reserved", "<u2"),
        ("crc", "<u4"),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureStates:
    """N rows of 60 bytes. `records` is RECORD[N]; `valid` is bool[N]: magic and CRC are right."""

    records: NDArray[np.void]
    valid: Bools


def decode_feature_states(data: bytes | memoryview) -> FeatureStates:
    """Read datagrams of 60 bytes laid one behind the other, without copying them.

    Raises DecodeError when the length is no multiple of 60.
    """
    if len(data) % SIZE:
        raise DecodeError(Refusal.TOO_SHORT, offset=len(data) - len(data) % SIZE)
    records = np.frombuffer(data, dtype=RECORD)
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, SIZE)
    valid = (records["crc"] == crc_of_rows(rows[:, :_SIGNED])) & (records["magic"] == MAGIC)
    return FeatureStates(records=records, valid=valid)


def encode_feature_states(records: NDArray[np.void]) -> bytes:
    """The datagrams of RECORD[N], magic, reserved bytes and CRC filled in."""
    out = records.copy()
    out["magic"], out["reserved"] = MAGIC, 0
    out["crc"] = crc_of_rows(out.view(np.uint8).reshape(-1, SIZE)[:, :_SIGNED])
    return out.tobytes()


def crc_of_rows(rows: U8) -> U32:
    """CRC-32/IEEE of each row of uint8[N, L], as uint32[N]."""
    tables, constant = _tables(rows.shape[1])
    out = np.full(len(rows), constant, dtype=np.uint32)
    for begin in range(0, len(rows), _ROWS):
        columns = np.ascontiguousarray(rows[begin : begin + _ROWS].T)
        part = out[begin : begin + _ROWS]
        entries = np.empty_like(part)
        for table, column in zip(tables, columns, strict=True):
            np.take(table, column, out=entries, mode="clip")
            part ^= entries
    return out


@cache
def _tables(length: int) -> tuple[U32, int]:
    """uint32[length, 256]: what each byte at each place adds to the CRC of `length` zeros."""
    zeros = crc32(bytes(length))
    tables = np.empty((length, 256), dtype=np.uint32)
    for place in range(length):
        for value in range(256):
            one = crc32(bytes(length - place - 1), crc32(bytes([value]), crc32(bytes(place))))
            tables[place, value] = one ^ zeros
    return tables, zeros

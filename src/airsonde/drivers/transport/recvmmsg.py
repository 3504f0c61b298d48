"""Rows of memory into which one call of the kernel puts many datagrams, their senders, their times.

The times are those at which the kernel received them, where the socket is told to say so
(SO_TIMESTAMPNS): what waits for the program does not look late.
"""

import ctypes
import errno
import os
import socket

import numpy as np
from numpy.typing import NDArray

from airsonde.core.errors import DriverError

# Linux uapi/asm-generic/socket.h; its message holds two i64, seconds and nanoseconds (Linux 5.1).
SO_TIMESTAMPNS_NEW = 64
_NAME_BYTES = 16
_CONTROL_HEAD = ctypes.sizeof(ctypes.c_size_t) + 8  # struct cmsghdr
_CONTROL_BYTES = _CONTROL_HEAD + 16


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_IoVec)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr: a header, and the length that was read."""

    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


class Rows:
    """Room for `count` datagrams of `room` bytes; after `fill` the first rows hold what came.

    `data` is uint8[count, room], `names` uint8[count, 16] struct sockaddr_in, `lengths`
    uint32[count] (also of what was cut), `stamps` int64[count, 2] seconds and nanoseconds of
    CLOCK_REALTIME, 0 where the kernel gave none.
    """

    def __init__(self, count: int, room: int) -> None:
        self.data = np.zeros((count, room), dtype=np.uint8)
        self.names = np.zeros((count, _NAME_BYTES), dtype=np.uint8)
        self._controls = np.zeros((count, _CONTROL_BYTES), dtype=np.uint8)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._vectors = (_IoVec * count)()
        self._messages = (_Message * count)()
        for row in range(count):
            self._lay_out(row)
        self.lengths = self._field(_Message.length.offset, np.dtype(np.uint32))
        self._control_lengths = self._field(
            _Message.header.offset + _Header.control_length.offset, np.dtype(np.uintp)
        )
        self._used = count
        self.stamps = self._controls[:, _CONTROL_HEAD:].view(np.int64)

    def fill(self, fileno: int) -> int:
        """How many datagrams were there, at most `count`. Raises DriverError when it fails."""
        self._control_lengths[: self._used] = _CONTROL_BYTES
        self.stamps[: self._used] = 0
        count = self._libc.recvmmsg(
            fileno, self._messages, len(self._messages), socket.MSG_TRUNC, None
        )
        if count < 0:
            code = ctypes.get_errno()
            if code not in {errno.EAGAIN, errno.EINTR, errno.ECONNREFUSED}:
                raise DriverError(f"UDP socket: {os.strerror(code)}", transient=True)
            count = 0
        self._used = int(count)
        return self._used

    def _lay_out(self, row: int) -> None:
        self._vectors[row].base = self.data[row].ctypes.data
        self._vectors[row].length = self.data.shape[1]
        header = self._messages[row].header
        header.name = self.names[row].ctypes.data
        header.name_length = _NAME_BYTES
        header.vectors = ctypes.pointer(self._vectors[row])
        header.vector_count = 1
        header.control = self._controls[row].ctypes.data

    def _field(self, offset: int, dtype: np.dtype[np.uint32 | np.uintp]) -> NDArray[np.uint64]:
        """One field of every header, as an array that writes through."""
        return np.ndarray(
            len(self._messages),
            dtype=dtype,
            buffer=memoryview(self._messages).cast("B"),
            offset=offset,
            strides=ctypes.sizeof(_Message),
        )

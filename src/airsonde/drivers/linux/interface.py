"""A network interface by the name the kernel never reuses within a boot: its index."""

import re
import socket
from dataclasses import dataclass
from typing import Self

from airsonde.core.errors import DriverError, UnsupportedError

_INDEX_AND_NAME = re.compile(r"^(\d+):[^/]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    index: int
    name: str

    @classmethod
    def named(cls, name: str) -> Self:
        """Raises UnsupportedError where there is none of this name."""
        try:
            return cls(index=socket.if_nametoindex(name), name=name)
        except (OSError, ValueError):
            raise UnsupportedError(f"there is no interface {name!r}") from None

    @classmethod
    def of_target(cls, target: str) -> Self:
        """The interface a journal's target means, by the name it has now.

        Raises UnsupportedError where it was unplugged.
        """
        number, _, name = target.partition(":")
        try:
            index = int(number)
            return cls(index=index, name=socket.if_indextoname(index))
        except (ValueError, OverflowError):
            raise DriverError(f"{target!r} names no interface") from None
        except OSError:
            raise UnsupportedError(f"interface {name} is gone") from None

    @property
    def target(self) -> str:
        """How a journal names it: index and name."""
        return f"{self.index}:{self.name}"

    @property
    def exists(self) -> bool:
        """Whether it is still there, under whatever name."""
        try:
            socket.if_indextoname(self.index)
        except OSError:
            return False
        return True


def identity(target: str) -> str:
    """What the targets of one thing have in common: the name of an interface may change."""
    return _INDEX_AND_NAME.sub(r"\1", target)

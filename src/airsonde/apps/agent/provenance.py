"""Where frames come from, so that nobody takes a replay or a simulation for the present."""

from collections.abc import Iterable
from enum import StrEnum


class Provenance(StrEnum):
    """From the most real to the least."""

    LIVE = "live"
    REPLAY = "replay"
    SIMULATED = "simulated"

    @property
    def number(self) -> int:
        """How binary rows say it."""
        return _ORDER.index(self)


_ORDER = list(Provenance)


def least_real(several: Iterable[Provenance]) -> Provenance:
    """What may be claimed of several sources together; of none: live."""
    return max(several, key=_ORDER.index, default=Provenance.LIVE)

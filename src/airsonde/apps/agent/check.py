"""One line of `airsonde doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, how it is, what to do; `well` is None where nothing is wrong or right."""

    name: str
    well: bool | None
    found: str
    remedy: str | None = None

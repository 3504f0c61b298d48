"""How real the frames of a node are: as HEALTH says it, and as people read it."""

from airsonde.csi.model import Family
from airsonde.mesh.model import LIVE, HealthFlag


def origin_of(family: Family, *, played: bool = False) -> HealthFlag:
    """What a node says of its frames: those of simulated radios are not real, `played` or not."""
    if family is Family.SIM:
        return HealthFlag.SIMULATED
    return HealthFlag.REPLAYED if played else LIVE


def origin_word(flags: int) -> str:
    """`live`, `replay` or `simulated`."""
    if flags & HealthFlag.SIMULATED:
        return "simulated"
    return "replay" if flags & HealthFlag.REPLAYED else "live"

"""Save refused frames, with what validation said of them."""

from pathlib import Path

from airsonde.captures.model import Origin
from airsonde.captures.registry import writable
from airsonde.core.errors import ConfigError
from airsonde.csi.model import Family
from airsonde.csi.quarantine import Quarantine


def save_quarantine(quarantine: Quarantine, path: Path, source: str) -> int:
    """Write what is held as a capture; gives the number of frames. Without any, nothing is made.

    Raises ConfigError when the suffix names no format that keeps verdicts.
    """
    if path.suffix != ".rvcsi":
        raise ConfigError(f"{path.name} cannot keep the reasons; end the name in .rvcsi")
    batches = quarantine.batches()
    form = writable(path)
    if not batches or form.writer is None:
        return 0
    family = batches[0].lane.family if batches else Family.UNKNOWN
    writer = form.writer(path, Origin(source=source, family=family))
    try:
        writer.write(batches)
    except BaseException:
        writer.abort()
        raise
    writer.close()
    return len(quarantine)

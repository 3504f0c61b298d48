"""Ask systemd to start, stop and forget services, by its own command."""

import shutil
import subprocess
from pathlib import Path

from airsonde.core.errors import DriverError, UnsupportedError

LIMIT_S = 90.0
_BOOTED = Path("/run/systemd/system")  # sd_booted(3)


def systemctl(*words: str) -> str:
    """Run one command; what it prints.

    Raises UnsupportedError where systemd does not run, DriverError otherwise.
    """
    path = shutil.which("systemctl")
    if path is None:
        raise UnsupportedError("this host has no systemd; start `airsonde link run` as it does")
    try:
        done = subprocess.run(  # noqa: S603  (words of ours)
            [path, *words], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise DriverError(f"systemctl {' '.join(words)}: {e}") from e
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = f"systemctl {' '.join(words)}: {said[-1] if said else 'failed'}"
        if not _BOOTED.exists():
            raise UnsupportedError(f"systemd does not run this host ({reason})")
        raise DriverError(reason)
    return done.stdout

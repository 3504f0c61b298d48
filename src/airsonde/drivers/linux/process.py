"""What this process takes of the machine (proc_pid_statm(5))."""

import os
from pathlib import Path


def resident_bytes() -> int | None:
    """Resident memory; None where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")

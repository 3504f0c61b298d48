"""Look at the first lines of a text file without reading the rest."""

from airsonde.captures.model import Head

_LINES = 2000


def first_lines(head: Head) -> list[bytes]:
    """Whole lines at the front that are not blank; of a file in one piece also the last."""
    if b"\0" in head.data:
        return []
    lines = head.data.split(b"\n", _LINES)
    if not (head.complete and len(lines) <= _LINES):
        lines = lines[:-1]
    return [line for line in lines if line.strip()]

"""Set keys in an ini file as iwd reads it, leaving every other line as it stands."""

from collections.abc import Mapping

from airsonde.core.errors import DriverError

Settings = Mapping[tuple[str, str], str]


def edited(content: bytes, settings: Settings) -> bytes:
    """`content` with each (section, key) set once; comments, order and other keys stay.

    A key that is absent goes to the end of its section, a section to the end of the file. The last
    of several equal keys wins in iwd, so all of them are set. Raises DriverError for text that is
    not UTF-8 or values that hold a line end.
    """
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as e:
        raise DriverError("the file is not UTF-8 text; mend it by hand") from e
    for (section, key), value in settings.items():
        if any(c in section + key + value for c in "\r\n[]="):
            raise DriverError(f"[{section}] {key}={value!r} does not fit into one line")
        lines = _with_key(lines, section, key, value)
    return "".join(f"{line}\n" for line in lines).encode()


def _with_key(lines: list[str], section: str, key: str, value: str) -> list[str]:
    wanted = f"{key}={value}"
    out: list[str] = []
    here = found = False
    end = None
    for line in lines:
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            here = text[1:-1] == section
        elif here and text.partition("=")[0].rstrip() == key and "=" in text:
            found = True
            out.append(wanted)
            end = len(out)
            continue
        out.append(line)
        if here and text:
            end = len(out)
    if found:
        return out
    if end is None:
        return [*out, *([""] if out and out[-1].strip() else []), f"[{section}]", wanted]
    return [*out[:end], wanted, *out[end:]]

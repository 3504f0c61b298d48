"""The formats airsonde reads and writes, and how one is told from another."""

from functools import cache
from importlib import import_module
from pathlib import Path

from airsonde import plugins
from airsonde.captures.model import HEAD_BYTES, CaptureFormat, Head
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.drivers.transport.files import check_regular, read_head

_GROUP = "airsonde.formats"

# Asked in this order: magic numbers first, then text, then formats known by their shape alone.
_MODULES: tuple[str, ...] = (
    # magic numbers
    "arrow",
    "parquet",
    "espectre_npz",
    "npz",
    "amplitude_npy",
    "nexmon_pcap",
    "rvnx",
    # text
    "rvcsi",
    "csv",
    "esp32_jsonl",
    "esp32_csv",
    "adr018",
    # shape alone
    "nist_csv",
    "feitcsi",
    "picoscenes",
    "intel5300",
    "atheros",
)

_NO_CAPTURES = {b"\x93NUMPY": "a NumPy array, but not of amplitudes; labels?"}


@cache
def formats() -> dict[str, CaptureFormat]:
    """Every known format by name, in the order in which they are asked; plugins come last."""
    groups = [import_module(f"airsonde.captures.{m}").FORMATS for m in _MODULES]
    groups += [plugins.load(_GROUP, name) for name in plugins.names(_GROUP)]
    found: dict[str, CaptureFormat] = {}
    for row in (row for group in groups for row in group):
        found.setdefault(row.name, row)
    return found


def named(name: str) -> CaptureFormat:
    """Look a format up by name. Raises ConfigError that lists the names there are."""
    try:
        return formats()[name]
    except KeyError:
        raise ConfigError(f"no format {name!r}; there are {', '.join(formats())}") from None


def identify(path: Path) -> CaptureFormat:
    """Tell from its bytes what format a capture has.

    Raises DriverError for what is not a readable file, DecodeError when it is empty or nothing
    that is known.
    """
    if path.is_dir():
        return _identify_directory(path)
    size = check_regular(path)
    if size == 0:
        raise DecodeError(f"{path} is empty; was the recording stopped before anything came?")
    head = Head(path=path, data=read_head(path, HEAD_BYTES), size=size)
    for row in formats().values():
        if row.reader is not None and row.matches(head):
            return row
    raise DecodeError(
        f"{path} is no capture that is known here ({_looks_like(head.data)}); "
        "`airsonde csi formats` lists those that are"
    )


def _looks_like(data: bytes) -> str:
    """What a file that nobody reads is instead, as far as its first bytes tell."""
    for magic, what in _NO_CAPTURES.items():
        if data.startswith(magic):
            return what
    if not any(data):
        return "it begins with zeros: allocated, but never written?"
    return f"first bytes: {data[:8].hex(' ')}"


def _identify_directory(path: Path) -> CaptureFormat:
    head = Head(path=path, data=b"", size=0)
    for row in formats().values():
        if row.directory and row.matches(head):
            return row
    raise DecodeError(f"{path} is a directory and holds no capture of several files; name a file")


def writable(path: Path) -> CaptureFormat:
    """Find the format to write by suffix. Raises ConfigError that lists the suffixes there are."""
    rows = [row for row in formats().values() if row.writer is not None]
    for row in rows:
        if path.name.endswith(row.suffixes):
            return row
    known = ", ".join(s for row in rows for s in row.suffixes)
    raise ConfigError(f"cannot tell from {path.name!r} what to write; end it in one of {known}")

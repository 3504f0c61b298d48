"""Settings the kernel keeps as files, and whole files: read, written, put back by the journal."""

import asyncio
import base64
import re
from pathlib import Path

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.atomic_file import read_small, refusal, remove, replace, unfinished
from airsonde.drivers.linux.journal import Value

_SYSCTL_NAME = re.compile(r"[a-z0-9_]+(/[A-Za-z0-9_.\-@:]+)+")


class Sysctl:
    """Kernel settings; a target is a path below /proc/sys such as `net/ipv4/tcp_ecn`.

    Values are text with single spaces between fields, as the kernel prints them.
    """

    kind = "sysctl"
    volatile = False  # what /etc/sysctl.d sets comes back at boot

    def __init__(self, root: Path = Path("/proc/sys")) -> None:
        self._root = root

    async def read(self, target: str) -> Value:
        content = read_small(self._path(target))
        if content is None:
            raise UnsupportedError(f"this kernel has no setting {target.replace('/', '.')}")
        return " ".join(content.decode("utf-8", "replace").split())

    async def write(self, target: str, value: Value) -> None:
        path = self._path(target)
        try:
            with path.open("wb", buffering=0) as file:
                file.write(str(value).encode())
        except FileNotFoundError:
            raise UnsupportedError(
                f"this kernel has no setting {target.replace('/', '.')}"
            ) from None
        except OSError as e:
            if e.errno in {22, 34}:  # EINVAL, ERANGE
                raise DriverError(f"{target.replace('/', '.')} cannot be {value!r}") from e
            raise refusal("write", path, e) from e

    def _path(self, target: str) -> Path:
        if not _SYSCTL_NAME.fullmatch(target) or ".." in target.split("/"):
            raise DriverError(f"{target!r} is no kernel setting; write it like net/ipv4/tcp_ecn")
        return self._root / target


class WholeFile:
    """Files with their content and mode; a target is an absolute path.

    A value is None (no file) or `{"mode": …, "base64": …}`; see `file_value`. To look at a file
    also clears away what a killed writer left beside it.
    """

    kind = "file"
    volatile = False

    async def read(self, target: str) -> Value:
        return await asyncio.to_thread(_read_file, Path(target))

    async def write(self, target: str, value: Value) -> None:
        if value is None:
            await asyncio.to_thread(remove, Path(target))
            return
        await asyncio.to_thread(replace, Path(target), *file_content(value))


def file_value(content: bytes, mode: int = 0o644) -> Value:
    """How a file that should stand is written down."""
    return {"mode": mode, "base64": base64.b64encode(content).decode("ascii")}


def file_content(value: Value) -> tuple[bytes, int]:
    """Content and mode of what `file_value` wrote down. Raises DriverError for anything else."""
    try:
        return base64.b64decode(value["base64"], validate=True), int(value["mode"])
    except (KeyError, TypeError, ValueError) as e:
        raise DriverError("the recorded content of a file is damaged") from e


def _read_file(path: Path) -> Value:
    if not path.is_absolute() or path.is_symlink():
        raise DriverError(f"{path} is no plain file with an absolute path; left alone")
    if (left := unfinished(path)).exists():
        remove(left)
    content = read_small(path)
    if content is None:
        return None
    return file_value(content, path.stat().st_mode & 0o7777)

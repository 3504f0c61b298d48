"""Read small files whole, replace them at once; refusals say what stands in the way."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from airsonde.core.errors import DriverError

LARGEST_BYTES = 1 << 20


def read_small(path: Path, limit: int = LARGEST_BYTES) -> bytes | None:
    """The bytes of a file, None where it does not exist.

    Raises DriverError where it may not be read or holds more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise refusal("read", path, e) from e
    if len(content) > limit:
        raise DriverError(f"{path} is larger than {limit} bytes; that is not the file meant")
    return content


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is found whole or not at all, also after a power cut.

    Folders are not made. Raises DriverError, which names a read-only file system as such.
    """
    fresh = unfinished(path)
    try:
        _write_synced(fresh, content, mode)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as e:
        with suppress(OSError):
            fresh.unlink()
        raise refusal("write", path, e) from e


def unfinished(path: Path) -> Path:
    """Where a writer that was killed leaves the half-written file."""
    return path.with_name(f".{path.name}.new")


def remove(path: Path) -> None:
    """Remove a file that may be gone already. Raises DriverError."""
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as e:
        raise refusal("remove", path, e) from e


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def refusal(verb: str, path: Path, error: OSError) -> DriverError:
    """Why a path could not be read, written or removed, in one sentence."""
    match error.errno:
        case errno.EROFS:
            return DriverError(f"cannot {verb} {path}: the file system is read-only")
        case errno.EACCES | errno.EPERM:
            return DriverError(f"cannot {verb} {path}: not permitted; run as root")
        case errno.ENOSPC | errno.EDQUOT:
            return DriverError(f"cannot {verb} {path}: the disk is full", transient=True)
        case _:
            return DriverError(f"cannot {verb} {path}: {error.strerror}")


def _write_synced(path: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(path, flags, mode)
    try:
        os.fchmod(fd, mode)
        with os.fdopen(fd, "wb", closefd=False) as file:
            file.write(content)
            file.flush()
        os.fsync(fd)
    finally:
        os.close(fd)

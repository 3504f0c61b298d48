"""Write files that appear under their name only when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from airsonde.core.errors import DriverError

UNFINISHED: Final = ".part"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one sentence why a file cannot be written."""
    try:
        yield
    except OSError as e:
        raise DriverError(f"cannot write {path}: {e.strerror}") from e


class AtomicFile:
    """A binary file beside its destination, moved there by `close`, removed by `abort`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with writing(path):
            self.file = NamedTemporaryFile(  # noqa: SIM115  (open until close or abort)
                dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED, delete=False
            )

    def write(self, *data: bytes | memoryview) -> None:
        """Add bytes, piece after piece. Raises DriverError when the disk refuses."""
        with writing(self.path):
            self.file.writelines(data)

    def close(self) -> None:
        """Bring the file to the disk, then to its name."""
        with writing(self.path):
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            part = Path(self.file.name)
            part.chmod(0o666 & ~_umask())
            part.replace(self.path)

    def abort(self) -> None:
        """Remove what was written; harmless when nothing is left."""
        with suppress(OSError):  # what is still buffered may not fit either
            self.file.close()
        Path(self.file.name).unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there with all of it or not at all. Raises DriverError."""
    file = AtomicFile(path)
    try:
        file.write(data)
        file.close()
    except BaseException:
        file.abort()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

"""Options for kernel modules, in drop-ins of our own name, only where the module knows them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from airsonde.core.errors import DriverError, UnsupportedError
from airsonde.drivers.linux.atomic_file import read_small
from airsonde.drivers.linux.journal import Journal
from airsonde.drivers.linux.knobs import WholeFile, file_value

_WORD = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_VALUE = re.compile(r"[A-Za-z0-9_,.\-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleOptions:
    """What one module should be loaded with; it takes effect at the module's next load."""

    module: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModuleFiles:
    """Where modules say what they know, and where options are kept."""

    sys_module: Path = Path("/sys/module")
    modprobe_d: Path = Path("/etc/modprobe.d")

    def parameters(self, module: str) -> dict[str, str | None]:
        """What a loaded module can be told, and what it runs with (None: it does not say).

        Raises UnsupportedError where the module is not loaded or takes no options.
        """
        folder = self.sys_module / _word(module).replace("-", "_") / "parameters"
        try:
            return {path.name: _parameter(path) for path in sorted(folder.iterdir())}
        except FileNotFoundError:
            raise UnsupportedError(f"module {module} is not loaded or takes no options") from None
        except OSError as e:
            raise DriverError(f"cannot look at {folder}: {e.strerror}") from e

    def drop_in(self, module: str) -> Path:
        return self.modprobe_d / f"zz-airsonde-{_word(module)}.conf"

    async def put(self, journal: Journal, wanted: ModuleOptions) -> bool:
        """Write the drop-in of a module; False where it stands so already.

        Raises UnsupportedError for an option the module does not know.
        """
        known = self.parameters(wanted.module)
        if unknown := [name for name in wanted.options if name not in known]:
            raise UnsupportedError(
                f"module {wanted.module} has no option {', '.join(unknown)}; "
                f"it knows {', '.join(known) or 'none'}"
            )
        return await journal.turn(
            WholeFile(), str(self.drop_in(wanted.module)), file_value(drop_in_text(wanted))
        )


def drop_in_text(wanted: ModuleOptions) -> bytes:
    """The lines of a modprobe.d file (modprobe.d(5))."""
    for value in wanted.options.values():
        if not _VALUE.fullmatch(value):
            raise DriverError(f"{value!r} is no value for a module option")
    words = " ".join(f"{_word(name)}={value}" for name, value in wanted.options.items())
    heading = "# written by airsonde; takes effect when the module is loaded next"
    return f"{heading}\noptions {wanted.module} {words}\n".encode()


def _word(name: str) -> str:
    if not _WORD.fullmatch(name):
        raise DriverError(f"{name!r} is no name of a module or option")
    return name


def _parameter(path: Path) -> str | None:
    try:
        content = read_small(path, 4096)
    except DriverError:
        return None  # some parameters may not be read, even by root
    return None if content is None else content.decode("utf-8", "replace").strip()

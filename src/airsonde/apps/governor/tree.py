"""A copy of this program that needs nothing of /usr but an interpreter."""

import os
import shutil
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from re import match
from typing import Final

from airsonde.core.errors import DriverError
from airsonde.drivers.linux.atomic_file import refusal

COMMANDS: Final = {
    "airsonde": "airsonde.faces.cli.main",
    "hifi-wifi": "airsonde.faces.hifi_wifi.main",
}
_EXTRA = "link"


def build_tree(folder: Path) -> None:
    """Copy the program and the packages it needs to `folder`, replacing an older copy.

    A frozen program (PyInstaller) is copied whole and brings its interpreter. Raises DriverError.
    """
    fresh, older = (folder.with_name(f"{folder.name}.{word}") for word in ("new", "old"))
    try:
        for left in (fresh, older):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        if getattr(sys, "frozen", False):
            _copy_frozen(Path(sys.executable), fresh)
        else:
            _copy_packages(fresh / "lib")
            _write_launchers(fresh / "bin", folder / "lib")
        os.sync()  # a power cut may not leave half of it under its name
        if folder.exists():
            folder.rename(older)
        fresh.rename(folder)
        shutil.rmtree(older, ignore_errors=True)
    except OSError as e:
        raise refusal("write", folder, e) from e


def launcher(folder: Path, command: str) -> Path:
    """The file that starts a command of the copy."""
    frozen = folder / command
    return frozen if frozen.exists() else folder / "bin" / command


def _copy_frozen(program: Path, folder: Path) -> None:
    """The folder of a program that looks at the name it is called by (packaging/entry.py)."""
    shutil.copytree(program.parent, folder, symlinks=True)
    for command in COMMANDS.keys() - {path.name for path in folder.iterdir()}:
        (folder / command).symlink_to(program.name)


def _copy_packages(lib: Path) -> None:
    own = Path(__file__).parents[2]
    shutil.copytree(own, lib / "airsonde", ignore=shutil.ignore_patterns("__pycache__"))
    _copy_files(distribution("airsonde"), lib, only=".dist-info")
    for package in needed_packages():
        _copy_files(package, lib)


def _copy_files(package: Distribution, lib: Path, only: str = "") -> None:
    """The files of a package, or those in a folder whose name ends so."""
    for file in package.files or ():
        source = Path(str(package.locate_file(file)))
        foreign = ".." in file.parts or file.suffix == ".pyc" or not file.parts[0].endswith(only)
        if not foreign and source.is_file():
            (lib / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, lib / file)


def needed_packages() -> list[Distribution]:
    """The installed packages that airsonde needs for its link commands, without airsonde."""
    found: dict[str, Distribution] = {}
    waiting = [("airsonde", _EXTRA)]
    while waiting:
        name, extra = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if name == "airsonde":
                raise DriverError("airsonde is not installed as a package; install it") from None
            continue  # for another platform or Python
        if package.metadata["Name"] in found:
            continue
        found[package.metadata["Name"]] = package
        waiting += [(need, "") for need in _needs(package, extra)]
    del found["airsonde"]
    return list(found.values())


def _needs(package: Distribution, extra: str) -> list[str]:
    """Names of required packages: those of no extra, and of the one asked for."""
    names = []
    for line in package.requires or ():
        word = match(r"[A-Za-z0-9._-]+", line)
        wanted = "extra ==" not in line or (extra and f"'{extra}'" in line.replace('"', "'"))
        if word and wanted:
            names.append(word.group())
    return names


def _write_launchers(folder: Path, lib: Path) -> None:
    folder.mkdir(parents=True)
    for command, module in COMMANDS.items():
        path = folder / command
        path.write_text(
            f"#!{_interpreter()} -I\n"
            f"import sys\n\nsys.path.insert(0, {str(lib)!r})\n"
            f"from {module} import main\n\nmain()\n"
        )
        path.chmod(0o755)


def _interpreter() -> str:
    """The interpreter itself, not the virtual environment it was started from."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = Path(sys.base_prefix) / "bin" / name
    return str(own if own.exists() else Path(sys.executable).resolve())

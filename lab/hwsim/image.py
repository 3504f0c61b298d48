"""Build the lab's Debian image, once for every recipe.

    python -m lab.hwsim.image     builds what is missing and prints where it is

Environment: LAB_DIR (default .lab), LAB_MIRROR (default: the Debian mirror of this host).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.hwsim import recipe
from lab.hwsim.place import LabError, lab_dir

HOST_PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "cpio": "cpio",
    "xz": "xz-utils",
    "zstd": "zstd",
}

_HERE = Path(__file__).parent
_INIT = _HERE / "initrd.sh"
_OVERLAY = _HERE / "root"
_UNPACK = {".xz": ["xz", "-dc"], ".zst": ["zstd", "-dcq"], ".ko": ["cat"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What QEMU boots."""

    disk: Path
    kernel: Path
    initrd: Path


def ensure_image() -> Image:
    """The image of the present recipe, built now if no earlier run has built it."""
    ensure_host_packages()
    folder = lab_dir() / f"image-{_fingerprint()}"
    if not folder.exists():
        _build(folder)
    return Image(
        disk=folder / "rootfs.img", kernel=folder / "vmlinuz", initrd=folder / "initrd.img"
    )


def ensure_host_packages() -> None:
    """Install what the host lacks; raises LabError where that takes another person or system."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    lacking = [name for tool, name in HOST_PACKAGES.items() if not shutil.which(tool, path=path)]
    if not lacking:
        return
    if not shutil.which("apt-get"):
        raise LabError(f"install {', '.join(lacking)}: this system has no apt-get to do it with")
    if os.geteuid() != 0:
        raise LabError(f"packages are missing; run: sudo apt-get install {' '.join(lacking)}")
    _run("apt-get", "-qq", "update")
    _run("apt-get", "-qq", "install", "-y", "--no-install-recommends", *lacking)


def _fingerprint() -> str:
    """A digest of everything that decides what the image holds."""
    digest = hashlib.sha256()
    for path in sorted([Path(__file__), Path(recipe.__file__), _INIT, *_overlay_files()]):
        digest.update(f"{path.relative_to(_HERE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _overlay_files() -> Iterator[Path]:
    return (path for path in _OVERLAY.rglob("*") if path.is_file())


def _build(folder: Path) -> None:
    """Build beside `folder` and rename: a build that was cut short is never taken for an image."""
    if os.geteuid() != 0:
        raise LabError("building the image takes root: sudo python -m lab.hwsim.image")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as made:
        root, image = Path(made) / "rootfs", Path(made) / "image"
        image.mkdir()
        _bootstrap(root)
        (kernel,) = root.glob("boot/vmlinuz-*")
        shutil.copy(kernel, image / "vmlinuz")
        _make_initrd(root, Path(made) / "initrd", image / "initrd.img")
        _furnish(root)
        _run("mkfs.ext4", "-q", "-F", "-L", "labroot", "-O", "^has_journal",
             "-d", root, image / "rootfs.img", recipe.SIZE)  # fmt: skip
        image.rename(folder)


def _bootstrap(root: Path) -> None:
    """Unpack and configure the packages."""
    left_out = [f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.LEFT_OUT]
    _run("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory",
         '--aptopt=APT::Install-Recommends "false"', "--dpkgopt=force-unsafe-io", *left_out,
         f"--include={','.join(recipe.PACKAGES)}", recipe.SUITE, root, _mirror())  # fmt: skip


def _mirror() -> str:
    """The package mirror that this host already uses."""
    if mirror := os.environ.get("LAB_MIRROR"):
        return mirror
    rows = _run("apt-get", "indextargets", "--format", "$(SITE)\t$(ORIGIN)\t$(LABEL)").splitlines()
    sites = [row.split("\t")[0] for row in rows if row.endswith("\tDebian\tDebian")]
    if not sites:
        raise LabError("this host has no Debian mirror: name one with LAB_MIRROR")
    return sites[0]


def _make_initrd(root: Path, work: Path, out: Path) -> None:
    """A first file system of busybox, the modules of the root disk and `initrd.sh`."""
    for name in ("modules", "proc", "dev", "root"):
        (work / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", work / "busybox")
    shutil.copy(_INIT, work / "init")
    (work / "init").chmod(0o755)
    for number, module in enumerate(_disk_modules(root)):
        unpacked = work / "modules" / f"{number:02}-{module.name.split('.')[0]}.ko"
        with unpacked.open("wb") as file:
            subprocess.run([*_UNPACK[module.suffix], module], stdout=file, check=True)
    names = "".join(f"{path.relative_to(work)}\n" for path in sorted(work.rglob("*")))
    with out.open("wb") as file:
        cpio = ("cpio", "-o", "-H", "newc", "--quiet", "-D", str(work))
        subprocess.run(cpio, input=names.encode(), stdout=file, check=True)


def _disk_modules(root: Path) -> list[Path]:
    """Module files in the order in which they load."""
    (release,) = (root / "usr/lib/modules").iterdir()
    listed = _run("chroot", root, "modprobe", "-S", release.name, "-a", "--show-depends",
                  *recipe.DISK_MODULES)  # fmt: skip
    files = [row.split()[1] for row in listed.splitlines() if row.startswith("insmod ")]
    return [root / file.lstrip("/") for file in dict.fromkeys(files)]


def _furnish(root: Path) -> None:
    """The lab's own files and units, nothing that first boots would do, no caches."""
    for folder in ("boot", "var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / folder)
        (root / folder).mkdir()
    (root / "share").mkdir()
    shutil.copytree(_OVERLAY, root, dirs_exist_ok=True)
    units = root / "etc/systemd/system"
    for name in recipe.ON_DEMAND:
        for wanted in units.glob(f"*.wants/{name}.service"):
            wanted.unlink()
    for name in recipe.MASKED:
        (units / name).unlink(missing_ok=True)
        (units / name).symlink_to("/dev/null")
    (units / "default.target").unlink(missing_ok=True)
    (units / "default.target").symlink_to("/usr/lib/systemd/system/multi-user.target")
    _run("chroot", root, "systemctl", "enable", "NetworkManager")
    _run("chroot", root, "passwd", "-d", "root")
    _run("chroot", root, "ldconfig")
    _run("touch", "-d", "+1 day", root / "etc/.updated", root / "var/.updated")


def _run(*words: str | Path) -> str:
    """What a command printed; raises LabError with its last lines when it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise LabError(f"{' '.join(map(str, words))[:80]} failed ({done.returncode}):\n{tail}")
    return done.stdout


def main() -> None:
    try:
        print(ensure_image().disk.parent)
    except LabError as e:
        sys.exit(f"lab: {e}")


if __name__ == "__main__":
    main()

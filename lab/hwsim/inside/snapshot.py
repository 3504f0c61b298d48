"""How the guest stands, as JSON: all that a link daemon could change and has to put back."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

_TREES = ("/etc", "/usr/local", "/usr/bin", "/root", "/var/lib/airsonde", "/run/systemd/system")
_PROGRAM_BYTES = 100_000  # more is a program's file, known by its size and time
_SYSCTL = ("net", "vm", "kernel", "fs")

# What moves without anybody's doing.
_RESTLESS_SYSCTL = re.compile(
    r"kernel/(ns_last_pid|random/|pty/nr|spl|tainted)|fs/(\w+-nr|\w+-state|quota/|binfmt_misc/)"
    r"|net/netfilter/nf_conntrack_count|net/ipv\d/route/flush|net/ipv6/conf/[^/]+/stable_secret"
    r"|vm/(compact_memory|drop_caches|stat_refresh)"
)
_RESTLESS_FILES = re.compile(r"/etc/resolv\.conf|/__pycache__/|/root/\.cache/")
_RESTLESS_PROFILE = ("connection.timestamp", "802-11-wireless.seen-bssids")
_CHANGING_QDISC = ("handle", "refcnt")


def snapshot() -> dict[str, dict[str, str]]:
    names = sorted(path.name for path in Path("/sys/class/net").iterdir())
    return {
        "link": dict(links()),
        "qdisc": dict(qdiscs()),
        "filter": {name: printed("tc", "filter", "show", "dev", name, "ingress") for name in names},
        "ethtool": {f"{name} {key}": value for name in names for key, value in ethtool(name)},
        "power save": {name: printed("iw", "dev", name, "get", "power_save") for name in names},
        "sysctl": dict(sysctls()),
        "irq": dict(irqs()),
        "file": dict(files()),
        "profile": dict(profiles()),
    }


def links() -> Iterator[tuple[str, str]]:
    for link in json.loads(printed("ip", "-d", "-json", "link", "show")):
        kind = link.get("linkinfo", {}).get("info_kind", link["link_type"])
        yield link["ifname"], f"{kind} mtu {link['mtu']} txqlen {link.get('txqlen')}"


def qdiscs() -> Iterator[tuple[str, str]]:
    for qdisc in json.loads(printed("tc", "-json", "qdisc", "show")):
        place = f"{qdisc['dev']} {qdisc.get('parent', 'root')}"
        stands = {key: qdisc[key] for key in qdisc if key not in _CHANGING_QDISC}
        yield place, json.dumps(stands, sort_keys=True)


def ethtool(name: str) -> Iterator[tuple[str, str]]:
    """Features, coalescing and Energy-Efficient Ethernet; nothing where a device has none."""
    for option in ("--show-features", "--show-coalesce", "--show-eee"):
        for row in printed("ethtool", option, name).splitlines():
            key, colon, value = row.partition(":")
            if colon and value:
                yield f"{option} {key.strip()}", value.strip()


def sysctls() -> Iterator[tuple[str, str]]:
    root = Path("/proc/sys")
    for top in _SYSCTL:
        for path in sorted((root / top).rglob("*")):
            name = str(path.relative_to(root))
            if path.is_file() and not _RESTLESS_SYSCTL.match(name):
                yield name, content(path)


def irqs() -> Iterator[tuple[str, str]]:
    for path in sorted(Path("/proc/irq").glob("*/smp_affinity_list")):
        yield path.parent.name, content(path)


def files() -> Iterator[tuple[str, str]]:
    for tree in _TREES:
        for folder, _, names in os.walk(tree):
            for path in (Path(folder) / name for name in names):
                if not _RESTLESS_FILES.search(str(path)):
                    yield str(path), fingerprint(path)


def fingerprint(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    found = path.stat()
    stands = f"mode {found.st_mode:o} owner {found.st_uid}:{found.st_gid}"
    if found.st_size > _PROGRAM_BYTES:
        return f"{found.st_size} bytes of {found.st_mtime_ns} {stands}"
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]} {stands}"


def profiles() -> Iterator[tuple[str, str]]:
    """NetworkManager's connections as it holds them in memory, setting by setting."""
    for uuid in printed("nmcli", "-g", "UUID", "connection", "show").split():
        for row in printed("nmcli", "-t", "-s", "connection", "show", uuid).splitlines():
            key, _, value = row.partition(":")
            # Rows in capitals are not settings but the state of the activation.
            if not key[:1].isupper() and key not in _RESTLESS_PROFILE:
                yield f"{uuid} {key}", value


def content(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError as e:
        return f"unreadable: {e.strerror}"


def printed(*words: str) -> str:
    """What a program prints; nothing where it does not apply to the device."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    print(json.dumps(snapshot()))

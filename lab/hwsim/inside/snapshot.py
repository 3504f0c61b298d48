"""How the guest stands, as JSON: all that a link daemon could change and has to put back."""

import hashlib
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

_TREES = ("/etc", "/usr/local", "/usr/bin", "/root", "/var/lib/airsonde", "/run/systemd/system")
_PROGRAMS = ("/usr/bin/", "/var/lib/airsonde/program/")  # known by size and time: 2000 files
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
    for top in _SYSCTL:
        for folder, _, names in os.walk(f"/proc/sys/{top}"):
            for path in (f"{folder}/{name}" for name in names):
                name = path.removeprefix("/proc/sys/")
                if not _RESTLESS_SYSCTL.match(name):
                    yield name, content(Path(path))


def irqs() -> Iterator[tuple[str, str]]:
    for path in sorted(Path("/proc/irq").glob("*/smp_affinity_list")):
        yield path.parent.name, content(path)


def files() -> Iterator[tuple[str, str]]:
    for tree in _TREES:
        for folder, _, names in os.walk(tree):
            for path in (f"{folder}/{name}" for name in names):
                if not _RESTLESS_FILES.search(path):
                    yield path, fingerprint(path)


def fingerprint(path: str) -> str:
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return f"-> {Path(path).readlink()}"
    stands = f"mode {found.st_mode:o} owner {found.st_uid}:{found.st_gid}"
    if path.startswith(_PROGRAMS):
        return f"{found.st_size} bytes of {found.st_mtime_ns} {stands}"
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return f"{digest[:16]} {stands}"


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

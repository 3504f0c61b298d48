"""What this machine measures with, or could: serial ports, Wi-Fi cards, radio switches."""

from dataclasses import dataclass
from pathlib import Path

_SYS = Path("/sys/class")


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiCard:
    """An interface and its kernel driver (None: not told)."""

    ifname: str
    driver: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedRadio:
    """A radio that is switched off; `hard`: by a switch that no program can turn."""

    name: str
    hard: bool


def serial_ports(dev: Path = Path("/dev")) -> list[str]:
    """Ports of USB serial adapters, by their lasting names where there are such."""
    lasting = sorted((dev / "serial" / "by-id").glob("*"))
    return [str(p) for p in lasting or sorted([*dev.glob("ttyUSB*"), *dev.glob("ttyACM*")])]


def wifi_cards(sys: Path = _SYS) -> list[WifiCard]:
    """Interfaces that are wireless (they have a `phy80211`)."""
    found = sorted(p.parent for p in (sys / "net").glob("*/phy80211"))
    return [WifiCard(ifname=p.name, driver=_driver(p / "device" / "driver")) for p in found]


def blocked_radios(sys: Path = _SYS) -> list[BlockedRadio]:
    """Wi-Fi radios that rfkill holds off."""
    found = []
    for switch in sorted((sys / "rfkill").glob("rfkill*")):
        hard, soft = _word(switch / "hard") == "1", _word(switch / "soft") == "1"
        if _word(switch / "type") == "wlan" and (hard or soft):
            found.append(BlockedRadio(name=_word(switch / "name") or switch.name, hard=hard))
    return found


def _driver(link: Path) -> str | None:
    return link.resolve().name if link.exists() else None


def _word(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return None

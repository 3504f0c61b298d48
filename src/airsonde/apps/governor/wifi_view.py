"""One Wi-Fi interface as nl80211 tells of it: the link, its surroundings, the busy channel."""

from dataclasses import dataclass

from airsonde.core.ids import MacAddress
from airsonde.drivers.linux.interface import Interface
from airsonde.drivers.linux.nl80211 import Happening, Nl80211
from airsonde.drivers.linux.wifi_facts import HeardBss, Station, Survey, WifiInterface
from airsonde.link.model import Bss

LOOK_NS = 900_000_000  # what the kernel counts is not asked for more often than this
SURVEY_NS = 5_000_000_000  # nor are its statistics of every channel, which cost as much as the rest
MOST_CANDIDATES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiLook:
    """The link at one moment; `station` None while not associated."""

    station: Station | None
    ap: Bss | None
    scan_id: int | None
    candidates: tuple[Bss, ...]
    channel_busy: float | None


class WifiView:
    """Remembers what changes with events only: what a scan found, and the tuned channel."""

    def __init__(self, nl80211: Nl80211, interface: Interface) -> None:
        self._nl80211 = nl80211
        self._interface = interface
        self._tuned: WifiInterface | None = None
        self._scans = 0
        self._before_ns = self._ended_ns = 0
        self._unread = True
        self._candidates: tuple[Bss, ...] = ()
        self._bssid: bytes | None = None
        self._last: WifiLook | None = None
        self._looked_ns = 0
        self._survey: tuple[Survey, Station | None] | None = None
        self._surveyed_ns = 0
        self._busy_share: float | None = None

    def told(self, happening: Happening, now_ns: int) -> None:
        """What was heard between the ends of two scans belongs to the second."""
        match happening:
            case Happening.SCANNED:
                self._before_ns, self._ended_ns = self._ended_ns, now_ns
                self._scans += 1
                self._unread = True
            case Happening.SCAN_ABORTED:
                self._ended_ns = now_ns
        self._last = None

    async def look(self, now_ns: int) -> WifiLook:
        """Ask the kernel, or give what it said within the last second. Raises DriverError."""
        if self._last is None or now_ns - self._looked_ns >= LOOK_NS:
            self._last, self._looked_ns = await self._look(now_ns), now_ns
        return self._last

    async def _look(self, now_ns: int) -> WifiLook:
        station = next(iter(await self._nl80211.stations(self._interface)), None)
        if self._tuned is None or (station and station.address != self._bssid):
            await self._tune(station)
        if self._tuned is not None and not self._tuned.is_station:
            station = None  # of an access point they are its clients
        if self._unread:
            await self._read_scan(now_ns)
        return WifiLook(
            station=station,
            ap=None if station is None else self._ap(station),
            scan_id=self._scans or None,
            candidates=self._candidates,
            channel_busy=await self._busy(station, now_ns),
        )

    async def _tune(self, station: Station | None) -> None:
        known = await self._nl80211.interfaces()
        self._tuned = next((i for i in known if i.index == self._interface.index), None)
        self._bssid = None if station is None else station.address
        self._survey, self._surveyed_ns, self._busy_share = None, 0, None

    async def _read_scan(self, now_ns: int) -> None:
        self._unread = False
        scan, fresh_ms = self._scans, (now_ns - self._before_ns) / 1e6
        heard = await self._nl80211.heard(self._interface)
        loudest = sorted(heard, key=lambda b: -(b.signal_dbm or -999))[:MOST_CANDIDATES]
        seen = (scan - (b.seen_ms_ago > fresh_ms) for b in loudest)
        self._candidates = tuple(map(_bss, loudest, seen))

    def _ap(self, station: Station) -> Bss:
        bssid = MacAddress(station.address)
        scanned = next((c for c in self._candidates if c.bssid == bssid), None)
        tuned = self._tuned
        return Bss(
            bssid=bssid,
            ssid=text_of(tuned.ssid if tuned else None) or (scanned.ssid if scanned else None),
            freq_mhz=tuned.frequency_mhz if tuned else None,
            # mac80211 says 0 dBm until the first frame was heard
            signal_dbm=station.signal_dbm or station.signal_average_dbm or None,
        )

    async def _busy(self, station: Station | None, now_ns: int) -> float | None:
        if now_ns - self._surveyed_ns < SURVEY_NS:
            return self._busy_share
        self._surveyed_ns = now_ns
        surveys = await self._nl80211.surveys(self._interface)
        survey = next((s for s in surveys if s.in_use), None)
        last, self._survey = self._survey, None if survey is None else (survey, station)
        self._busy_share = None
        if survey and last and last[0].frequency_mhz == survey.frequency_mhz:
            own_ms = _own_ms(last[1], station)
            self._busy_share = busy_share(last[0], survey, own_ms=own_ms)
        return self._busy_share


def busy_share(before: Survey, after: Survey, *, own_ms: float) -> float | None:
    """The share of the time between two surveys in which others held the channel, 0..1."""
    active = _grown(before.active_ms, after.active_ms)
    busy = _grown(before.busy_ms, after.busy_ms)
    if not active or busy is None:
        return None
    own = max(own_ms, _grown(before.transmitting_ms, after.transmitting_ms) or 0)
    return min(1.0, max(0.0, (busy - own) / active))


def _own_ms(before: Station | None, after: Station | None) -> float:
    """Time on the air of this station's own frames, as far as the driver counts it."""
    if before is None or after is None:
        return 0.0
    sent = _grown(before.tx_duration_us, after.tx_duration_us) or 0
    received = _grown(before.rx_duration_us, after.rx_duration_us) or 0
    return (sent + received) / 1000


def _grown(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None or after < before else after - before


def _bss(heard: HeardBss, seen_scan_id: int) -> Bss:
    return Bss(
        bssid=MacAddress(heard.bssid),
        ssid=text_of(heard.ssid),
        freq_mhz=heard.frequency_mhz,
        signal_dbm=heard.signal_dbm,
        seen_scan_id=seen_scan_id,
    )


def text_of(ssid: bytes | None) -> str | None:
    """An SSID as text; a hidden one is unknown."""
    return ssid.decode("utf-8", "replace") if ssid and any(ssid) else None

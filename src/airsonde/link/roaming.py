"""Preset adaptive's roaming: on evidence, as a transaction that is verified or taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from airsonde.core.channel import Band
from airsonde.core.ids import MacAddress, mac_text
from airsonde.core.smooth import Ema, Persist
from airsonde.link.model import NS_PER_S, Bss, LinkAction, Reason, Roam, Scan, Situation
from airsonde.link.transaction import Avoided, Transaction, Verdict, VerifyConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class RoamingConfig:
    """Signals in dBm, differences in dB, times in seconds.

    A candidate must score `margin_db` better in `scans` scans in a row (`return_db` more if it was
    left within `return_s`) and be heard at `usable_dbm`, the access point must have been kept for
    `dwell_s`, nobody may play and no more than `busy_mbit` flow. A link at or under `failing_dbm`
    is left on one scan for anything `failing_margin_db` better, after `failing_dwell_s`, whoever
    plays. The signal is averaged over samples at least `signal_s` apart. Scans are asked for every
    `scan_failing_s`, `scan_weak_s` or `scan_idle_s`, as the link is.
    """

    bias_5ghz_db: float = 15.0
    bias_6ghz_db: float = 17.0
    margin_db: float = 8.0
    scans: int = 3
    dwell_s: float = 60.0
    return_db: float = 4.0
    return_s: float = 600.0
    busy_mbit: float = 2.0
    usable_dbm: float = -72.0
    weak_dbm: float = -70.0
    failing_dbm: float = -80.0
    failing_margin_db: float = 4.0
    failing_dwell_s: float = 30.0
    signal_alpha: float = 0.5
    signal_s: float = 1.0
    scan_failing_s: float = 8.0
    scan_weak_s: float = 20.0
    scan_idle_s: float = 300.0
    verify: VerifyConfig = field(default_factory=VerifyConfig)


class Roaming:
    """Decide, roam, verify, and keep or take back.

    The signal of the current access point is the live one, averaged; candidates count once per
    scan. Of equal scores the lower BSSID is the better one. A change of the access point that
    somebody else made is an observation like any other. What was heard before the machine slept
    is no evidence afterwards, and a roam that sleep interrupted is not judged.
    """

    def __init__(self, config: RoamingConfig | None = None) -> None:
        self.config = config or RoamingConfig()
        self._signal = Ema(self.config.signal_alpha)
        self._avoided = Avoided(self.config.verify)
        self._evidence = Persist(self.config.scans)
        self._heard_ns = 0
        self._bssid: MacAddress | None = None
        self._left: tuple[MacAddress, int] | None = None
        self._kept_since_ns: int | None = None
        self._scan_id: int | None = None
        self._void_scan_id: int | None = None
        self._asked_ns: int | None = None
        self._open: Transaction | None = None
        self._best: Bss | None = None
        self._gain_db: float | None = None
        self._rule = ""
        self._blocked: tuple[str, ...] = ()
        self._last: tuple[str, tuple[str, ...]] = ("no scan yet", ())

    def step(self, now: Situation, /) -> Sequence[LinkAction]:
        self._blocked = ()
        if now.woke:
            self._begin_anew(now)
        self._notice(now)
        if self._open is not None:
            return self._verify(now, self._open)
        ap = now.obs.ap
        if ap is None or self._signal.value is None:
            self._rule = "no access point"
            return ()
        if not now.may_roam:
            self._rule = "not on this network"
            return ()
        return [*self._roam(now, ap), *self._scan(now)]

    def _notice(self, now: Situation) -> None:
        ap = now.obs.ap
        if ap is None:
            return
        if ap.bssid != self._bssid:
            if self._bssid is not None:
                self._left = (self._bssid, now.obs.t_ns)
                self._kept_since_ns = now.obs.t_ns
            self._bssid, self._signal.value = ap.bssid, None
            self._evidence.reset()
        spacing_ns = self.config.signal_s * NS_PER_S
        new = self._signal.value is None or now.obs.t_ns - self._heard_ns >= spacing_ns
        if ap.signal_dbm is not None and new:
            self._heard_ns = now.obs.t_ns
            self._signal.push(ap.signal_dbm)

    def _begin_anew(self, now: Situation) -> None:
        self._open = self._asked_ns = self._signal.value = None
        self._evidence.reset()
        self._void_scan_id = now.obs.scan_id

    def _roam(self, now: Situation, ap: Bss) -> Sequence[LinkAction]:
        if not self._is_new_scan(now):
            self._rule, self._blocked = self._last
            return ()
        actions = self._decide(now, ap)
        self._last = self._rule, self._blocked
        return actions

    def _decide(self, now: Situation, ap: Bss) -> Sequence[LinkAction]:
        self._best, self._gain_db = self._judge(now, ap)
        enough = self._is_enough(now)
        persists = self._evidence.push(self._best.bssid if self._best and enough else None)
        if self._best is None or not enough:
            self._rule = "nothing better by the margin"
            return ()
        self._blocked = self._against(now, persists=persists)
        if self._blocked:
            self._rule = "better by the margin"
            return ()
        self._rule = "failing: left" if self._failing else "better for long enough: roam"
        self._evidence.reset()
        self._open = Transaction(
            target=self._best,
            origin=ap.bssid,
            since_ns=now.obs.t_ns,
            gain_db=self._gain_db or 0.0,
        )
        return (Roam(ifname=now.obs.ifname, bssid=self._best.bssid),)

    def _is_new_scan(self, now: Situation) -> bool:
        """A scan that was not counted yet; a failing link may decide on the last one again."""
        scan_id = now.obs.scan_id
        new = scan_id != self._scan_id
        self._scan_id = scan_id
        return scan_id not in {None, self._void_scan_id} and (new or self._failing)

    def _judge(self, now: Situation, ap: Bss) -> tuple[Bss | None, float | None]:
        """The best usable candidate, and by how much it scores better."""
        here = (self._signal.value or 0.0) + self._bias_db(ap)
        others = [
            (here - signal - self._bias_db(c), c.bssid, c)
            for c in now.obs.candidates
            if c.ssid is not None and c.ssid == ap.ssid and c.bssid != ap.bssid
            if (signal := c.signal_dbm) is not None and self._is_usable(signal)
            if c.seen_scan_id in {None, now.obs.scan_id}
            if not self._avoided.holds(c.bssid, now.obs.t_ns)
        ]
        if not others:
            return None, None
        loss, _, best = min(others, key=lambda o: o[:2])
        return best, -loss

    def _is_usable(self, signal_dbm: float) -> bool:
        return self._failing or signal_dbm >= self.config.usable_dbm

    def _bias_db(self, bss: Bss) -> float:
        bias = {Band.GHZ_5: self.config.bias_5ghz_db, Band.GHZ_6: self.config.bias_6ghz_db}
        return bias.get(bss.band, 0.0) if bss.band else 0.0

    def _is_enough(self, now: Situation) -> bool:
        if self._best is None or self._gain_db is None:
            return False
        if self._failing:
            return self._gain_db >= self.config.failing_margin_db
        margin = self.config.margin_db
        if self._was_left_lately(self._best, now.obs.t_ns):
            margin += self.config.return_db
        return self._gain_db >= margin

    def _was_left_lately(self, bss: Bss, t_ns: int) -> bool:
        if self._left is None or self._left[0] != bss.bssid:
            return False
        return t_ns - self._left[1] < self.config.return_s * NS_PER_S

    def _against(self, now: Situation, *, persists: bool) -> tuple[str, ...]:
        dwell_s = self.config.failing_dwell_s if self._failing else self.config.dwell_s
        kept_ns = now.obs.t_ns - (self._kept_since_ns or 0)
        flowing = (now.estimates.rx_mbit or 0.0) + (now.estimates.tx_mbit or 0.0)
        held = {
            "dwell": self._kept_since_ns is not None and kept_ns < dwell_s * NS_PER_S,
            "evidence of too few scans": not persists and not self._failing,
            "game": now.game and not self._failing,
            "traffic": flowing > self.config.busy_mbit and not self._failing,
        }
        return tuple(name for name, holds in held.items() if holds)

    @property
    def _failing(self) -> bool:
        return self._signal.value is not None and self._signal.value <= self.config.failing_dbm

    def _scan(self, now: Situation) -> Sequence[LinkAction]:
        if self._open is not None or (now.game and not self._failing):
            return ()
        weak = self._signal.value is not None and self._signal.value <= self.config.weak_dbm
        pause_s = self.config.scan_weak_s if weak or self._evidence.candidate else None
        pause_s = self.config.scan_failing_s if self._failing else pause_s
        pause_ns = (pause_s or self.config.scan_idle_s) * NS_PER_S
        if self._asked_ns is not None and now.obs.t_ns - self._asked_ns < pause_ns:
            return ()
        self._asked_ns = now.obs.t_ns
        return (Scan(ifname=now.obs.ifname),)

    def _verify(self, now: Situation, roam: Transaction) -> Sequence[LinkAction]:
        verdict = roam.judge(now.obs, self.config.verify)
        self._rule = verdict.value
        if verdict is Verdict.OPEN:
            return ()
        self._open = None
        self._last = self._rule, ()
        if verdict is Verdict.KEPT:
            self._avoided.forgive(roam.target.bssid)
        elif verdict is not Verdict.ELSEWHERE:
            self._avoided.add(roam.target.bssid, now.obs.t_ns)
        if verdict in {Verdict.WORSE, Verdict.LOST}:
            return (Roam(ifname=now.obs.ifname, bssid=roam.origin),)
        return ()

    def why(self) -> Reason:
        return Reason(
            policy="roaming",
            rule=self._rule,
            blocked_by=self._blocked,
            saw={
                "signal_dbm": self._signal.value,
                "best": mac_text(self._best.bssid) if self._best else None,
                "gain_db": self._gain_db,
                "scans": self._evidence.seen if self._evidence.candidate else 0,
            },
        )

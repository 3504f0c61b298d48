"""Tell whether somebody plays: from the packet rate alone, or from what games look like."""

from collections import deque
from dataclasses import dataclass

from airsonde.core.smooth import Cooldown
from airsonde.link.model import NS_PER_S, Estimates, Observation, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketGameConfig:
    above_pps: float = 200.0
    hold_s: float = 30.0


class PacketGame:
    """Preset v3: more than 200 packets/s, held until 30 s after the last time."""

    def __init__(self, config: PacketGameConfig | None = None) -> None:
        self.config = config or PacketGameConfig()
        self._hold = Cooldown(round(self.config.hold_s * NS_PER_S))
        self._pps: float | None = None
        self._active = self._triggered = False

    def push(self, obs: Observation, estimates: Estimates) -> bool:
        self._pps = estimates.packets_pps
        self._triggered = self._pps is not None and self._pps > self.config.above_pps
        self._active = self._hold.push(obs.t_ns, triggered=self._triggered)
        return self._active

    def why(self) -> Reason:
        held = "held after the last trigger" if self._active else "no game"
        return Reason(
            policy="game_mode",
            rule="packet rate above the threshold" if self._triggered else held,
            blocked_by=("packet rate unknown",) if self._pps is None else (),
            saw={"packets_pps": self._pps, "active": self._active},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GameShapeConfig:
    """A game's packets: some, not many, small, both ways, and evenly.

    `steady` bounds the spread (largest less smallest, over the mean) of the last `samples` rates,
    `most_bytes` the mean size of a packet where sizes are known.
    """

    least_pps: float = 15.0
    most_pps: float = 250.0
    most_asymmetry: float = 4.0
    most_bytes: float = 600.0
    steady: float = 0.6
    samples: int = 4
    hold_s: float = 30.0


class GameShape:
    """Preset adaptive: a game registered with GameMode, or small steady packets both ways.

    Datagrams are looked at where they are counted, all packets of the interface otherwise. A
    download is many large packets, mostly one way; it is no game. A call looks like a game, and
    is treated as one.
    """

    def __init__(self, config: GameShapeConfig | None = None) -> None:
        self.config = config or GameShapeConfig()
        self._hold = Cooldown(round(self.config.hold_s * NS_PER_S))
        self._rates: deque[tuple[float, float]] = deque(maxlen=self.config.samples)
        self._estimates: Estimates | None = None
        self._rule = "no game"
        self._blocked: tuple[str, ...] = ()
        self._games: int | None = None

    def push(self, obs: Observation, estimates: Estimates) -> bool:
        self._games = obs.registered_games
        if estimates is not self._estimates:
            self._push_rates(estimates)
        self._estimates = estimates
        reason = self._against(estimates)
        self._blocked = (reason,) if reason else ()
        triggered = bool(self._games) or reason is None
        active = self._hold.push(obs.t_ns, triggered=triggered)
        if self._games:
            self._rule = "registered with GameMode"
        elif triggered:
            self._rule = "small steady packets both ways"
        else:
            self._rule = "held after the last trigger" if active else "no game"
        return active

    def _push_rates(self, estimates: Estimates) -> None:
        datagrams = estimates.udp_rx_pps, estimates.udp_tx_pps
        rx, tx = datagrams if None not in datagrams else (estimates.rx_pps, estimates.tx_pps)
        if rx is None or tx is None:
            self._rates.clear()
        else:
            self._rates.append((rx, tx))

    def _against(self, estimates: Estimates) -> str | None:
        if len(self._rates) < self.config.samples:
            return "packet rates not known for long enough"
        rx, tx = ([pair[side] for pair in self._rates] for side in (0, 1))
        if min(*rx, *tx) < self.config.least_pps or max(*rx, *tx) > self.config.most_pps:
            return "packet rate is not that of a game"
        if not 1 / self.config.most_asymmetry <= sum(rx) / sum(tx) <= self.config.most_asymmetry:
            return "packets go one way"
        if max(_spread(rx), _spread(tx)) > self.config.steady:
            return "packets are not steady"
        return "packets are large" if self._are_large(estimates) else None

    def _are_large(self, estimates: Estimates) -> bool:
        if estimates.udp_rx_pps is not None:
            return False
        pairs = (estimates.rx_mbit, estimates.rx_pps), (estimates.tx_mbit, estimates.tx_pps)
        return any(
            mbit is not None and pps and mbit * 125e3 / pps > self.config.most_bytes
            for mbit, pps in pairs
        )

    def why(self) -> Reason:
        rx, tx = self._rates[-1] if self._rates else (None, None)
        return Reason(
            policy="game_mode",
            rule=self._rule,
            blocked_by=self._blocked,
            saw={"registered_games": self._games, "rx_pps": rx, "tx_pps": tx},
        )


def _spread(values: list[float]) -> float:
    return (max(values) - min(values)) * len(values) / sum(values)

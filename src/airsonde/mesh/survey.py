"""How busy the channels of a room are, from what its nodes measure where they are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from airsonde.core.smooth import Ema

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyConfig:
    """Of a new share `alpha` counts; what is older than `valid_ns` is not known any more."""

    alpha: float = 0.2
    valid_ns: int = 600 * SECOND_NS


@dataclass(slots=True)
class ChannelSurvey:
    """Fed once a second and node; a channel where nobody is keeps its last share for a while."""

    config: SurveyConfig = field(default_factory=SurveyConfig)
    _heard: dict[int, tuple[int, Ema]] = field(default_factory=dict)

    def hear(self, channel: int, share: float, t_ns: int) -> None:
        """A node found its channel occupied for that share of time, 0…1."""
        _, mean = self._heard.get(channel) or (t_ns, Ema(self.config.alpha))
        mean.push(share)
        self._heard[channel] = t_ns, mean

    def known(self, t_ns: int) -> Iterator[tuple[int, float]]:
        for channel, (heard_ns, mean) in sorted(self._heard.items()):
            if mean.value is not None and t_ns - heard_ns <= self.config.valid_ns:
                yield channel, mean.value

    def busy(self, channels: Iterable[int], t_ns: int) -> Mapping[int, float]:
        """The share of each of some channels; one that nobody knows counts as their mean."""
        known = dict(self.known(t_ns))
        usual = fmean(known.values()) if known else 0.0
        return {channel: known.get(channel, usual) for channel in channels}

"""What has been accepted is never accepted again: sliding bitmaps, one a sender and boot."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from airsonde.core.errors import AuthError
from airsonde.core.ids import NodeId
from airsonde.mesh.model import Refusal

WIDTH = 64
_MASK = (1 << WIDTH) - 1


@dataclass(slots=True)
class Window:
    """The highest counter and, as bits below it, which of the last 64 were accepted.

    A counter below the window is refused, so none is ever accepted twice, whatever the order.
    """

    highest: int = -1
    seen: int = 0

    def accept(self, counter: int) -> bool:
        ahead = counter - self.highest
        if ahead > 0:
            self.seen = (self.seen << ahead | 1) & _MASK if ahead < WIDTH else 1
            self.highest = counter
            return True
        if ahead <= -WIDTH or self.seen >> -ahead & 1:
            return False
        self.seen |= 1 << -ahead
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What must outlive a restart, or recorded messages would pass again."""

    sender: NodeId
    boot_epoch: int
    highest: int


@dataclass(slots=True)
class _Boot:
    epoch: int
    window: Window = field(default_factory=Window)


@dataclass(slots=True)
class ReplayGuard:
    """Windows by sender. Ask only for messages whose tag is right: state is made by asking."""

    most_senders: int = 65_536
    _boots: dict[NodeId, _Boot] = field(default_factory=dict)
    _moved: set[NodeId] = field(default_factory=set)

    def accept(self, sender: NodeId, boot_epoch: int, counter: int) -> None:
        """Note one message. Raises AuthError: older boot epoch, counter seen before or too old."""
        boot = self._boots.get(sender)
        if boot is None:
            if len(self._boots) >= self.most_senders:
                raise AuthError(Refusal.TOO_MANY_SENDERS)
            boot = self._boots[sender] = _Boot(boot_epoch)
        elif boot_epoch < boot.epoch:
            raise AuthError(Refusal.STALE_BOOT_EPOCH)
        elif boot_epoch > boot.epoch:
            boot = self._boots[sender] = _Boot(boot_epoch)
        if not boot.window.accept(counter):
            raise AuthError(Refusal.REPLAYED)
        self._moved.add(sender)

    def marks(self) -> list[Mark]:
        """One mark a sender, to be kept by whoever can."""
        return [self._mark(sender) for sender in self._boots]

    def take_moved(self) -> list[Mark]:
        """The marks of those who were heard since this was asked last."""
        moved, self._moved = self._moved, set()
        return [self._mark(sender) for sender in moved]

    def restore(self, marks: Iterable[Mark]) -> None:
        """Take marks up again; everything at or below them counts as seen."""
        for mark in marks:
            window = Window(mark.highest, _MASK)
            self._boots[mark.sender] = _Boot(mark.boot_epoch, window)

    def _mark(self, sender: NodeId) -> Mark:
        boot = self._boots[sender]
        return Mark(sender=sender, boot_epoch=boot.epoch, highest=boot.window.highest)

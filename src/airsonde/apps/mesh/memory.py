"""What a mesh program remembers across restarts: its id, its boot epoch, what it has accepted.

Without the marks a recorded message would pass again after a restart, without the boot epoch the
program's own messages would look like old ones.
"""

import secrets
from pathlib import Path
from typing import Final

import msgspec

from airsonde.apps.mesh.folders import make_private
from airsonde.apps.mesh.mark_journal import MarkJournal
from airsonde.core.errors import ConfigError, DecodeError
from airsonde.core.ids import NodeId
from airsonde.drivers.linux.atomic_file import read_small, replace
from airsonde.mesh.model import NODE_ID_BYTES, U32, parse_node_id
from airsonde.mesh.replay import Mark

_FILE: Final = "memory.json"
_JOURNAL: Final = "marks.journal"
_LARGEST: Final = 16 << 20


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """As it is written; a mark is (sender, boot epoch, highest counter)."""

    node: str
    boot_epoch: int = 0
    epoch: int = 0
    marks: list[tuple[str, int, int]] = []  # msgspec copies it


class Memory:
    """One program's file; reading it begins a new boot epoch, which is on disk before it is used.

    Raises ConfigError when the file is damaged, DriverError when it cannot be written.
    """

    def __init__(self, folder: Path, node: NodeId | None = None) -> None:
        make_private(folder)
        self._path = folder / _FILE
        self._document = self._read(node)
        self._journal = MarkJournal(folder / _JOURNAL)
        self._accepted = {mark.sender: mark for mark in self._saved_marks()}
        self._accepted |= {mark.sender: mark for mark in self._journal.read()}
        self._written = b""
        if self._document.boot_epoch >= U32:
            raise ConfigError(f"{self._path}: boot epochs are used up; give the node another id")
        self._document.boot_epoch += 1
        self._write()

    @property
    def node(self) -> NodeId:
        return parse_node_id(self._document.node)

    @property
    def boot_epoch(self) -> int:
        return self._document.boot_epoch

    @property
    def epoch(self) -> int:
        """The coordinator epoch that stood when it was saved last."""
        return self._document.epoch

    @property
    def marks(self) -> list[Mark]:
        """What had been accepted when the program ended, however it did."""
        return list(self._accepted.values())

    def note(self, marks: list[Mark]) -> None:
        """Keep marks that moved, at once: before anything is done because of what moved them."""
        self._journal.append(marks)

    def save(self, *, boot_epoch: int, epoch: int, marks: list[Mark]) -> None:
        """Write what changed since the last time, if anything did."""
        self._document.boot_epoch, self._document.epoch = boot_epoch, epoch
        self._document.marks = [(m.sender.hex(), m.boot_epoch, m.highest) for m in marks]
        self._write()
        self._journal.clear()

    def _saved_marks(self) -> list[Mark]:
        return [
            Mark(sender=parse_node_id(sender), boot_epoch=boot, highest=highest)
            for sender, boot, highest in self._document.marks
        ]

    def _write(self) -> None:
        content = msgspec.json.encode(self._document)
        if content != self._written:
            replace(self._path, content, mode=0o600)
            self._written = content

    def _read(self, node: NodeId | None) -> _Document:
        content = read_small(self._path, _LARGEST)
        if content is None:
            fresh = node or NodeId(secrets.token_bytes(NODE_ID_BYTES))
            return _Document(node=fresh.hex())
        try:
            document = msgspec.json.decode(content, type=_Document)
            parse_node_id(document.node)
            for sender, _, _ in document.marks:
                parse_node_id(sender)
        except (msgspec.DecodeError, ConfigError) as e:
            raise DecodeError(f"{self._path} is damaged ({e}); remove it to begin anew") from None
        if node is not None and document.node != node.hex():
            raise ConfigError(
                f"{self._path} belongs to node {document.node}; choose another --state"
            )
        return document

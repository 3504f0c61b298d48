"""Which memory store an address means: a file, PostgreSQL, or what a plugin brings."""

import os
from pathlib import Path
from typing import Final

from airsonde import plugins
from airsonde.core.errors import ConfigError
from airsonde.csi.memory import RfMemory

_GROUP: Final = "airsonde.stores"
_POSTGRES: Final = ("postgresql", "postgres")


def default_store() -> Path:
    """`airsonde/memory.db` in XDG_STATE_HOME, else in ~/.local/state."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "airsonde" / "memory.db"


def open_store(address: str | None = None) -> RfMemory:
    """Open what a path or `scheme://…` means; None is the default file.

    A plugin is a function from the address to RfMemory, under its scheme as entry point. Raises
    ConfigError for an unknown scheme, DriverError when the store cannot be opened.
    """
    scheme, separator, _ = (address or "").partition("://")
    if not separator:
        from airsonde.drivers.stores.sqlite import open_sqlite

        return open_sqlite(Path(address) if address else default_store())
    if scheme in _POSTGRES:
        from airsonde.drivers.stores.postgres import open_postgres

        return open_postgres(str(address))
    if scheme not in plugins.names(_GROUP):
        known = ", ".join([*_POSTGRES, *plugins.names(_GROUP)])
        raise ConfigError(f"no store for {scheme}://; name a file, or one of {known}")
    store: RfMemory = plugins.load(_GROUP, scheme)(address)
    return store

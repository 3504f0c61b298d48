"""Wi-Fi on Linux: a link governor, a channel-state-information runtime, a sensing mesh.

`open(path)` opens a capture of any known format; `decode(family, data, t_ns)` decodes one live
payload. Both are loaded when first used: importing airsonde costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airsonde.apps.python_api import decode, open  # noqa: A004

__version__ = "0.1.0"
__all__ = ["__version__", "decode", "open"]


def __getattr__(name: str) -> Any:
    if name not in {"decode", "open"}:
        raise AttributeError(f"module 'airsonde' has no attribute {name!r}")
    from airsonde.apps import python_api

    return getattr(python_api, name)

"""`[link]`: whether the agent watches the link governor of this host, or is it."""

from pathlib import Path
from typing import Literal

from airsonde.apps.agent.table import Table, Where


class LinkSettings(Table):
    """`watch` asks the governor that answers in `folder`; `run` governs from within the agent.

    `config` is the governor's own file, for `run` (default: the one it has as a service).
    """

    mode: Literal["off", "watch", "run"] = "off"
    folder: Where = Path("/run/airsonde")
    config: Where | None = None

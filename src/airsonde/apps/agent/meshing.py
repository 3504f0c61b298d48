"""The mesh in the agent: watches a program that runs, coordinates, or is a node itself."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airsonde.apps.agent import mesh_views
from airsonde.apps.agent.hub import Fields
from airsonde.apps.agent.log import Log
from airsonde.apps.agent.mesh_feed import MeshFeed
from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.agent.source import Source
from airsonde.apps.agent.teller import Teller
from airsonde.apps.live import Heard
from airsonde.apps.mesh.folders import state_folder
from airsonde.apps.mesh.start import coordinators_near, first_error, stay_announced
from airsonde.apps.mesh.status import read_status, write_status
from airsonde.core.errors import AirsondeError, ConfigError, DecodeError

if TYPE_CHECKING:
    from airsonde.apps.mesh.compose import Sensing
    from airsonde.apps.mesh.coordinator_daemon import CoordinatorDaemon

_LOOK_S: Final = 1.0
_MOST_HAPPENINGS: Final = 30
_STARTING: Final = "it is starting"


class Meshing:
    """A part of the agent; how the mesh stands is told once a second, what happens at once.

    Raises ConfigError when the source of a node is none of the agent's.
    """

    name = "mesh"

    def __init__(
        self, settings: MeshSettings, sources: Mapping[str, Source], teller: Teller, log: Log
    ) -> None:
        if settings.source is not None and settings.source not in sources:
            raise ConfigError(f"mesh.source: there is no source {settings.source!r}")
        self._settings = settings
        self._source = sources.get(settings.source or "")
        self._teller = teller
        self._log = log
        self._feed = MeshFeed()
        self._happenings: deque[Fields] = deque(maxlen=_MOST_HAPPENINGS)
        self._raw: dict[str, tuple[float, int]] = {}
        self._coordinator: CoordinatorDaemon | None = None
        self._absent(_STARTING)

    def take(self, source: Source, heard: Heard) -> None:
        """Pass on what the source of a node heard."""
        if source is self._source and source.session is not None:
            self._feed.take(source.session.number, heard.batches)

    def calibrate(self, room: str) -> int:
        """Let the nodes of a room calibrate; how many were told.

        Raises ConfigError where nobody can be told from here.
        """
        if self._coordinator is None or not self._coordinator.coordinator.election.leads:
            raise ConfigError("this agent does not lead the mesh; ask the one that does")
        told = self._coordinator.calibrate(room)
        if not told:
            raise ConfigError(f"no node of {room} takes orders: none is alive and authenticated")
        return told

    async def run(self) -> None:
        """Be what the settings say, until it is cancelled. Raises AirsondeError."""
        roles = {"watch": self._watch, "coordinator": self._coordinate, "node": self._sense}
        try:
            await roles[self._settings.role]()
        except* AirsondeError as group:
            error = first_error(group)
            self._absent(str(error))
            raise error from None

    async def _watch(self) -> None:
        folder = self._settings.state or state_folder("coordinator")
        while True:
            status = await asyncio.to_thread(read_status, folder)
            try:
                self._stand(status)
            except (AttributeError, KeyError, TypeError, ValueError):
                raise DecodeError(f"{folder} holds no status of a mesh program") from None
            await asyncio.sleep(_LOOK_S)

    async def _coordinate(self) -> None:
        from airsonde.apps.agent.mesh_programs import coordinator_wanted, program_wanted
        from airsonde.apps.mesh.compose import make_coordinator

        program = await asyncio.to_thread(program_wanted, self._settings)
        config = coordinator_wanted(self._settings)
        self._coordinator = daemon = await asyncio.to_thread(make_coordinator, program, config)
        daemon.told = self._told
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(daemon.run())
                if self._settings.announce:
                    name = daemon.coordinator.node.hex()
                    tasks.create_task(stay_announced(name, program.listen))
        finally:
            self._coordinator = None

    async def _sense(self) -> None:
        from airsonde.apps.agent.mesh_programs import program_wanted
        from airsonde.apps.mesh.compose import make_node

        program = await asyncio.to_thread(program_wanted, self._settings)
        if self._settings.discover:
            program = program.reaching(await coordinators_near(program.listen[0]))
        sensing = await self._sensing()
        daemon = await asyncio.to_thread(make_node, program, sensing)

        async def tell() -> None:
            while True:
                status = daemon.status()
                write_status(program.state, status)
                self._stand(status)
                await asyncio.sleep(_LOOK_S)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(daemon.run(sensing.frames))
            tasks.create_task(tell())

    async def _sensing(self) -> "Sensing":
        """What the node measures with; how real a source is shows when it is open."""
        from airsonde.apps.agent.mesh_programs import simulated_sensing, source_sensing

        source = self._source
        if source is None:
            return simulated_sensing(self._settings)
        while source.session is None:
            self._absent(f"{source.name} is not open")
            await asyncio.sleep(_LOOK_S)
        return source_sensing(
            self._settings, self._feed.frames(), source.calibration, source.provenance
        )

    def _told(self, happened: Sequence[dict[str, Any]], status: dict[str, Any]) -> None:
        """What a coordinator of this process says."""
        unix_ns = time.time_ns() - time.monotonic_ns()
        for entry in happened:
            self._log.info("mesh", **{n: v for n, v in entry.items() if n != "t_ns"})
            happening = mesh_views.happening(entry, unix_ns)
            self._happenings.appendleft(happening)
            self._teller.happening(happening)
        self._stand(status)

    def _stand(self, status: Mapping[str, Any]) -> None:
        role, rates = self._settings.role, self._rates(status.get("nodes", ()))
        mesh = mesh_views.standing(role, status, rates, time.time_ns())
        self._teller.mesh(mesh | {"happenings": list(self._happenings)})

    def _absent(self, reason: str) -> None:
        """Nothing is known now; what is expected of the frames is."""
        origin = Provenance.LIVE if self._settings.simulate is None else Provenance.SIMULATED
        if self._source is not None:
            origin = self._source.provenance
        head = {"enabled": True, "role": self._settings.role, "reason": reason}
        self._teller.mesh(mesh_views.NOTHING | head | {"origin": origin.value})

    def _rates(self, nodes: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
        """Bytes of raw CSI a second since the last look, by node; None at the first."""
        now_s, before = time.monotonic(), self._raw
        self._raw = {node["node"]: (now_s, node["raw_csi_bytes"]) for node in nodes}
        return {
            name: (number - before[name][1]) / (now_s - before[name][0])
            if name in before and now_s > before[name][0]
            else None
            for name, (_, number) in self._raw.items()
        }

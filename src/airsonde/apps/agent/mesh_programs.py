"""What `[mesh]` asks for, as the parts of a mesh program; imported when it asks for anything."""

from collections.abc import AsyncIterator

from airsonde.apps.agent.mesh_settings import MeshSettings
from airsonde.apps.agent.provenance import Provenance
from airsonde.apps.mesh.compose import (
    PORT,
    Program,
    Sensing,
    Wanted,
    coordinator_config,
    program_of,
)
from airsonde.apps.mesh.coordinator import CoordinatorConfig
from airsonde.apps.mesh.frame_sources import simulated
from airsonde.apps.mesh.listening_radio import ListeningRadio
from airsonde.csi.calibration import Calibration
from airsonde.csi.model import FrameBatch
from airsonde.drivers.linux.commands import run_command
from airsonde.mesh.model import LIVE, HealthFlag, parse_node_id
from airsonde.mesh.ports import RadioOps
from airsonde.radios.nexmon.ops import NexmonRadio
from airsonde.radios.sim.ops import SimRadio
from airsonde.radios.sim.scene import Scene

_FLAGS = {
    Provenance.LIVE: LIVE,
    Provenance.REPLAY: HealthFlag.REPLAYED,
    Provenance.SIMULATED: HealthFlag.SIMULATED,
}


def program_wanted(settings: MeshSettings) -> Program:
    """Raises ConfigError where it cannot work: no key, no such host."""
    default = str(PORT) if settings.role == "coordinator" else "0"
    return program_of(
        settings.role,
        Wanted(
            listen=settings.listen or default,
            state=settings.state,
            keys=settings.keys,
            level=settings.level,
            node_id=settings.id,
            group=settings.group,
            candidates=settings.candidates,
            peers=settings.peers,
            to=settings.to,
            refuse_unauthenticated=settings.refuse_unauthenticated,
        ),
    )


def coordinator_wanted(settings: MeshSettings) -> CoordinatorConfig:
    rooms = {parse_node_id(node): name for node, name in settings.rooms.items()}
    return coordinator_config(settings.channels, rooms, settings.raw)


def simulated_sensing(settings: MeshSettings) -> Sensing:
    """A node in a room that is computed."""
    radio = SimRadio(Scene(motion=settings.simulate or Scene().motion), seed=settings.seed)
    return Sensing(
        radio=radio,
        frames=simulated(radio),
        number=settings.number,
        rate_hz=settings.rate_hz,
        origin=HealthFlag.SIMULATED,
    )


def source_sensing(
    settings: MeshSettings,
    frames: AsyncIterator[list[FrameBatch]],
    calibration: Calibration | None,
    provenance: Provenance,
) -> Sensing:
    """A node that measures with a source of the agent."""
    radio: RadioOps = ListeningRadio(f"the source {settings.source}")
    if settings.nexmon is not None:
        radio = NexmonRadio(settings.nexmon, run_command)
    return Sensing(
        radio=radio,
        frames=frames,
        number=settings.number,
        rate_hz=settings.rate_hz,
        calibration=calibration,
        origin=_FLAGS[provenance],
    )

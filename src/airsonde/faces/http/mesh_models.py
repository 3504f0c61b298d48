"""The JSON of `/mesh` as types."""

from typing import Any, Literal

from pydantic import Field

from airsonde.faces.http.models import Answer, Model, Name, Ns, Origin, Presence


class MeshRoom(Model):
    """What its nodes say of a room together; `authenticated` is the share that was proven.

    `origin` is null while none of them has said how real its frames are; `busy` is the share of
    time in which a channel was, for those that somebody measured.
    """

    origin: Origin | None
    room: str
    verdict: Presence
    presence: float | None
    motion: float | None
    confidence: float | None
    authenticated: float | None
    occupied: bool | None
    moving: bool | None
    fresh_nodes: int
    nodes: int
    alive: int
    calibrating: int
    anchor: str | None
    channels: list[int]
    busy: dict[str, float]


class MeshNode(Model):
    """One node; `origin` is null before it said how real its frames are."""

    node: str
    origin: Origin | None
    address: str | None
    room: str | None
    authenticated: bool
    coordinator: bool
    alive: bool
    heard_ago_s: float
    messages: int | None
    role: str | None
    profile: str | None
    state: str | None
    calibrating: bool
    presence_valid: bool | None
    channel: int | None
    pkt_yield: float | None
    clock_error_us: float | None
    raw_csi_open: bool | None
    raw_csi_bytes: int | None
    raw_csi_bytes_per_s: float | None
    radio_refused: str | None


class MeshLink(Model):
    """Who speaks to whom: reports to a coordinator, or an anchor's clock to the others."""

    from_: str = Field(alias="from")
    to: str
    kind: Literal["reports", "clock"]
    alive: bool
    error_us: float | None


class MeshSocket(Model):
    """Where datagrams come in."""

    port: int
    buffer_bytes: int
    dropped_by_kernel: int | None
    too_long: int
    unsent: int


class Happening(Model):
    """Something that happened in the mesh; `words` depend on `event`."""

    told_ns: Ns
    event: str
    room: str | None
    node: str | None
    words: dict[str, Any]


class Mesh(Answer):
    """How the mesh stands; `reason` says why nothing is known of it."""

    enabled: bool
    role: Literal["off", "watch", "coordinator", "node"]
    reason: str | None
    told_ns: Ns | None
    node: str | None
    leads: bool
    coordinator: str | None
    epoch: int | None
    level: Literal["enforcing", "permissive"] | None
    takes_unauthenticated: bool | None
    refused: dict[str, int]
    unknown_magics: dict[str, int]
    rooms: list[MeshRoom]
    nodes: list[MeshNode]
    links: list[MeshLink]
    socket: MeshSocket | None
    happenings: list[Happening]


class PlannedRole(Model):
    """The part of one node, and where it measures."""

    node: str
    role: str | None
    channel: int | None


class PlannedRoom(Model):
    """Who has which part in a room, of the nodes that take orders."""

    room: str
    anchor: str | None
    channels: list[int]
    roles: list[PlannedRole]


class MeshPlan(Answer):
    """Roles and channels by room."""

    rooms: list[PlannedRoom]


class NewRoomCalibration(Model):
    """Whose nodes are to calibrate; nobody may be in that room."""

    room: Name


class RoomCalibration(Answer):
    """How many nodes were told."""

    room: str
    told: int

"""The JSON of the API as types: bodies are parsed by them, the OpenAPI document is made of them."""

from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from airsonde.csi.events import EventKind

T = TypeVar("T")
Ns: TypeAlias = Annotated[str, Field(pattern=r"^-?[0-9]{1,20}$", description="nanoseconds")]
Origin: TypeAlias = Literal["live", "replay", "simulated"]
Presence: TypeAlias = Literal["empty", "occupied", "moving", "unknown"]
Name: TypeAlias = Annotated[str, Field(max_length=64)]
Label: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class Model(BaseModel):
    """A JSON object; what is sent has every field and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Answer(Model):
    """Every answer says how real it is."""

    origin: Origin


class Listing(Answer, Generic[T]):
    """A list; `next` is the cursor of the page behind."""

    items: list[T]
    next: str | None


class Detail(Model):
    """One thing that is wrong with a request."""

    path: str
    message: str


class Fault(Model):
    """What went wrong, and what to do."""

    code: str
    message: str
    remedy: str | None
    details: list[Detail]


class Failure(Answer):
    """The body of every answer that is not 2xx."""

    error: Fault


class PartView(Model):
    """Something the agent runs besides its sources."""

    name: str
    state: Literal["running", "down"]
    reason: str | None


class Problem(Model):
    """Something that is not as it should be."""

    source_id: str | None
    reason: str


class Health(Answer):
    """How the agent is."""

    status: Literal["ok", "degraded"]
    version: str
    began_ns: Ns
    now_ns: Ns
    uptime_s: float
    rss_mb: float | None
    clients: int
    sources: dict[Literal["starting", "hearing", "silent", "waiting"], int]
    parts: list[PartView]
    problems: list[Problem]
    topics: list[str]
    writable: bool


class Room(Answer):
    """What is known of a room now."""

    room: str
    source_ids: list[str]
    presence: Presence
    confidence: float | None
    reason: str | None
    moving: bool | None
    motion_score: float | None
    motion_threshold: float | None
    quality_score: float | None
    breathing_bpm: float | None
    breathing_confidence: float | None
    breathing_reason: str | None
    calibration_version: str | None
    t_ns: Ns | None
    told_ns: Ns | None
    stale: bool


class Replay(Model):
    """What is played; `capture` is null for the simulator."""

    speed: float
    passes: int
    capture: str | None


class Source(Answer):
    """One way in."""

    source_id: str
    number: int
    kind: Literal["udp", "serial", "replay", "simulator", "rssi"]
    family: str | None
    chip: str | None
    room: str
    where: str | None
    state: Literal["starting", "hearing", "silent", "waiting"]
    reason: str | None
    session: Ns | None
    began_ns: Ns | None
    heard_ns: Ns | None
    last_t_ns: Ns | None
    next_try_ns: Ns | None
    reconnects: int
    frames: int
    rate_hz: float | None
    received: int
    skipped: dict[str, int]
    lost: int | None
    lanes: int
    calibration_version: str | None
    raw_on_wire: bool
    raw_on_disk: bool
    removable: bool
    replay: Replay | None


class Lane(Answer):
    """What is comparable: the fields of `airsonde csi inspect`, and its subcarriers."""

    source_id: str
    session: Ns
    lane: int
    transmitter: str | None
    channel: int | None
    band: str | None
    width_mhz: int | None
    center_mhz: int | None
    ppdu: str | None
    training: str | None
    core: int | None
    stream: int | None
    n_rx: int
    n_tx: int
    subcarriers: int
    valid_subcarriers: int
    frames: int
    first_t_ns: Ns
    last_t_ns: Ns
    rate_hz: float | None
    rssi_dbm: list[float] | None
    subcarrier_index: list[int]
    valid: list[bool]


class Window(Answer):
    """One window and what was read from it."""

    id: str
    source_id: str
    session: Ns
    room: str
    told_ns: Ns
    window_id: int
    lane: int
    start_ns: Ns
    end_ns: Ns
    frame_count: int
    rejected: int
    quality_score: float | None
    motion_score: float | None
    motion_threshold: float | None
    moving: bool | None
    breathing_bpm: float | None
    presence: Presence
    presence_confidence: float | None
    features: dict[str, Any]
    mean_amplitude: list[float | None]


class Event(Answer):
    """What changed; `id` is null where the store refused it."""

    id: int | None
    source_id: str
    session: Ns
    event_id: int
    kind: EventKind
    room: str
    lane: int
    timestamp_ns: Ns
    told_ns: Ns
    confidence: float | None
    evidence_window_ids: list[int]
    calibration_version: str | None
    numbers: dict[str, Any]


class Evidence(Listing[Window]):
    """The windows an event rests on; `missing` are no longer held."""

    missing: list[int]


class Capture(Answer):
    """One recording."""

    capture_id: str
    state: Literal["recording", "kept", "failed"]
    label: str | None
    source_id: str
    format: str
    file: str
    bytes: int
    frames: int | None
    began_ns: Ns
    ended_ns: Ns | None
    seconds: float | None
    reason: str | None


class Calibration(Model):
    """Learning an empty room, or what was learnt; `origin` is null where that was not kept."""

    calibration_id: str
    origin: Origin | None
    state: Literal["learning", "passed", "refused", "cancelled", "kept"]
    source_id: str
    room: str
    progress: float | None
    seconds: float | None
    began_ns: Ns | None
    version: str | None
    stability: float | None
    lanes: int | None
    reason: str | None
    remedy: str | None


class Holding(Model):
    """How much is remembered of one room and source."""

    room: str | None
    source_id: str
    kind: Literal["window", "event"]
    encoder: str
    number: int
    first_t_ns: Ns
    last_t_ns: Ns


class Holdings(Listing[Holding]):
    """What is remembered; `enabled`: more is being added."""

    enabled: bool


class Remembered(Model):
    """One memory; `origin` and `session` are null where they were not kept."""

    memory_id: int | None
    kind: Literal["window", "event"]
    room: str | None
    source_id: str
    t_ns: Ns
    origin: Origin | None
    session: Ns | None
    numbers: dict[str, Any]


class Neighbour(Remembered):
    """A memory, and how like the example it is."""

    score: float


class Likeness(Listing[Neighbour]):
    """The most alike first; `last_t_ns` is the latest time among them."""

    like: Remembered
    last_t_ns: Ns | None


class Configuration(Answer):
    """Every setting in force, in the shape of the TOML file; secrets are `(set)`."""

    file: str | None
    config: dict[str, Any]


class NewCapture(Model):
    """What to record; without `seconds` until it is stopped."""

    source_id: Name
    label: Label | None = None
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None


class NewLabel(Model):
    """A label, or null for none."""

    label: Label | None


class NewReplay(Model):
    """How to replay."""

    speed: Annotated[float, Field(ge=0.1, le=100)] = 1.0


class NewCalibration(Model):
    """Whose empty room to learn, and how long."""

    source_id: Name
    seconds: Annotated[float, Field(ge=20, le=600)] = 30.0

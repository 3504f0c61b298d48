// The JSON of the agent's API, as docs/reference/api.md describes it. Unknown is null.

import type { Link } from "./link_contract";

export type Ns = string;
export type Origin = "live" | "replay" | "simulated";
export type Presence = "empty" | "occupied" | "moving" | "unknown";
type SourceState = "starting" | "hearing" | "silent" | "waiting";

export interface Room {
  room: string;
  origin: Origin;
  source_ids: string[];
  presence: Presence;
  confidence: number | null;
  reason: string | null;
  moving: boolean | null;
  motion_score: number | null;
  motion_threshold: number | null;
  breathing_bpm: number | null;
  breathing_confidence: number | null;
  breathing_reason: string | null;
  calibration_version: string | null;
  t_ns: Ns | null;
  told_ns: Ns | null;
  stale: boolean;
}

export interface Source {
  source_id: string;
  number: number;
  kind: "udp" | "serial" | "replay" | "simulator" | "rssi";
  family: string | null;
  chip: string | null;
  room: string;
  origin: Origin;
  where: string | null;
  state: SourceState;
  reason: string | null;
  session: string | null;
  heard_ns: Ns | null;
  last_t_ns: Ns | null;
  reconnects: number;
  frames: number;
  rate_hz: number | null;
  lanes: number;
  raw_on_wire: boolean;
  raw_on_disk: boolean;
  removable: boolean;
  replay: { speed: number; passes: number; capture: string | null } | null;
}

export interface Lane {
  source_id: string;
  session: string;
  origin: Origin;
  lane: number;
  transmitter: string | null;
  channel: number | null;
  band: string | null;
  width_mhz: number | null;
  ppdu: string | null;
  training: string | null;
  core: number | null;
  stream: number | null;
  n_rx: number;
  n_tx: number;
  subcarriers: number;
  frames: number;
  rate_hz: number | null;
  subcarrier_index: number[];
  valid: boolean[];
}

export interface Window {
  id: string;
  source_id: string;
  session: string;
  room: string;
  told_ns: Ns;
  window_id: number;
  lane: number;
  start_ns: Ns;
  end_ns: Ns;
  frame_count: number;
  quality_score: number | null;
  motion_score: number | null;
  motion_threshold: number | null;
  moving: boolean | null;
  mean_amplitude: (number | null)[];
}

export interface AgentEvent {
  id: number | null;
  source_id: string;
  session: string;
  event_id: number;
  kind: string;
  room: string;
  origin: Origin;
  lane: number;
  timestamp_ns: Ns;
  told_ns: Ns;
  confidence: number | null;
  evidence_window_ids: number[];
  calibration_version: string | null;
  numbers: Record<string, unknown>;
}

export interface Capture {
  capture_id: string;
  state: "recording" | "kept" | "failed";
  label: string | null;
  source_id: string;
  origin: Origin;
  format: string;
  file: string;
  bytes: number;
  frames: number | null;
  began_ns: Ns;
  ended_ns: Ns | null;
  seconds: number | null;
  reason: string | null;
}

export interface Calibration {
  calibration_id: string;
  state: "learning" | "passed" | "refused" | "cancelled" | "kept";
  source_id: string;
  room: string;
  progress: number | null;
  seconds: number | null;
  reason: string | null;
  remedy: string | null;
}

export interface MeshRoom {
  room: string;
  origin: Origin | null;
  verdict: Presence;
  presence: number | null;
  motion: number | null;
  confidence: number | null;
  authenticated: number | null;
  fresh_nodes: number;
  nodes: number;
  alive: number;
  calibrating: number;
  anchor: string | null;
  channels: number[];
}

export interface MeshNode {
  node: string;
  origin: Origin | null;
  address: string | null;
  room: string | null;
  authenticated: boolean;
  coordinator: boolean;
  alive: boolean;
  heard_ago_s: number;
  role: string | null;
  profile: string | null;
  state: string | null;
  calibrating: boolean;
  channel: number | null;
  pkt_yield: number | null;
  clock_error_us: number | null;
  raw_csi_open: boolean | null;
  raw_csi_bytes_per_s: number | null;
  radio_refused: string | null;
}

export interface MeshLink {
  from: string;
  to: string;
  kind: "reports" | "clock";
  alive: boolean;
  error_us: number | null;
}

export interface Happening {
  told_ns: Ns;
  event: string;
  room: string | null;
  node: string | null;
  words: Record<string, unknown>;
}

export interface Mesh {
  enabled: boolean;
  role: "off" | "watch" | "coordinator" | "node";
  origin: Origin;
  reason: string | null;
  told_ns: Ns | null;
  node: string | null;
  leads: boolean;
  coordinator: string | null;
  epoch: number | null;
  level: "enforcing" | "permissive" | null;
  takes_unauthenticated: boolean | null;
  refused: Record<string, number>;
  unknown_magics: Record<string, number>;
  rooms: MeshRoom[];
  nodes: MeshNode[];
  links: MeshLink[];
  socket: { port: number; dropped_by_kernel: number | null } | null;
  happenings: Happening[];
}

export interface Listing<T> {
  items: T[];
  next: string | null;
  origin: Origin;
}

export interface Evidence extends Listing<Window> {
  missing: number[];
}

export interface Holdings extends Listing<{ room: string | null; number: number }> {
  enabled: boolean;
}

export interface Remembered {
  memory_id: number | null;
  room: string | null;
  source_id: string;
  t_ns: Ns;
  origin: Origin | null;
  numbers: Record<string, unknown>;
}

export interface Neighbour extends Remembered {
  score: number;
}

export interface Likeness extends Listing<Neighbour> {
  like: Remembered;
  last_t_ns: Ns | null;
}

export interface Fault {
  code: string;
  message: string;
  remedy: string | null;
}

export type Message = { origin: Origin } & (
  | { type: "hello"; now_ns: Ns; writable: boolean }
  | { type: "subscribed"; refused: { source_id: string; reason: string }[] }
  | { type: "event"; event: AgentEvent }
  | { type: "window"; window: Window }
  | { type: "room"; room: Room }
  | { type: "source"; source: Source }
  | { type: "source_gone"; source_id: string }
  | { type: "lane"; lane: Lane }
  | { type: "capture"; capture: Capture }
  | { type: "capture_gone"; capture_id: string }
  | { type: "calibration"; calibration: Calibration }
  | { type: "link"; link: Link }
  | { type: "mesh"; mesh: Mesh }
  | { type: "status"; now_ns: Ns }
  | { type: "dropped"; rows_total: number }
  | { type: "error"; error: Fault }
  | { type: "pong" }
);

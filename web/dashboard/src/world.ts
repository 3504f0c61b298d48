// What the page knows of the agent, and who wants to hear when that changes.

import type {
  AgentEvent,
  Calibration,
  Capture,
  Lane,
  Mesh,
  Message,
  Origin,
  Room,
  Source,
  Window,
} from "./contract";
import { milliseconds } from "./format";
import type { Link as LinkTold } from "./link_contract";
import { LinkHistory } from "./link_history";
import { all } from "./rest";
import { rows, type Row } from "./rows";
import type { Link, Listener } from "./stream";

const MOST_EVENTS = 500;
const KEPT_WINDOWS_MS = 180_000;
const SETTLE_MS = 1500;

export const laneKey = (source: string, lane: number): string => `${source}/${lane}`;

export class World implements Listener {
  state: Link = "connecting";
  linkSinceMs = Date.now();
  origin: Origin | null = null;
  writable = false;
  droppedRows = 0;
  readonly rooms = new Map<string, Room>();
  readonly sources = new Map<string, Source>();
  readonly lanes = new Map<string, Lane>();
  readonly captures = new Map<string, Capture>();
  readonly calibrations = new Map<string, Calibration>();
  readonly refusedRaw = new Map<string, string>();
  toldLink: LinkTold | null = null;
  readonly linkHistory = new LinkHistory();
  windows: Window[] = [];
  events: AgentEvent[] = [];
  mesh: Mesh | null = null;

  private offsetMs = 0;
  private frame = 0;
  private unseen = new Set<string>();
  private awaitingAll = true;
  private readonly listeners = new Set<() => void>();
  private readonly rowListeners = new Set<(row: Row, source: Source) => void>();

  /** The agent's clock now, in milliseconds of Unix time. */
  get nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  get connected(): boolean {
    return this.state === "open";
  }

  /** Whether what is shown of a source or room is not from now. */
  isStale(room: Room): boolean {
    return !this.connected || room.stale;
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  onRow(listener: (row: Row, source: Source) => void): void {
    this.rowListeners.add(listener);
  }

  /** Tell the listeners once, before the next picture. */
  changed(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      for (const listener of this.listeners) listener();
    });
  }

  link(state: Link): void {
    if (state !== this.state) this.linkSinceMs = Date.now();
    if (state === "open") {
      this.awaitingAll = true;
      void this.load();
    }
    this.state = state;
    this.changed();
  }

  rows(message: ArrayBuffer): void {
    const byNumber = new Map([...this.sources.values()].map((s) => [s.number, s]));
    for (const row of rows(message)) {
      const source = byNumber.get(row.source);
      if (source) for (const listener of this.rowListeners) listener(row, source);
    }
  }

  message(message: Message): void {
    if (message.type === "hello" || message.type === "status") this.origin = message.origin;
    this.take(message);
    this.changed();
  }

  private take(m: Message): void {
    switch (m.type) {
      case "hello":
        this.writable = m.writable;
        this.droppedRows = 0;
        this.offsetMs = milliseconds(m.now_ns) - Date.now();
        return;
      case "subscribed":
        this.refusedRaw.clear();
        for (const one of m.refused) this.refusedRaw.set(one.source_id, one.reason);
        if (this.awaitingAll) this.expectAll();
        return;
      case "room":
        return this.keep("room", this.rooms, m.room.room, m.room);
      case "source":
        return this.keep("source", this.sources, m.source.source_id, m.source);
      case "lane":
        return this.keep("lane", this.lanes, laneKey(m.lane.source_id, m.lane.lane), m.lane);
      case "source_gone":
        return this.forgetSource(m.source_id);
      case "window":
        return this.takeWindows([m.window]);
      case "event":
        return this.takeEvents([m.event]);
      default:
        return this.takeOther(m);
    }
  }

  private takeOther(m: Message): void {
    switch (m.type) {
      case "capture":
        this.captures.set(m.capture.capture_id, m.capture);
        return;
      case "capture_gone":
        this.captures.delete(m.capture_id);
        return;
      case "calibration":
        this.calibrations.set(m.calibration.calibration_id, m.calibration);
        return;
      case "link":
        return this.takeLink(m.link);
      case "mesh":
        this.mesh = m.mesh;
        return;
      case "status":
        this.offsetMs = milliseconds(m.now_ns) - Date.now();
        return;
      case "dropped":
        this.droppedRows = m.rows_total;
        return;
    }
  }

  private keep<T>(kind: string, map: Map<string, T>, key: string, value: T): void {
    this.unseen.delete(`${kind} ${key}`);
    map.set(key, value);
  }

  /** After a new connection everything is told again; what is not told is no more. */
  private expectAll(): void {
    this.awaitingAll = false;
    const kinds: [string, Map<string, unknown>][] = [
      ["room", this.rooms],
      ["source", this.sources],
      ["lane", this.lanes],
    ];
    this.unseen = new Set(
      kinds.flatMap(([kind, map]) => [...map.keys()].map((k) => `${kind} ${k}`)),
    );
    setTimeout(() => {
      for (const [kind, map] of kinds) {
        for (const key of map.keys()) if (this.unseen.has(`${kind} ${key}`)) map.delete(key);
      }
      this.changed();
    }, SETTLE_MS);
  }

  private forgetSource(id: string): void {
    const room = this.sources.get(id)?.room;
    this.sources.delete(id);
    for (const [key, lane] of this.lanes) if (lane.source_id === id) this.lanes.delete(key);
    if (room !== undefined && ![...this.sources.values()].some((s) => s.room === room)) {
      this.rooms.delete(room);
    }
  }

  private takeWindows(windows: Window[]): void {
    const oldest = this.nowMs - KEPT_WINDOWS_MS;
    const known = new Map(this.windows.map((w) => [w.id, w]));
    for (const window of windows) known.set(window.id, window);
    this.windows = [...known.values()].filter((w) => milliseconds(w.told_ns) > oldest);
  }

  takeLink(link: LinkTold): void {
    this.toldLink = link;
    this.linkHistory.take(link);
  }

  /** Newest first, each once. */
  takeEvents(events: readonly AgentEvent[]): void {
    const key = (e: AgentEvent): string => `${e.source_id} ${e.session} ${e.event_id}`;
    const known = new Map(this.events.map((e) => [key(e), e]));
    for (const event of events) known.set(key(event), event);
    this.events = [...known.values()]
      .sort((a, b) => Number(b.told_ns) - Number(a.told_ns))
      .slice(0, MOST_EVENTS);
  }

  /** What was before the connection; where it fails the stream tells the rest. */
  private async load(): Promise<void> {
    const [events, captures, calibrations, windows] = await Promise.all([
      all<AgentEvent>("/events?limit=300", 1).catch(() => []),
      all<Capture>("/captures").catch(() => null),
      all<Calibration>("/calibrations").catch(() => []),
      all<Window>("/windows?limit=500").catch(() => []),
    ]);
    this.takeEvents(events);
    this.takeWindows(windows);
    if (captures !== null) this.captures.clear();
    for (const capture of captures ?? []) this.captures.set(capture.capture_id, capture);
    for (const c of calibrations) this.calibrations.set(c.calibration_id, c);
    this.changed();
  }
}

// One room, to be read from across it.

import type { Calibration, Room, Source } from "./contract";
import { h, mark, say, type Part } from "./dom";
import { milliseconds, number, percent, span, UNKNOWN } from "./format";
import { MotionStrip } from "./motion_strip";
import { send } from "./rest";
import type { Context } from "./view";

const VERDICTS = { empty: "Empty", occupied: "Occupied", moving: "Moving", unknown: "Unknown" };
const CALIBRATION_S = 30;

const figure = (label: string): { box: HTMLElement; value: HTMLElement; note: HTMLElement } => {
  const value = h("dd", { class: "value" }, UNKNOWN);
  const note = h("dd", { class: "note" });
  return { box: h("div", { class: "figure" }, h("dt", {}, label), value, note), value, note };
};

export class RoomCard implements Part<Room> {
  private readonly name = h("h2");
  private readonly tag = h("span", { class: "tag" });
  private readonly verdict = h("p", { class: "verdict" });
  private readonly why = h("p", { class: "why" });
  private readonly age = h("span", { class: "age" });
  private readonly sources = h("span");
  private readonly meter = h("div", { class: "fill" });
  private readonly presence = figure("Confidence");
  private readonly motion = figure("Motion");
  private readonly breathing = figure("Breathing");
  private readonly strip = new MotionStrip();
  private readonly orb = h(
    "div",
    { class: "orb", "aria-hidden": "true" },
    h("i"),
    h("i"),
    h("i"),
    h("b"),
  );
  private readonly learn = h("button", { class: "quiet", onclick: () => void this.calibrate() });
  private readonly learning = h("p", { class: "learning", role: "status" });
  readonly element: HTMLElement;
  private room: Room;

  constructor(
    private readonly context: Context,
    room: Room,
  ) {
    this.room = room;
    this.presence.note.after(h("dd", { class: "meter", "aria-hidden": "true" }, this.meter));
    this.element = h(
      "article",
      { class: "card room" },
      h("header", {}, this.name, this.tag),
      h("div", { class: "hero" }, h("div", {}, this.verdict, this.why), this.orb),
      h("dl", { class: "figures" }, this.presence.box, this.motion.box, this.breathing.box),
      h("div", { class: "history" }, this.strip.canvas, axis()),
      h("footer", {}, this.sources, this.age, this.learn),
      this.learning,
    );
  }

  close(): void {
    this.strip.close();
  }

  update(room: Room): void {
    this.room = room;
    const { world } = this.context;
    const stale = world.isStale(room);
    say(this.name, room.room);
    say(this.tag, room.origin);
    mark(this.tag, "data-origin", room.origin);
    mark(this.element, "data-verdict", stale ? "unknown" : room.presence);
    mark(this.element, "data-stale", stale);
    say(this.verdict, VERDICTS[stale ? "unknown" : room.presence]);
    say(this.why, this.reason(room, stale));
    this.updateFigures(room, stale);
    this.updateFoot(room, stale);
    const windows = world.windows.filter((w) => w.room === room.room);
    this.strip.update(windows, world.nowMs);
  }

  private reason(room: Room, stale: boolean): string {
    if (!this.context.world.connected) return "The agent is not reached; nothing is known now.";
    if (stale) return "Nothing is heard in this room.";
    if (room.reason === null) return "";
    const sure = room.presence === "unknown" && room.calibration_version === null;
    return sure ? `${room.reason}; not calibrated yet` : room.reason;
  }

  private updateFigures(room: Room, stale: boolean): void {
    const sure = !stale && room.presence !== "unknown" ? room.confidence : null;
    say(this.presence.value, percent(sure));
    say(this.presence.note, sure === null ? "no verdict" : "of the verdict");
    this.meter.style.setProperty("--share", String(sure ?? 0));
    const { motion_score: score, motion_threshold: threshold } = room;
    say(this.motion.value, stale ? UNKNOWN : number(score, 2));
    const limit = threshold === null ? "not measured" : `limit ${threshold.toFixed(2)}`;
    say(this.motion.note, limit);
    const bpm = stale ? null : room.breathing_bpm;
    say(this.breathing.value, number(bpm, 1));
    const certain = `a minute, ${percent(room.breathing_confidence)} sure`;
    say(this.breathing.note, bpm === null ? whyNoBreath(room.breathing_reason) : certain);
    mark(this.orb, "data-breathing", bpm !== null);
    const turns = bpm === null ? "" : `${(60 / bpm).toFixed(1)}s`;
    if (this.orb.style.getPropertyValue("--breath") !== turns) {
      this.orb.style.setProperty("--breath", turns);
    }
  }

  private updateFoot(room: Room, stale: boolean): void {
    const { world } = this.context;
    const heard = room.source_ids.map((id) => world.sources.get(id)).filter((s) => s !== undefined);
    say(this.sources, heard.map((source) => described(source, world.connected)).join(" · "));
    const told = room.told_ns ?? heard.map((s) => s.heard_ns).find((ns) => ns !== null) ?? null;
    const ageMs = told === null ? null : world.nowMs - milliseconds(told);
    say(this.age, stale && ageMs !== null ? `last heard ${span(ageMs)} ago` : "");
    const attempt = this.attempt();
    say(this.learn, attempt?.state === "learning" ? "Cancel" : "Calibrate");
    mark(this.learn, "disabled", stale);
    say(this.learning, progressOf(attempt));
  }

  private attempt(): Calibration | undefined {
    return [...this.context.world.calibrations.values()]
      .filter((c) => c.state !== "kept" && this.room.source_ids.includes(c.source_id))
      .at(-1);
  }

  private async calibrate(): Promise<void> {
    const attempt = this.attempt();
    const source_id = this.room.source_ids[0];
    await this.context.write("Calibrating", async () => {
      if (attempt?.state === "learning") {
        const path = `/calibrations/${encodeURIComponent(attempt.calibration_id)}/cancel`;
        await send<Calibration>("POST", path);
      } else
        await send<Calibration>("POST", "/calibrations", { source_id, seconds: CALIBRATION_S });
    });
  }
}

function axis(): HTMLElement {
  return h(
    "div",
    { class: "axis", "aria-hidden": "true" },
    h("span", {}, "2 min ago"),
    h("span", {}, "now"),
  );
}

function whyNoBreath(reason: string | null): string {
  const said = { moving: "somebody moves", weak: "too weak to tell", short: "listening still" };
  return reason === null ? "not measured" : ((said as Record<string, string>)[reason] ?? reason);
}

function described(source: Source, connected: boolean): string {
  const from = source.replay?.capture ?? source.chip ?? source.family ?? source.kind;
  if (!connected) return `${source.source_id}: ${from}`;
  const state = source.state === "hearing" ? number(source.rate_hz, 0, " Hz") : source.state;
  return `${source.source_id}: ${from}, ${state}`;
}

function progressOf(attempt: Calibration | undefined): string {
  switch (attempt?.state) {
    case "learning":
      return `Learning the empty room: ${percent(attempt.progress)}. Nobody may be in it.`;
    case "refused":
      return `Not calibrated: ${attempt.reason ?? "unknown"}; ${attempt.remedy ?? "try again"}.`;
    case "passed":
      return "Calibrated; the room is judged by what it is like when empty.";
    default:
      return "";
  }
}

// One event and the windows it rests on, drawn.

import { Chart } from "./chart";
import type { AgentEvent, Evidence, Window } from "./contract";
import { h, mark } from "./dom";
import { clock, day, milliseconds, number, percent, UNKNOWN, words } from "./format";
import { all, ApiError, get } from "./rest";

const BEFORE_NS = 20_000_000_000n;
const AFTER_NS = 10_000_000_000n;

type Nullable = number | null;

export class EvidencePane {
  readonly element = h("aside", { class: "card evidence", "aria-live": "polite" });
  private charts: Chart[] = [];
  private asked = 0;

  constructor() {
    this.element.append(h("p", { class: "empty" }, "Choose an event to see the evidence for it."));
  }

  async show(event: AgentEvent): Promise<void> {
    const asked = ++this.asked;
    const body = h("div", { class: "drawn" }, h("p", { class: "muted" }, "Reading the windows …"));
    this.closeCharts();
    this.element.replaceChildren(head(event), body);
    const found = await read(event).catch((error: unknown) => {
      if (error instanceof ApiError) return error;
      throw error;
    });
    if (asked !== this.asked) return;
    if (found instanceof ApiError) body.replaceChildren(h("p", { class: "fault" }, found.message));
    else body.replaceChildren(...this.drawn(found));
  }

  private drawn({ evidence, around }: Found): HTMLElement[] {
    const parts: HTMLElement[] = [];
    if (evidence.missing.length > 0) parts.push(missing(evidence));
    if (evidence.items.length === 0) return parts;
    const ids = new Set(evidence.items.map((window) => window.id));
    const known = new Map([...around, ...evidence.items].map((window) => [window.id, window]));
    const windows = [...known.values()].sort((a, b) => Number(a.end_ns) - Number(b.end_ns));
    parts.push(
      h("h3", {}, "Motion score around it; the evidence is drawn thick"),
      this.motion(windows, ids),
    );
    parts.push(
      h("h3", {}, "Mean amplitude over valid subcarriers, one chain behind the other"),
      this.amplitude(windows, ids),
    );
    parts.push(legend(evidence.items.length));
    return parts;
  }

  private motion(windows: readonly Window[], ids: ReadonlySet<string>): HTMLElement {
    const start = milliseconds(windows.find((window) => ids.has(window.id))?.start_ns ?? "0");
    const chart = this.chart(
      new Chart({
        label: "Motion score of the windows around the event, with the threshold",
        height: 190,
        lines: [
          { label: "score", colour: "--muted", points: true },
          { label: "threshold", colour: "--bad", width: 1 },
          { label: "evidence", colour: "--series-1", width: 3, points: true },
        ],
        x: (s) => `${s} s`,
        y: (value) => String(value),
        yRange: (_, max) => [0, Math.max(max * 1.1, 0.01)],
      }),
    );
    const lines: Nullable[][] = [
      windows.map((window) => window.motion_score),
      windows.map((window) => window.motion_threshold),
      windows.map((window) => (ids.has(window.id) ? window.motion_score : null)),
    ];
    chart.set(
      windows.map((window) => (milliseconds(window.end_ns) - start) / 1000),
      ...lines,
    );
    return chart.element;
  }

  private amplitude(windows: readonly Window[], ids: ReadonlySet<string>): HTMLElement {
    const evidence = windows.filter((window) => ids.has(window.id));
    const others = windows.filter((window) => !ids.has(window.id));
    const width = evidence[0]?.mean_amplitude.length ?? 0;
    const chart = this.chart(
      new Chart({
        label: "Mean amplitude over subcarriers: the evidence and the windows around it",
        height: 190,
        lines: [
          { label: "lowest", colour: "--band", width: 0.5 },
          { label: "highest", colour: "--band", width: 0.5 },
          { label: "around", colour: "--muted" },
          { label: "evidence", colour: "--series-1", width: 2 },
        ],
        band: [2, 1],
        x: (value) => String(value),
        y: (value) => String(value),
      }),
    );
    const columns = Array.from({ length: width }, (_, i) => values(evidence, i));
    chart.set(
      columns.map((_, i) => i),
      columns.map((column) => (column.length > 0 ? Math.min(...column) : null)),
      columns.map((column) => (column.length > 0 ? Math.max(...column) : null)),
      columns.map((_, i) => mean(values(others, i))),
      columns.map(mean),
    );
    return chart.element;
  }

  private chart(chart: Chart): Chart {
    this.charts.push(chart);
    return chart;
  }

  private closeCharts(): void {
    for (const chart of this.charts.splice(0)) chart.close();
  }
}

interface Found {
  evidence: Evidence;
  around: Window[];
}

async function read(event: AgentEvent): Promise<Found> {
  if (event.id === null)
    throw new ApiError(404, {
      code: "not_found",
      message: "this event was not kept",
      remedy: null,
    });
  const evidence = await get<Evidence>(`/events/${event.id}/windows`);
  const [first, last] = [evidence.items[0], evidence.items.at(-1)];
  if (first === undefined || last === undefined) return { evidence, around: [] };
  const query = new URLSearchParams({
    source_id: event.source_id,
    session: event.session,
    lane: String(first.lane),
    since_ns: String(max0(BigInt(first.start_ns) - BEFORE_NS)),
    until_ns: String(BigInt(last.end_ns) + AFTER_NS),
    limit: "200",
  });
  return { evidence, around: await all<Window>(`/windows?${query}`, 1) };
}

const max0 = (value: bigint): bigint => (value < 0n ? 0n : value);

const values = (windows: readonly Window[], i: number): number[] =>
  windows.map((window) => window.mean_amplitude[i] ?? null).filter((value) => value !== null);

const mean = (column: readonly number[]): Nullable =>
  column.length === 0 ? null : column.reduce((a, b) => a + b, 0) / column.length;

function head(event: AgentEvent): HTMLElement {
  const told = milliseconds(event.told_ns);
  const facts: [string, string][] = [
    ["Room", event.room],
    ["Told", `${day(told)}, ${clock(told)}`],
    ["Confidence", event.confidence === null ? UNKNOWN : percent(event.confidence)],
    ["Source", `${event.source_id}, lane ${event.lane}`],
    ["Calibration", event.calibration_version ?? "none"],
    ...Object.entries(event.numbers)
      .filter(([name]) => !name.endsWith("_ns"))
      .map(fact),
  ];
  const tag = h("span", { class: "tag" }, event.origin);
  mark(tag, "data-origin", event.origin);
  const list = facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  return h(
    "header",
    {},
    h("div", { class: "bar" }, h("h2", {}, words(event.kind)), tag),
    h("dl", { class: "facts" }, ...list),
  );
}

const fact = ([name, value]: [string, unknown]): [string, string] => [
  words(name),
  typeof value === "number"
    ? number(value, Number.isInteger(value) ? 0 : 3)
    : value === null
      ? UNKNOWN
      : String(value),
];

function missing(evidence: Evidence): HTMLElement {
  const count = evidence.missing.length;
  const all_ = evidence.items.length === 0;
  const text = all_
    ? "The windows of this event are no longer held."
    : `${count} of its windows are no longer held.`;
  return h("p", { class: "muted" }, text);
}

const key = (text: string): HTMLElement => h("span", {}, h("i", { "aria-hidden": "true" }), text);

function legend(count: number): HTMLElement {
  const of =
    count === 1 ? "the evidence, one window" : `the evidence, mean and spread of ${count} windows`;
  return h("p", { class: "legend" }, key(of), key("the windows around it"));
}

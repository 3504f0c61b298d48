// Signal: up to four lanes live.

import type { Lane } from "./contract";
import { h, Keyed, mark, say } from "./dom";
import { words } from "./format";
import { LanePanel } from "./lane_panel";
import { laneName } from "./lane_name";
import type { Row } from "./rows";
import { Traces } from "./traces";
import type { Context, View } from "./view";
import type { Quantity } from "./waterfall";
import { laneKey } from "./world";

const MOST = 4;
const LEAST_SHARE = 0.05;
const SPANS: readonly [string, number][] = [
  ["12 s", 25],
  ["48 s", 100],
  ["4 min", 500],
];

export class Signal implements View {
  readonly path = "signal";
  readonly title = "Signal";
  readonly icon = ["M3 12h3l3-8 4 16 3-11 2 3h3"];
  readonly needs = "/lanes";
  readonly topics = ["csi"];
  private readonly grid = h("div", { class: "lanes" });
  private readonly empty = h("p", { class: "empty", role: "status" });
  private readonly chips = h("div", {
    class: "controls chips",
    role: "group",
    "aria-label": "Lanes shown",
  });
  private readonly pause = h(
    "button",
    { class: "quiet", onclick: () => this.togglePause() },
    "Pause",
  );
  private readonly dropped = h("span", { class: "count", role: "status" });
  private readonly pairs = h("select", {
    "aria-label": "Chain pair",
    onchange: () => this.rebuild(),
  });
  private readonly traces = new Traces();
  readonly element: HTMLElement;
  private panels: Keyed<Lane>;
  private quantity: Quantity = "amplitude";
  private binMs = 25;
  private paused = false;
  private selected: LanePanel | null = null;
  private shownLanes: Set<string> | null = null;
  private readonly fair = new Set<string>();
  private byLane = new Map<string, LanePanel>();
  private frame = 0;

  constructor(private readonly context: Context) {
    this.panels = this.makePanels();
    context.world.onRow((row, source) => this.take(row, laneKey(source.source_id, row.lane)));
    const quantities = choice("What is shown", ["amplitude", "phase"] as const, "amplitude", (q) =>
      this.turn(q),
    );
    const spans = choice(
      "Time shown",
      SPANS.map(([name]) => name),
      "12 s",
      (name) => this.stretch(name),
    );
    this.element = h(
      "section",
      { class: "view signal" },
      h(
        "div",
        { class: "bar" },
        h("h1", {}, "Signal"),
        h("div", { class: "controls" }, this.dropped, quantities, spans, this.pairs, this.pause),
      ),
      this.chips,
      this.grid,
      this.empty,
      this.traces.element,
    );
  }

  shown(): void {
    this.frame ||= requestAnimationFrame((now) => this.draw(now));
  }

  hidden(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  update(): void {
    const { world } = this.context;
    const lanes = [...world.lanes.values()].filter((lane) => !world.refusedRaw.has(lane.source_id));
    const { droppedRows } = world;
    say(this.dropped, droppedRows === 0 ? "" : `${droppedRows} rows left out: too slow here`);
    const wanted = this.shownLanes ?? this.busiest(lanes);
    const shown = lanes.filter((lane) => wanted.has(keyOf(lane)));
    this.panels.update(shown);
    for (const window of world.windows)
      this.byLane.get(laneKey(window.source_id, window.lane))?.judge(window);
    mark(this.grid, "data-count", String(shown.length));
    this.updateChips(lanes, shown);
    this.updatePairs(shown);
    const refused = [...world.refusedRaw].map(
      ([id, reason]) => `${id} keeps its raw signal: ${reason}.`,
    );
    const nothing =
      lanes.length > 0
        ? "Choose a lane above."
        : world.connected
          ? "No lane is heard yet."
          : "Waiting for the agent …";
    say(this.empty, shown.length === 0 ? refused.join(" ") || nothing : refused.join(" "));
    mark(this.empty, "hidden", this.empty.textContent === "");
    mark(this.traces.element, "hidden", shown.length === 0);
  }

  /** Until somebody chooses: the lanes with a fair share of the frames; none leaves again. */
  private busiest(lanes: readonly Lane[]): ReadonlySet<string> {
    const most = Math.max(...lanes.map((lane) => lane.frames));
    for (const lane of lanes) {
      const fair = lane.frames >= most * LEAST_SHARE;
      if (fair && this.fair.size < MOST) this.fair.add(keyOf(lane));
    }
    return this.fair;
  }

  private take(row: Row, key: string): void {
    this.byLane.get(key)?.take(row);
  }

  private draw(nowMs: number): void {
    this.frame = requestAnimationFrame((now) => this.draw(now));
    for (const panel of this.byLane.values()) panel.draw(nowMs);
    const selected = this.selected ?? this.byLane.values().next().value;
    if (selected) this.traces.draw(selected, this.quantity, nowMs);
  }

  private makePanels(): Keyed<Lane> {
    return new Keyed(this.grid, shapeKey, (lane) => {
      const panel = new LanePanel(lane, this.binMs, this.quantity, (chosen) => this.select(chosen));
      panel.paused = this.paused;
      panel.pair = Math.max(0, this.pairs.selectedIndex);
      this.byLane.set(keyOf(lane), panel);
      if (this.selected === null || !this.selected.element.isConnected) this.select(panel);
      return panel;
    });
  }

  private select(panel: LanePanel): void {
    this.selected?.select(false);
    this.selected = panel;
    panel.select(true);
  }

  /** Begin every panel anew, with the present settings. */
  private rebuild(): void {
    this.panels.update([]);
    this.byLane.clear();
    this.selected = null;
    this.update();
  }

  private turn(quantity: Quantity): void {
    this.quantity = quantity;
    this.rebuild();
  }

  private stretch(name: string): void {
    this.binMs = SPANS.find(([known]) => known === name)?.[1] ?? 25;
    this.rebuild();
  }

  private togglePause(): void {
    this.paused = !this.paused;
    for (const panel of this.byLane.values()) panel.paused = this.paused;
    say(this.pause, this.paused ? "Go on" : "Pause");
    mark(this.pause, "aria-pressed", this.paused);
  }

  private updateChips(lanes: readonly Lane[], shown: readonly Lane[]): void {
    const state = lanes.map((lane) => `${keyOf(lane)}:${shown.includes(lane)}`).join();
    mark(this.chips, "hidden", lanes.length < 2);
    if (this.chips.dataset["state"] === state) return;
    const focused = [...this.chips.children].indexOf(document.activeElement ?? this.chips);
    this.chips.dataset["state"] = state;
    this.chips.replaceChildren(...lanes.map((lane) => this.chip(lane, shown)));
    if (focused >= 0) (this.chips.children[focused] as HTMLElement | undefined)?.focus();
  }

  private chip(lane: Lane, shown: readonly Lane[]): HTMLElement {
    const on = shown.includes(lane);
    const turn = (): void => {
      const keys = new Set(shown.map(keyOf));
      if (on) keys.delete(keyOf(lane));
      else if (keys.size < MOST) keys.add(keyOf(lane));
      else this.context.tell(`${MOST} lanes are shown; take one away first`);
      this.shownLanes = keys;
      this.update();
    };
    return h(
      "button",
      { class: "quiet chip", "aria-pressed": String(on), onclick: turn },
      laneName(lane),
    );
  }

  private updatePairs(shown: readonly Lane[]): void {
    const most = shown.reduce((a, b) => (b.n_rx * b.n_tx > a.n_rx * a.n_tx ? b : a), {
      n_rx: 1,
      n_tx: 1,
    });
    const count = most.n_rx * most.n_tx;
    mark(this.pairs, "hidden", count < 2);
    if (this.pairs.options.length === count) return;
    const names = Array.from(
      { length: count },
      (_, i) => `receive ${Math.floor(i / most.n_tx) + 1} · transmit ${(i % most.n_tx) + 1}`,
    );
    this.pairs.replaceChildren(...names.map((name) => h("option", {}, name)));
  }
}

const keyOf = (lane: Lane): string => laneKey(lane.source_id, lane.lane);
const shapeKey = (lane: Lane): string => `${keyOf(lane)}/${lane.subcarrier_index.length}`;

function choice<T extends string>(
  label: string,
  names: readonly T[],
  first: T,
  chosen: (name: T) => void,
): HTMLElement {
  const buttons = names.map((name) =>
    h(
      "button",
      { class: "quiet", "aria-pressed": String(name === first), onclick: () => press(name) },
      words(name),
    ),
  );
  const press = (name: T): void => {
    buttons.forEach((button, i) => mark(button, "aria-pressed", String(names[i] === name)));
    chosen(name);
  };
  return h("div", { class: "choice", role: "group", "aria-label": label }, ...buttons);
}

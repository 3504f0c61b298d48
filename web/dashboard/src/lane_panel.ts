// One lane of the Signal view: figures, spectrum, and waterfall with a cursor.

import { AXIS, Chart } from "./chart";
import type { Lane, Window } from "./contract";
import { h, mark, say, type Part } from "./dom";
import { milliseconds, number } from "./format";
import { BINS, LaneHistory } from "./lane_history";
import { laneName, radioOf } from "./lane_name";
import type { Row } from "./rows";
import { Waterfall, type Quantity } from "./waterfall";

const SPECTRUM_MS = 66;
const ADAPT_MS = 500;
const SILENT_MS = 3000;
const ENVELOPE_BINS = 60;
const MARGIN = 0.5;

export interface Cursor {
  subcarrier: number;
  bin: number;
}

export class LanePanel implements Part<Lane> {
  readonly history: LaneHistory;
  /** valid subcarrier whose course is drawn below */
  picked: number;
  pair = 0;
  paused = false;
  private cursor: Cursor | null = null;
  private readonly waterfall: Waterfall;
  private readonly spectrum: Chart;
  private readonly figures = h("span", { class: "now-figures" });
  private readonly readout = h("output", { class: "readout" });
  private readonly crossX = h("i", { class: "cross x", hidden: true });
  private readonly crossY = h("i", { class: "cross y", hidden: true });
  private readonly pick = h("i", { class: "pick" });
  private readonly silence = h("p", { class: "silence", hidden: true });
  private readonly field: HTMLElement;
  readonly element: HTMLElement;
  private heardMs = performance.now();
  private rateRows = 0;
  private rateMs = performance.now();
  private rateHz: number | null = null;
  private spectrumMs = 0;
  private adaptMs = 0;
  private session = "";
  private judged = -1;
  private newestRow: Row | null = null;

  constructor(
    private readonly lane: Lane,
    binMs: number,
    private quantity: Quantity,
    private readonly chosen: (panel: LanePanel) => void,
  ) {
    this.history = new LaneHistory(lane.subcarriers, lane.subcarrier_index, lane.valid, binMs);
    this.waterfall = new Waterfall(this.history, quantity);
    this.picked = this.history.valid[Math.floor(this.history.valid.length / 4)] ?? 0;
    this.spectrum = spectrumOf(lane, quantity, () => this.waterfall.range);
    this.field = this.makeField();
    const head = h("header", {}, h("h2", {}, laneName(lane)), h("p", {}, radioOf(lane)), this.figures);
    this.element = h("article", { class: "card lane" }, head, this.spectrum.element, this.field, this.readout);
    this.placePick();
  }

  /** A lane of a new session counts its windows anew. */
  update(lane: Lane): void {
    if (lane.session !== this.session) this.judged = -1;
    this.session = lane.session;
  }

  close(): void {
    this.spectrum.close();
  }

  take(row: Row): void {
    if (this.paused || row.subcarriers !== this.history.subcarriers) return;
    this.heardMs = performance.now();
    this.newestRow = row;
    this.history.take(row, Math.min(this.pair, row.pairs - 1));
  }

  /** Where rows are not judged one by one, their window's quality stands for them. */
  judge(window: Window): void {
    if (window.window_id <= this.judged || window.quality_score === null) return;
    this.judged = window.window_id;
    this.history.judge(milliseconds(window.start_ns), milliseconds(window.end_ns), window.quality_score);
  }

  select(selected: boolean): void {
    mark(this.element, "data-selected", selected);
  }

  /** Draw what came since the last picture. */
  draw(nowMs: number): void {
    if (nowMs - this.adaptMs > ADAPT_MS) {
      this.adaptMs = nowMs;
      if (this.quantity === "amplitude") this.waterfall.adapt();
      this.updateFigures(nowMs);
    }
    this.waterfall.draw();
    if (nowMs - this.spectrumMs < SPECTRUM_MS) return;
    this.spectrumMs = nowMs;
    this.drawSpectrum();
    this.updateReadout();
  }

  private updateFigures(nowMs: number): void {
    this.rateHz = ((this.history.rows - this.rateRows) * 1000) / (nowMs - this.rateMs);
    [this.rateRows, this.rateMs] = [this.history.rows, nowMs];
    const row = this.newestRow;
    const judged = this.history.latestQuality();
    const quality = judged === null ? null : judged * 100;
    const rate = this.paused ? "paused" : number(this.rateHz, 0, " Hz");
    const rssi = number(row?.rssiDbm ?? null, 0, " dBm");
    say(this.figures, `${rate}   ${rssi}   quality ${number(quality, 0, " %")}`);
    const silentMs = nowMs - this.heardMs;
    const silent = !this.paused && silentMs > SILENT_MS;
    mark(this.silence, "hidden", !silent);
    if (silent) say(this.silence, `Nothing for ${Math.round(silentMs / 1000)} s`);
    mark(this.element, "data-stale", silent);
  }

  private drawSpectrum(): void {
    const { history, quantity } = this;
    if (Number.isNaN(history.newest)) return;
    const values = quantity === "phase" ? history.radians : history.decibels;
    const bin = this.cursor?.bin ?? history.newest;
    const lines: (number | null)[][] = [[], [], []];
    for (let i = 0; i < history.subcarriers; i++) {
      const valid = this.lane.valid[i] === true;
      const [low, high] = valid ? extent(history, values, bin, i) : [null, null];
      lines[0]?.push(low);
      lines[1]?.push(high);
      lines[2]?.push(valid && history.has(bin) ? history.at(values, bin, i) : null);
    }
    this.spectrum.set(this.history.index, ...lines);
  }

  private updateReadout(): void {
    const { history, cursor } = this;
    if (Number.isNaN(history.newest)) return;
    const bin = cursor?.bin ?? history.newest;
    const subcarrier = cursor?.subcarrier ?? this.picked;
    const ago = ((history.newest - bin) * history.binMs) / 1000;
    const db = history.at(history.decibels, bin, subcarrier);
    const rad = history.at(history.radians, bin, subcarrier);
    const when = ago < 0.05 ? "now" : `${ago.toFixed(1)} s ago`;
    const name = `subcarrier ${history.index[subcarrier] ?? "?"}`;
    say(this.readout, `${name} · ${when} · ${number(db, 1, " dB")} · ${number(rad, 2, " rad")}`);
  }

  private makeField(): HTMLElement {
    const field = h(
      "div",
      {
        class: "waterfall",
        tabindex: 0,
        role: "application",
        "aria-label": `Waterfall of ${laneName(this.lane)}: arrow keys move the cursor, Enter picks a subcarrier, Escape leaves`,
        onpointermove: (event) => this.point(event as PointerEvent),
        onpointerleave: () => this.moveCursor(null),
        onclick: (event) => this.click(event as PointerEvent),
        onkeydown: (event) => this.key(event as KeyboardEvent),
        onfocus: () => this.chosen(this),
      },
      this.waterfall.canvas,
      this.pick,
      this.crossX,
      this.crossY,
      this.silence,
    );
    field.style.setProperty("margin-left", `${AXIS}px`);
    return field;
  }

  private point(event: PointerEvent): void {
    const box = this.field.getBoundingClientRect();
    const n = this.history.subcarriers;
    const across = Math.floor(((event.clientX - box.left) / box.width) * n);
    const down = Math.floor(((event.clientY - box.top) / box.height) * BINS);
    const subcarrier = Math.min(n - 1, Math.max(0, across));
    this.moveCursor({ subcarrier, bin: this.history.newest - Math.min(BINS - 1, Math.max(0, down)) });
  }

  private click(event: PointerEvent): void {
    this.point(event);
    this.pickUnderCursor();
  }

  private key(event: KeyboardEvent): void {
    const start = this.cursor ?? { subcarrier: this.picked, bin: this.history.newest };
    const step = event.shiftKey ? 10 : 1;
    const moves: Record<string, Cursor> = {
      ArrowLeft: { ...start, subcarrier: Math.max(0, start.subcarrier - step) },
      ArrowRight: { ...start, subcarrier: Math.min(this.history.subcarriers - 1, start.subcarrier + step) },
      ArrowDown: { ...start, bin: Math.max(this.history.newest - BINS + 1, start.bin - 5 * step) },
      ArrowUp: { ...start, bin: Math.min(this.history.newest, start.bin + 5 * step) },
    };
    const moved = moves[event.key];
    if (moved) this.moveCursor(moved);
    else if (event.key === "Enter") this.pickUnderCursor();
    else if (event.key === "Escape") this.moveCursor(null);
    else return;
    event.preventDefault();
  }

  private pickUnderCursor(): void {
    if (this.cursor && this.lane.valid[this.cursor.subcarrier]) this.picked = this.cursor.subcarrier;
    this.placePick();
    this.chosen(this);
  }

  private moveCursor(cursor: Cursor | null): void {
    this.cursor = cursor;
    mark(this.crossX, "hidden", cursor === null);
    mark(this.crossY, "hidden", cursor === null);
    if (cursor === null) return;
    this.crossX.style.setProperty("left", `${this.share(cursor.subcarrier)}%`);
    this.crossY.style.setProperty("top", `${((this.history.newest - cursor.bin) / BINS) * 100}%`);
  }

  private placePick(): void {
    this.pick.style.setProperty("left", `${this.share(this.picked)}%`);
  }

  private share(subcarrier: number): number {
    return ((subcarrier + 0.5) / this.history.subcarriers) * 100;
  }
}

/** Lowest and highest value of a subcarrier shortly before a bin. */
function extent(history: LaneHistory, values: Float32Array, bin: number, i: number): [number | null, number | null] {
  let [low, high] = [Infinity, -Infinity];
  for (let at = bin - ENVELOPE_BINS; at <= bin; at += 3) {
    const value = history.at(values, at, i);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [null, null] : [low, high];
}

function spectrumOf(lane: Lane, quantity: Quantity, range: () => readonly [number, number]): Chart {
  const unit = quantity === "phase" ? "rad" : "dB";
  const { subcarrier_index: index } = lane;
  return new Chart({
    label: `Spectrum: ${quantity} over subcarriers in ${unit}`,
    height: 132,
    lines: [
      { label: "lowest", colour: "--band", width: 0.5 },
      { label: "highest", colour: "--band", width: 0.5 },
      { label: quantity, colour: "--series-1" },
    ],
    band: [2, 1],
    x: (value) => String(value),
    xRange: [(index[0] ?? 0) - 0.5, (index.at(-1) ?? 1) + 0.5],
    y: (value) => `${value} ${unit}`,
    yRange: (min, max) => [Math.min(range()[0], min) - MARGIN, Math.max(range()[1], max) + MARGIN],
  });
}

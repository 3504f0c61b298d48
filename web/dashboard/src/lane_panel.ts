// One lane of the Signal view: figures, spectrum, and waterfall with a cursor.

import { AXIS } from "./chart";
import type { Lane, Window } from "./contract";
import { Crosshair } from "./crosshair";
import { h, mark, say, type Part } from "./dom";
import { milliseconds, number } from "./format";
import { LaneHistory } from "./lane_history";
import { laneName, radioOf } from "./lane_name";
import type { Row } from "./rows";
import { Spectrum } from "./spectrum";
import { Waterfall, type Quantity } from "./waterfall";

const SPECTRUM_MS = 66;
const ADAPT_MS = 500;
const SILENT_MS = 3000;

export class LanePanel implements Part<Lane> {
  readonly history: LaneHistory;
  pair = 0;
  paused = false;
  private readonly waterfall: Waterfall;
  private readonly spectrum: Spectrum;
  private readonly crosshair: Crosshair;
  private readonly figures = h("span", { class: "now-figures" });
  private readonly readout = h("output", { class: "readout" });
  private readonly silence = h("p", { class: "silence", hidden: true });
  readonly element: HTMLElement;
  private heardMs = performance.now();
  private rateRows = 0;
  private rateMs = performance.now();
  private spectrumMs = 0;
  private adaptMs = 0;
  private session = "";
  private judged = -1;
  private newestRow: Row | null = null;

  constructor(
    lane: Lane,
    binMs: number,
    private readonly quantity: Quantity,
    chosen: (panel: LanePanel) => void,
  ) {
    this.history = new LaneHistory(lane.subcarriers, lane.subcarrier_index, lane.valid, binMs);
    this.waterfall = new Waterfall(this.history, quantity);
    const { canvas } = this.waterfall;
    this.spectrum = new Spectrum(this.history, quantity, () => this.waterfall.range);
    this.crosshair = new Crosshair(
      this.history,
      laneName(lane),
      () => chosen(this),
      canvas,
      this.silence,
    );
    this.crosshair.element.style.setProperty("margin-left", `${AXIS}px`);
    const head = h(
      "header",
      {},
      h("h2", {}, laneName(lane)),
      h("p", {}, radioOf(lane)),
      this.figures,
    );
    this.element = h(
      "article",
      { class: "card lane" },
      head,
      this.spectrum.element,
      this.crosshair.element,
      this.readout,
    );
  }

  get picked(): number {
    return this.crosshair.picked;
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
    this.history.judge(
      milliseconds(window.start_ns),
      milliseconds(window.end_ns),
      window.quality_score,
    );
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
    if (Number.isNaN(this.history.newest)) return;
    const bin = this.history.newest - (this.crosshair.cursor?.back ?? 0);
    this.spectrum.draw(bin);
    this.updateReadout(bin);
  }

  private updateFigures(nowMs: number): void {
    const rateHz = ((this.history.rows - this.rateRows) * 1000) / (nowMs - this.rateMs);
    [this.rateRows, this.rateMs] = [this.history.rows, nowMs];
    const row = this.newestRow;
    const judged = this.history.latestQuality();
    const quality = judged === null ? null : judged * 100;
    const rate = this.paused ? "paused" : number(rateHz, 0, " Hz");
    const rssi = number(row?.rssiDbm ?? null, 0, " dBm");
    say(this.figures, `${rate}   ${rssi}   quality ${number(quality, 0, " %")}`);
    const silentMs = nowMs - this.heardMs;
    const silent = !this.paused && silentMs > SILENT_MS;
    mark(this.silence, "hidden", !silent);
    if (silent) say(this.silence, `Nothing for ${Math.round(silentMs / 1000)} s`);
  }

  private updateReadout(bin: number): void {
    const { history } = this;
    const subcarrier = this.crosshair.cursor?.subcarrier ?? this.picked;
    const ago = ((history.newest - bin) * history.binMs) / 1000;
    const db = history.at(history.decibels, bin, subcarrier);
    const rad = history.at(history.radians, bin, subcarrier);
    const when = ago < 0.05 ? "now" : `${ago.toFixed(1)} s ago`;
    const name = `subcarrier ${history.index[subcarrier] ?? "?"}`;
    say(this.readout, `${name} · ${when} · ${number(db, 1, " dB")} · ${number(rad, 2, " rad")}`);
  }
}

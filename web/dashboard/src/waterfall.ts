// Draws a lane's history: newest row on top, subcarriers from left to right.
//
// Changed bins are painted into a texture that is a ring, one putImageData for each run of them;
// the picture is that texture in two pieces, at one pixel a value. The browser scales it.

import { RISING_TABLE, ROUND_TABLE, SIZE } from "./colour_maps";
import { h } from "./dom";
import { BINS, type LaneHistory } from "./lane_history";

export type Quantity = "amplitude" | "phase";

const RANGE_STEP_DB = 2;
const LEAST_RANGE_DB = 12;

export class Waterfall {
  readonly canvas = h("canvas", { class: "picture" });
  private readonly texture = document.createElement("canvas");
  private readonly image: ImageData;
  private readonly pixels: Uint32Array;
  private readonly shown: Uint8Array;
  private low = -10;
  private high = 30;

  constructor(
    private readonly history: LaneHistory,
    private readonly quantity: Quantity,
  ) {
    const n = history.subcarriers;
    for (const canvas of [this.canvas, this.texture]) [canvas.width, canvas.height] = [n, BINS];
    this.image = new ImageData(n, BINS);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.shown = new Uint8Array(n);
    for (const i of history.valid) this.shown[i] = 1;
  }

  get range(): readonly [number, number] {
    return this.quantity === "phase" ? [-Math.PI, Math.PI] : [this.low, this.high];
  }

  /** Bring the picture up to the newest row; does nothing when there is none. */
  draw(): void {
    const { history } = this;
    if (history.changedFrom > history.newest || Number.isNaN(history.newest)) return;
    const oldest = Math.max(0, history.newest - BINS + 1);
    this.paint(Math.max(oldest, history.changedFrom), history.newest);
    history.changedFrom = Infinity;
    this.compose();
  }

  /** Follow the amplitudes; a change repaints everything, so it happens in steps. */
  adapt(): void {
    const { history } = this;
    const seen = sampled(history);
    if (seen.length < 20) return;
    const low = quantile(seen, 0.01);
    const high = Math.max(quantile(seen, 0.998), low + LEAST_RANGE_DB);
    if (Math.abs(low - this.low) < RANGE_STEP_DB && Math.abs(high - this.high) < RANGE_STEP_DB)
      return;
    [this.low, this.high] = [low - 1, high + 1];
    history.changedFrom = history.newest - BINS + 1;
  }

  private paint(from: number, to: number): void {
    const context = this.texture.getContext("2d");
    for (let bin = from; bin <= to; bin++) this.colour(bin);
    const [first, last] = [place(to), place(from)];
    const n = this.history.subcarriers;
    const put = (top: number, bottom: number): void =>
      context?.putImageData(this.image, 0, 0, 0, top, n, bottom - top + 1);
    if (to - from >= BINS - 1) put(0, BINS - 1);
    else if (first <= last) put(first, last);
    else {
      put(first, BINS - 1);
      put(0, last);
    }
  }

  private colour(bin: number): void {
    const { history, shown, pixels } = this;
    const n = history.subcarriers;
    const [row, source] = [place(bin) * n, (bin % BINS) * n];
    if (!history.has(bin)) {
      pixels.fill(0, row, row + n);
      return;
    }
    const phase = this.quantity === "phase";
    const table = phase ? ROUND_TABLE : RISING_TABLE;
    const values = phase ? history.radians : history.decibels;
    const [low, high] = this.range;
    const scale = (SIZE - 1) / (high - low);
    for (let i = 0; i < n; i++) {
      const level = Math.min(SIZE - 1, Math.max(0, ((values[source + i] ?? 0) - low) * scale));
      pixels[row + i] = shown[i] === 1 ? (table[level | 0] ?? 0) : 0;
    }
  }

  private compose(): void {
    const context = this.canvas.getContext("2d");
    if (context === null) return;
    const n = this.history.subcarriers;
    const top = place(this.history.newest);
    context.clearRect(0, 0, n, BINS);
    context.drawImage(this.texture, 0, top, n, BINS - top, 0, 0, n, BINS - top);
    if (top > 0) context.drawImage(this.texture, 0, 0, n, top, 0, BINS - top, n, top);
  }
}

/** Row of the texture: later bins stand higher, so that what is newest is read downwards. */
const place = (bin: number): number => BINS - 1 - (bin % BINS);

function sampled(history: LaneHistory): number[] {
  const seen: number[] = [];
  for (let bin = Math.max(0, history.newest - BINS + 1); bin <= history.newest; bin += 8) {
    if (!history.has(bin)) continue;
    for (let at = 0; at < history.valid.length; at += 4) {
      seen.push(history.at(history.decibels, bin, history.valid[at] ?? 0));
    }
  }
  return seen.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

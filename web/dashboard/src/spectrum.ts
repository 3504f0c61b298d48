// A lane's values over its subcarriers, with how far they went shortly before.

import { Chart } from "./chart";
import type { LaneHistory } from "./lane_history";
import type { Quantity } from "./waterfall";

const ENVELOPE_BINS = 60;
const ENVELOPE_STEP = 3;
const MARGIN = 0.5;

type Nullable = number | null;

export class Spectrum {
  private readonly chart: Chart;

  constructor(
    private readonly history: LaneHistory,
    private readonly quantity: Quantity,
    range: () => readonly [number, number],
  ) {
    const { index } = history;
    const unit = quantity === "phase" ? "rad" : "dB";
    this.chart = new Chart({
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
      yRange: (min, max) => [
        Math.min(range()[0], min) - MARGIN,
        Math.max(range()[1], max) + MARGIN,
      ],
    });
  }

  get element(): HTMLElement {
    return this.chart.element;
  }

  close(): void {
    this.chart.close();
  }

  draw(bin: number): void {
    const { history } = this;
    const values = this.quantity === "phase" ? history.radians : history.decibels;
    const none = (): Nullable[] => Array<Nullable>(history.subcarriers).fill(null);
    const [low, high, line] = [none(), none(), none()];
    for (const i of history.valid) {
      [low[i], high[i]] = extent(history, values, bin, i);
      line[i] = history.has(bin) ? history.at(values, bin, i) : null;
    }
    this.chart.set(history.index, low, high, line);
  }
}

/** Lowest and highest value of a subcarrier shortly before a bin. */
function extent(
  history: LaneHistory,
  values: Float32Array,
  bin: number,
  i: number,
): [Nullable, Nullable] {
  let [low, high] = [Infinity, -Infinity];
  for (let at = bin - ENVELOPE_BINS; at <= bin; at += ENVELOPE_STEP) {
    const value = history.at(values, at, i);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [null, null] : [low, high];
}

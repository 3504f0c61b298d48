// What one subcarrier, the RSSI and the quality of the chosen lane did over the time shown.

import { Chart, type Shape } from "./chart";
import { h, say } from "./dom";
import type { LanePanel } from "./lane_panel";
import { BINS } from "./lane_history";
import type { Quantity } from "./waterfall";

const DRAW_MS = 100;

const ago = (seconds: number): string => (seconds === 0 ? "now" : `${seconds} s`);

const shape = (label: string, colour: string, unit: string, more: Partial<Shape> = {}): Shape => ({
  label,
  height: 150,
  lines: [{ label, colour }],
  x: ago,
  y: (value) => `${value}${unit}`,
  ...more,
});

const around =
  (least: number) =>
  (min: number, max: number): [number, number] => {
    const half = Math.max(least, max - min) * 0.55;
    return [(min + max) / 2 - half, (min + max) / 2 + half];
  };

export class Traces {
  private readonly title = h("h3");
  private readonly course = new Chart(
    shape("The picked subcarrier over time", "--series-2", "", { yRange: around(2) }),
  );
  private readonly rssi = new Chart(
    shape("RSSI over time in dBm", "--series-1", "", { yRange: around(6) }),
  );
  private readonly quality = new Chart(
    shape("Quality over time in percent", "--series-1", " %", { yRange: [0, 105] }),
  );
  readonly element = h(
    "div",
    { class: "traces" },
    h("div", { class: "card" }, this.title, this.course.element),
    h("div", { class: "card" }, h("h3", {}, "RSSI, dBm"), this.rssi.element),
    h("div", { class: "card" }, h("h3", {}, "Quality"), this.quality.element),
  );
  private drawnMs = 0;

  draw(panel: LanePanel, quantity: Quantity, nowMs: number): void {
    if (nowMs - this.drawnMs < DRAW_MS || Number.isNaN(panel.history.newest)) return;
    this.drawnMs = nowMs;
    const { history } = panel;
    const [x, course, rssi, quality]: (number | null)[][] = [[], [], [], []];
    const values = quantity === "phase" ? history.radians : history.decibels;
    for (let back = BINS - 1; back >= 0; back--) {
      const bin = history.newest - back;
      const heard = history.has(bin);
      x?.push((-back * history.binMs) / 1000);
      course?.push(heard ? history.at(values, bin, panel.picked) : null);
      rssi?.push(heard ? known(history.rssi[bin % BINS]) : null);
      quality?.push(heard ? known((history.quality[bin % BINS] ?? NaN) * 100) : null);
    }
    this.course.set(x ?? [], course ?? []);
    this.rssi.set(x ?? [], rssi ?? []);
    this.quality.set(x ?? [], quality ?? []);
    say(
      this.title,
      `Subcarrier ${history.index[panel.picked] ?? "?"}, ${quantity === "phase" ? "rad" : "dB"}`,
    );
  }
}

const known = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

// uPlot in the colours of the page, as wide as its place.

import uPlot from "uplot";
import { h } from "./dom";
import { colour, onTheme } from "./theme";

const FONT = '12px "Inter", sans-serif';
export const AXIS = 46;

interface Line {
  label: string;
  colour: string;
  width?: number;
  scale?: string;
  points?: boolean;
}

export interface Shape {
  label: string;
  height: number;
  lines: readonly Line[];
  /** numbers of two lines whose space between is filled */
  band?: readonly [number, number];
  x: (value: number) => string;
  y: (value: number) => string;
  xRange?: readonly [number, number];
  yRange?: uPlot.Range.MinMax | ((min: number, max: number) => uPlot.Range.MinMax);
}

type Values = readonly (number | null)[] | Float32Array;

export class Chart {
  readonly element: HTMLElement;
  private readonly plot: uPlot;
  private readonly forgetTheme: () => void;
  private readonly resized: ResizeObserver;

  constructor(shape: Shape) {
    this.element = h("figure", { class: "chart", role: "img", "aria-label": shape.label });
    this.element.style.setProperty("height", `${shape.height}px`);
    const empty = [[0], ...shape.lines.map(() => [null])] as uPlot.AlignedData;
    this.plot = new uPlot(options(shape), empty, this.element);
    this.forgetTheme = onTheme(() => this.plot.redraw(false, true));
    this.resized = new ResizeObserver(() => this.fit(shape.height));
    this.resized.observe(this.element);
  }

  set(x: Values, ...lines: Values[]): void {
    this.plot.setData([x, ...lines] as uPlot.AlignedData);
  }

  close(): void {
    this.forgetTheme();
    this.resized.disconnect();
    this.plot.destroy();
  }

  private fit(height: number): void {
    const width = this.element.clientWidth;
    if (width > 0) this.plot.setSize({ width, height });
  }
}

function options(shape: Shape): uPlot.Options {
  const axis = (format: (value: number) => string): uPlot.Axis => ({
    stroke: () => colour("--muted"),
    font: FONT,
    grid: { stroke: () => colour("--grid"), width: 1 },
    ticks: { show: false },
    values: (_, ticks) => ticks.map(format),
  });
  const { xRange, yRange } = shape;
  const range: uPlot.Scale.Range | undefined =
    typeof yRange === "function" ? (_, min, max) => yRange(min ?? 0, max ?? 1) : yRange;
  return {
    width: 300,
    height: shape.height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, shape.xRange ? 0 : 16, 0, 0],
    scales: {
      x: { time: false, range: xRange ? [...xRange] : (_, min, max) => [min, max] },
      y: range ? { range } : {},
    },
    axes: [
      { ...axis(shape.x), size: 26, space: 70 },
      { ...axis(shape.y), size: AXIS, space: 26 },
    ],
    bands: shape.band ? [{ series: [...shape.band], fill: () => colour("--band") }] : [],
    series: [{}, ...shape.lines.map(series)],
  };
}

const series = (line: Line): uPlot.Series => ({
  label: line.label,
  stroke: () => colour(line.colour),
  width: line.width ?? 1.6,
  points: { show: line.points ?? false, size: 4 },
});

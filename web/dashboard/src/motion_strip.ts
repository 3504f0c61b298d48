// The last two minutes of a room's motion, one bar a second; seconds without a word stay empty.

import type { Window } from "./contract";
import { h, mark } from "./dom";
import { milliseconds } from "./format";
import { colour, onTheme } from "./theme";

const SECONDS = 120;
const LEAST_OF_SCALE = 1.25;

interface Bar {
  score: number;
  threshold: number;
  moving: boolean;
}

export class MotionStrip {
  readonly canvas = h("canvas", { class: "strip", role: "img" });
  private readonly forgetTheme = onTheme(() => this.draw());
  private readonly resized = new ResizeObserver(() => this.draw());
  private bars: (Bar | null)[] = [];

  constructor() {
    this.resized.observe(this.canvas);
  }

  close(): void {
    this.forgetTheme();
    this.resized.disconnect();
  }

  update(windows: readonly Window[], nowMs: number): void {
    this.bars = bars(windows, nowMs);
    const heard = this.bars.filter((bar) => bar !== null);
    const moving = heard.filter((bar) => bar.moving).length;
    mark(
      this.canvas,
      "aria-label",
      `Motion in the last two minutes: moving in ${moving} of ${heard.length} seconds heard`,
    );
    this.draw();
  }

  private draw(): void {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const context = canvas.getContext("2d");
    if (context === null || width === 0) return;
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    context.scale(devicePixelRatio, devicePixelRatio);
    const top = Math.max(LEAST_OF_SCALE, ...this.bars.map((b) => (b ? b.score / b.threshold : 0)));
    const step = width / SECONDS;
    this.bars.forEach((bar, i) => {
      const tall = bar === null ? 0 : Math.max(2, (bar.score / bar.threshold / top) * height);
      context.fillStyle = colour(bar === null ? "--line" : bar.moving ? "--moving" : "--calm");
      const y = bar === null ? height - 1 : height - tall;
      context.fillRect(i * step, y, Math.max(1, step - 1.5), bar === null ? 1 : tall);
    });
    this.drawThreshold(context, width, height - height / top);
  }

  private drawThreshold(context: CanvasRenderingContext2D, width: number, y: number): void {
    context.strokeStyle = colour("--muted");
    context.setLineDash([3, 5]);
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
  }
}

function bars(windows: readonly Window[], nowMs: number): (Bar | null)[] {
  const bars: (Bar | null)[] = Array<Bar | null>(SECONDS).fill(null);
  for (const w of windows) {
    if (w.motion_score === null || !w.motion_threshold) continue;
    const at = SECONDS - 1 - Math.floor((nowMs - milliseconds(w.told_ns)) / 1000);
    const before = bars[at];
    if (at < 0 || at >= SECONDS || (before && before.score >= w.motion_score)) continue;
    const { motion_score: score, motion_threshold: threshold } = w;
    bars[at] = { score, threshold, moving: w.moving ?? score > threshold };
  }
  return bars;
}

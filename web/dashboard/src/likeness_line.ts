// The likest moments over time, by the clock they share with the one they are like.

import type { Likeness, Neighbour } from "./contract";
import { h, mark } from "./dom";
import { clock, day, milliseconds } from "./format";
import { apartMs, isDated } from "./moments";
import { colour, onTheme } from "./theme";

const HEIGHT = 96;
const SIDE = 14;
const FOOT = 24;
const REACH = 14;
const LEAST_SPAN_MS = 10_000;

interface Dot {
  x: number;
  y: number;
  hit: Neighbour;
}

export class LikenessLine {
  private readonly canvas = h("canvas", {
    class: "timeline",
    role: "img",
    "aria-label": "No moments yet",
    onclick: (event) => this.click(event as MouseEvent),
  });
  readonly element = this.canvas;
  private answer: Likeness | null = null;
  private dots: Dot[] = [];

  constructor(private readonly chosen: (id: number) => void) {
    this.canvas.style.setProperty("height", `${HEIGHT}px`);
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    onTheme(() => this.draw());
  }

  update(answer: Likeness): void {
    this.answer = answer;
    this.draw();
    const elsewhere = answer.items.length - this.dots.length;
    const other = elsewhere === 0 ? "" : `; ${elsewhere} by other clocks`;
    mark(this.canvas, "aria-label", `${this.dots.length} moments over time${other}`);
  }

  private draw(): void {
    const { canvas, answer } = this;
    const width = canvas.clientWidth;
    const context = canvas.getContext("2d");
    if (context === null || width === 0) return;
    [canvas.width, canvas.height] = [width * devicePixelRatio, HEIGHT * devicePixelRatio];
    context.scale(devicePixelRatio, devicePixelRatio);
    context.font = '13px "Inter", sans-serif';
    context.fillStyle = colour("--line");
    context.fillRect(0, HEIGHT - FOOT, width, 1);
    this.dots = [];
    if (answer === null) return;
    const hits = answer.items.filter((hit) => apartMs(hit, answer.like) !== null);
    const times = [answer.like, ...hits].map((one) => milliseconds(one.t_ns));
    const first = Math.min(...times);
    const spanMs = Math.max(LEAST_SPAN_MS, Math.max(...times) - first);
    const place = (ns: string): number =>
      SIDE + ((milliseconds(ns) - first) / spanMs) * (width - 2 * SIDE);
    drawExample(context, place(answer.like.t_ns), width);
    this.dots = hits.map((hit) => ({ x: place(hit.t_ns), y: height(hit.score, hits), hit }));
    for (const dot of this.dots) drawDot(context, dot);
    const label = (ms: number): string =>
      isDated(answer.like) ? `${day(ms)}, ${clock(ms)}` : `start + ${(ms / 1000).toFixed(0)} s`;
    foot(context, width, label(first), label(first + spanMs));
  }

  private click(event: MouseEvent): void {
    const near = this.dots
      .map((dot) => ({ dot, away: Math.hypot(dot.x - event.offsetX, dot.y - event.offsetY) }))
      .sort((a, b) => a.away - b.away)[0];
    const id = near && near.away <= REACH ? near.dot.hit.memory_id : null;
    if (id !== null) this.chosen(id);
  }
}

/** The likest stands highest. */
function height(score: number, hits: readonly Neighbour[]): number {
  const scores = hits.map((hit) => hit.score);
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  const share = most > least ? (score - least) / (most - least) : 1;
  return 12 + (1 - share) * (HEIGHT - FOOT - 26);
}

function drawDot(context: CanvasRenderingContext2D, { x, y }: Dot): void {
  context.fillStyle = colour("--accent");
  context.fillRect(x - 0.5, y, 1, HEIGHT - FOOT - y);
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fill();
}

function drawExample(context: CanvasRenderingContext2D, x: number, width: number): void {
  context.fillStyle = colour("--text");
  context.fillRect(x - 1, 0, 2, HEIGHT - FOOT);
  context.textBaseline = "top";
  context.textAlign = x > width / 2 ? "right" : "left";
  context.fillText("this", x > width / 2 ? x - 6 : x + 6, 0);
}

function foot(context: CanvasRenderingContext2D, width: number, from: string, to: string): void {
  context.fillStyle = colour("--muted");
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(from, 0, HEIGHT - FOOT / 2 + 2);
  context.textAlign = "right";
  context.fillText(to, width, HEIGHT - FOOT / 2 + 2);
}

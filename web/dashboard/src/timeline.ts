// Events over time, a row for each kind; dots may be clicked, the list beside is for the keyboard.

import type { AgentEvent } from "./contract";
import { h, mark } from "./dom";
import { clock, milliseconds, span, words } from "./format";
import { colour, onTheme } from "./theme";

const ROW = 26;
const LEFT = 150;
const FOOT = 24;
const REACH = 12;
const LEAST_SPAN_MS = 60_000;
const KINDS = [
  "PresenceStarted",
  "PresenceEnded",
  "MotionDetected",
  "MotionSettled",
  "BreathingCandidate",
  "BaselineChanged",
  "AnomalyDetected",
  "SignalQualityDropped",
  "CalibrationRequired",
  "DeviceDisconnected",
];

const TONES: Record<string, string> = {
  PresenceStarted: "--occupied",
  PresenceEnded: "--empty",
  MotionDetected: "--moving",
  MotionSettled: "--empty",
  BreathingCandidate: "--series-2",
};

interface Dot {
  x: number;
  y: number;
  event: AgentEvent;
}

export class Timeline {
  private readonly canvas = h("canvas", {
    class: "timeline",
    role: "img",
    onclick: (e) => this.click(e as MouseEvent),
  });
  readonly element = this.canvas;
  private dots: Dot[] = [];
  private events: readonly AgentEvent[] = [];
  private nowMs = 0;
  private opened: AgentEvent | null = null;

  constructor(private readonly chosen: (event: AgentEvent) => void) {
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    onTheme(() => this.draw());
  }

  update(events: readonly AgentEvent[], nowMs: number, opened: AgentEvent | null): void {
    [this.events, this.nowMs, this.opened] = [events, nowMs, opened];
    mark(this.canvas, "aria-label", `${events.length} events over time`);
    this.draw();
  }

  private draw(): void {
    const kinds = KINDS.filter((kind) => this.events.some((event) => event.kind === kind));
    const { canvas } = this;
    const height = Math.max(4, kinds.length) * ROW + FOOT;
    canvas.style.setProperty("height", `${height}px`);
    const width = canvas.clientWidth;
    const context = canvas.getContext("2d");
    if (context === null || width === 0) return;
    [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    context.scale(devicePixelRatio, devicePixelRatio);
    context.font = '13px "Inter", sans-serif';
    kinds.forEach((kind, i) => rail(context, words(kind), (i + 0.5) * ROW, width));
    const oldest = milliseconds(this.events.at(-1)?.told_ns ?? "0");
    const spanMs = Math.max(LEAST_SPAN_MS, (this.nowMs - oldest) * 1.02);
    this.place(kinds, width, spanMs);
    for (const dot of this.dots) this.drawDot(context, dot);
    foot(context, width, height, this.nowMs, spanMs);
  }

  private place(kinds: readonly string[], width: number, spanMs: number): void {
    this.dots = this.events.map((event) => ({
      x: width - 8 - ((this.nowMs - milliseconds(event.told_ns)) / spanMs) * (width - LEFT - 16),
      y: (kinds.indexOf(event.kind) + 0.5) * ROW,
      event,
    }));
  }

  private drawDot(context: CanvasRenderingContext2D, { x, y, event }: Dot): void {
    const { opened } = this;
    const open =
      opened?.event_id === event.event_id &&
      opened.session === event.session &&
      opened.source_id === event.source_id;
    context.beginPath();
    context.arc(x, y, open ? 8 : 5, 0, 2 * Math.PI);
    context.fillStyle = colour(TONES[event.kind] ?? "--bad");
    context.fill();
    if (!open) return;
    context.lineWidth = 3;
    context.strokeStyle = colour("--text");
    context.stroke();
  }

  private click(event: MouseEvent): void {
    const near = this.dots
      .map((dot) => ({ dot, away: Math.hypot(dot.x - event.offsetX, dot.y - event.offsetY) }))
      .sort((a, b) => a.away - b.away)[0];
    if (near && near.away <= REACH) this.chosen(near.dot.event);
  }
}

function rail(context: CanvasRenderingContext2D, name: string, y: number, width: number): void {
  context.fillStyle = colour("--muted");
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(name, 0, y);
  context.fillStyle = colour("--line");
  context.fillRect(LEFT, y, width - LEFT, 1);
}

function foot(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  nowMs: number,
  spanMs: number,
): void {
  context.fillStyle = colour("--muted");
  const y = height - FOOT / 2 + 2;
  context.textAlign = "left";
  context.fillText(`${span(spanMs)} ago`, LEFT, y);
  context.textAlign = "right";
  context.fillText(clock(nowMs), width, y);
}

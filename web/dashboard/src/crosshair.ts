// The field of a waterfall: a cursor for pointer and keyboard, and the picked subcarrier.

import { h, mark } from "./dom";
import { BINS, type LaneHistory } from "./lane_history";

const KEY_BINS = 5;
const LARGE_STEP = 10;

/** `back` counts bins from the newest one, so that the cursor stays where the eye is. */
interface Cursor {
  subcarrier: number;
  back: number;
}

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));

export class Crosshair {
  cursor: Cursor | null = null;
  /** valid subcarrier whose course is drawn below */
  picked: number;
  private readonly across = h("i", { class: "cross x", hidden: true });
  private readonly down = h("i", { class: "cross y", hidden: true });
  private readonly pick = h("i", { class: "pick" });
  readonly element: HTMLElement;

  constructor(
    private readonly history: LaneHistory,
    name: string,
    private readonly chosen: () => void,
    ...inside: HTMLElement[]
  ) {
    this.picked = history.valid[Math.floor(history.valid.length / 4)] ?? 0;
    this.element = h(
      "div",
      {
        class: "waterfall",
        tabindex: 0,
        role: "application",
        "aria-label": `Waterfall of ${name}: arrow keys move the cursor, Enter picks a subcarrier, Escape leaves`,
        onpointermove: (event) => this.point(event as PointerEvent),
        onpointerleave: () => this.move(null),
        onclick: (event) => this.click(event as PointerEvent),
        onkeydown: (event) => this.key(event as KeyboardEvent),
        onfocus: chosen,
      },
      ...inside,
      this.pick,
      this.across,
      this.down,
    );
    this.placePick();
  }

  private point(event: PointerEvent): void {
    const box = this.element.getBoundingClientRect();
    const { subcarriers } = this.history;
    const across = Math.floor(((event.clientX - box.left) / box.width) * subcarriers);
    const down = Math.floor(((event.clientY - box.top) / box.height) * BINS);
    this.move({ subcarrier: within(across, subcarriers - 1), back: within(down, BINS - 1) });
  }

  private click(event: PointerEvent): void {
    this.point(event);
    this.pickHere();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Enter") this.pickHere();
    else if (event.key === "Escape") this.move(null);
    else if (!this.step(event.key, event.shiftKey ? LARGE_STEP : 1)) return;
    event.preventDefault();
  }

  private step(key: string, size: number): boolean {
    const { subcarrier, back } = this.cursor ?? { subcarrier: this.picked, back: 0 };
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-size, 0],
      ArrowRight: [size, 0],
      ArrowUp: [0, -size * KEY_BINS],
      ArrowDown: [0, size * KEY_BINS],
    };
    const step = steps[key];
    if (step === undefined) return false;
    this.move({
      subcarrier: within(subcarrier + step[0], this.history.subcarriers - 1),
      back: within(back + step[1], BINS - 1),
    });
    return true;
  }

  private pickHere(): void {
    if (this.cursor && this.history.valid.includes(this.cursor.subcarrier)) {
      this.picked = this.cursor.subcarrier;
    }
    this.placePick();
    this.chosen();
  }

  private move(cursor: Cursor | null): void {
    this.cursor = cursor;
    mark(this.across, "hidden", cursor === null);
    mark(this.down, "hidden", cursor === null);
    if (cursor === null) return;
    this.across.style.setProperty("left", `${this.share(cursor.subcarrier)}%`);
    this.down.style.setProperty("top", `${(cursor.back / BINS) * 100}%`);
  }

  private placePick(): void {
    this.pick.style.setProperty("left", `${this.share(this.picked)}%`);
  }

  private share(subcarrier: number): number {
    return ((subcarrier + 0.5) / this.history.subcarriers) * 100;
  }
}

// Where each interface lost time over the last ten minutes, as far as this page heard it.

import type { Ns } from "./contract";
import type { Delay, Link, PastDelay } from "./link_contract";
import { milliseconds } from "./format";

const KEPT_S = 600;

export interface Delays {
  atMs: number;
  air: number | null;
  queue: number | null;
  wan: number | null;
}

export class LinkHistory {
  private readonly known = new Map<string, Delays[]>();

  of(name: string): readonly Delays[] {
    return this.known.get(name) ?? [];
  }

  /** What the agent heard before this page. */
  load(past: readonly PastDelay[]): void {
    const known = new Map<string, Delays[]>();
    for (const one of past) {
      known.set(one.ifname, [...(known.get(one.ifname) ?? []), delays(one, one.told_ns)]);
    }
    for (const [name, found] of known) {
      const until = found.at(-1)?.atMs ?? 0;
      const newer = this.of(name).filter((d) => d.atMs > until);
      this.known.set(name, [...found, ...newer]);
    }
  }

  take(link: Link): void {
    if (link.told_ns === null) return;
    const atMs = milliseconds(link.told_ns);
    for (const { name, delay } of link.interfaces) {
      const kept = this.of(name).filter((d) => d.atMs > atMs - KEPT_S * 1000 && d.atMs < atMs);
      this.known.set(name, [...kept, delays(delay, link.told_ns)]);
    }
    for (const [name, kept] of this.known) {
      if ((kept.at(-1)?.atMs ?? 0) < atMs - KEPT_S * 1000) this.known.delete(name);
    }
  }
}

const delays = (delay: Delay, told: Ns): Delays => ({
  atMs: milliseconds(told),
  air: delay.air_ms,
  queue: delay.queue_ms,
  wan: delay.wan_ms,
});

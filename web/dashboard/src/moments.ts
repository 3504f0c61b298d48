// When a memory was: a date where its clock tells one, else how long after the clock's start.

import type { Remembered } from "./contract";
import { clock, day, milliseconds } from "./format";

const DATED_MS = Date.UTC(2001, 8, 9); // 10^18 ns; no board runs that long without being set

/** Whether the source's clock was set to Unix time. */
export const isDated = (one: Remembered): boolean => milliseconds(one.t_ns) >= DATED_MS;

/** A date and time, or the clock's own seconds with when the agent heard it, if that was live. */
export function moment(one: Remembered): string {
  const ms = milliseconds(one.t_ns);
  if (isDated(one)) return `${day(ms)}, ${clock(ms)}`;
  const told = one.numbers["told_ns"];
  const heard = typeof told === "string" && one.origin === "live" ? milliseconds(told) : null;
  const own = `start + ${(ms / 1000).toFixed(1)} s`;
  return heard === null ? own : `${day(heard)}, ${clock(heard)} (${own})`;
}

/** Milliseconds from `from` to `to`; null where their clocks cannot be compared. */
export function apartMs(to: Remembered, from: Remembered): number | null {
  if (isDated(to) !== isDated(from) || (!isDated(to) && to.source_id !== from.source_id))
    return null;
  return milliseconds(to.t_ns) - milliseconds(from.t_ns);
}

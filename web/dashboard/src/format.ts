// Numbers and times as people read them.

import type { Ns } from "./contract";

/** Milliseconds of a decimal string of nanoseconds; good to a microsecond. */
export const milliseconds = (ns: Ns): number => Number(ns) / 1e6;

export const UNKNOWN = "–";

export function number(value: number | null, digits = 0, unit = ""): string {
  return value === null || Number.isNaN(value) ? UNKNOWN : `${value.toFixed(digits)}${unit}`;
}

export function percent(value: number | null): string {
  return value === null ? UNKNOWN : `${Math.round(value * 100)} %`;
}

/** A span such as "12 s", "3 min", "2 h", "5 d". */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 100) return `${s} s`;
  if (s < 6000) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const clock = (ms: number): string => CLOCK.format(ms);
export const day = (ms: number): string => DAY.format(ms);

/** "PresenceStarted" as "Presence started". */
export function words(name: string): string {
  const spaced = name
    .replace(/_/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

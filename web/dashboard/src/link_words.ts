// The governor's decisions, and what it changed, in words for people.

import type { Because, Changed, Decision } from "./link_contract";
import { UNKNOWN, words } from "./format";

const POLICIES: Record<string, string> = {
  shaping: "Queue",
  coalescing: "Interrupts",
  power_save: "Power save",
  roaming: "Access point",
  steering: "Access point",
  game_mode: "Game",
  network: "Network",
};

const UNITS: readonly [string, string][] = [
  ["_mbit", "Mbit/s"],
  ["_pps", "packets/s"],
  ["_dbm", "dBm"],
  ["_db", "dB"],
  ["_ms", "ms"],
];

export const policy = (name: string): string => POLICIES[name] ?? words(name);

/** What was decided, as a sentence without its end. */
export function deed(decision: Decision): string {
  const on = decision.enabled;
  switch (decision.action) {
    case "set_shaping": {
      const way = decision.direction === "ingress" ? "Incoming" : "Outgoing";
      return `${way} traffic held to ${decision.bandwidth_mbit ?? UNKNOWN} Mbit/s`;
    }
    case "set_coalescing":
      return decision.adaptive_rx === true
        ? "Interrupts may be gathered"
        : "Interrupts come at once";
    case "set_power_save":
      return on === true ? "The radio may sleep" : "The radio stays awake";
    case "roam":
      return `Moved to ${decision.bssid ?? "another access point"}`;
    case "scan":
      return "Looked for access points";
    case "hands_off":
      return "Hands off, everything put back";
    default:
      return undone(decision);
  }
}

function undone(decision: Decision): string {
  const { because, note } = decision;
  if (decision.action !== null) return words(decision.action);
  if (note !== null) return note.charAt(0).toUpperCase() + note.slice(1);
  return because === null ? UNKNOWN : `${policy(because.policy)}: ${because.rule}`;
}

/** The rule, what stood against more, and what was seen. */
export function why(because: Because): string {
  const against =
    because.blocked_by.length > 0 ? `held back: ${because.blocked_by.join(", ")}` : "";
  return [because.rule, against, seen(because)].filter((part) => part !== "").join("; ");
}

export function seen(because: Because): string {
  return Object.entries(because.saw)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => measure(name, value))
    .join(", ");
}

function measure(name: string, value: unknown): string {
  const [suffix, unit] = UNITS.find(([ending]) => name.endsWith(ending)) ?? ["", ""];
  const label = words(name.slice(0, name.length - suffix.length)).toLowerCase();
  return `${label} ${plain(value)}${unit && ` ${unit}`}`;
}

/** What was refused: a setting and where. */
export const subject = ([what = "", ...where]: readonly string[]): string =>
  [policy(what), ...where].join(" ");

/** A value of a setting: switches as on and off, numbers short. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The name of a setting: "3:wlan0/rx-gro" as "wlan0 rx-gro", sysctls with dots. */
export function setting(changed: Changed): string {
  if (changed.kind === "sysctl") return changed.target.replaceAll("/", ".");
  return changed.target.replace(/^\d+:/, "").replaceAll("/", " ");
}

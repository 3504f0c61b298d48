// What is known of a mesh, as people read it.

import type { Happening, MeshNode } from "./contract";
import { number, size, UNKNOWN, words } from "./format";

/** "0a1b2c" of an id that was proven, "#7" of a number without proof. */
export function shortName(node: string): string {
  const at = node.indexOf("@");
  return at < 0 ? node.slice(0, 6) : `#${node.slice(0, Math.min(at, 6))}`;
}

export function clockError(node: MeshNode): string {
  if (!node.alive) return UNKNOWN;
  if (node.role === "anchor") return "is the clock";
  const us = node.clock_error_us;
  if (us === null) return UNKNOWN;
  return us < 1000 ? number(us, 0, " µs") : number(us / 1000, 1, " ms");
}

export function rawCsi(node: MeshNode): string {
  if (node.raw_csi_open === null) return UNKNOWN;
  if (!node.raw_csi_open) return "closed";
  return node.raw_csi_bytes_per_s === null ? "open" : `${size(node.raw_csi_bytes_per_s)}/s`;
}

/** One word for how a node fares, and what it is drawn as. */
export function fares(node: MeshNode): "dead" | "calibrating" | "degraded" | "alive" {
  if (!node.alive) return "dead";
  if (node.calibrating) return "calibrating";
  return node.state === "degraded" ? "degraded" : "alive";
}

export const role = (node: MeshNode): string =>
  node.coordinator ? "coordinator" : node.role === null ? UNKNOWN : node.role.replace(/_/g, " ");

export function told(happening: Happening): string {
  const { event, room, node, words: said } = happening;
  const who = node === null ? "" : shortName(node);
  switch (event) {
    case "joined":
      return `${who} joined ${room ?? "the mesh"}${said["authenticated"] ? "" : ", not authenticated"}`;
    case "dead":
      return `${who} fell silent`;
    case "back":
      return `${who} is back`;
    case "leader":
      return said["leader"] === null
        ? "nobody leads"
        : `${shortName(String(said["leader"]))} leads, epoch ${said["epoch"]}`;
    case "room":
      return `${room}: ${said["moving"] ? "moving" : said["occupied"] ? "occupied" : "nobody seen"}`;
    case "alert":
      return `${who} raises an alert: ${words(String(said["reason"])).toLowerCase()}${said["authenticated"] ? "" : ", not authenticated"}`;
    case "node id clash":
      return `two nodes are called ${node}: ${said["address"]} and ${said["other"]}`;
    case "order":
      return ordered(who, room, said);
    case "clock error":
      return `the clock of ${who} is off by up to ${number(Number(said["error_us"]) / 1000, 1, " ms")}`;
    case "withheld":
      return `${said["events"]} more events came too fast to be told`;
    default:
      return [words(event), who, room].filter(Boolean).join(" ");
  }
}

function ordered(who: string, room: string | null, said: Record<string, unknown>): string {
  if (said["role"] !== undefined)
    return `${who} becomes ${String(said["role"]).replace(/_/g, " ")}`;
  if (said["t0_anchor_us"] !== undefined) return `${room} calibrates`;
  const whom = shortName(String(said["target"]));
  if (said["debug_raw_csi"]) return `${whom} may send raw CSI`;
  return `${whom} goes to channel ${String(said["channels"])}`;
}

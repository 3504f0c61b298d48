// A lane in words.

import type { Lane } from "./contract";

/** "channel 36 · 80 MHz · VHT"; what is not known is left out. */
export function radioOf(lane: Lane): string {
  const parts = [
    lane.channel === null ? null : `channel ${lane.channel}`,
    lane.width_mhz === null ? null : `${lane.width_mhz} MHz`,
    lane.ppdu?.toUpperCase() ?? null,
    lane.training?.toUpperCase() ?? null,
  ];
  return parts.filter((part) => part !== null).join(" · ") || "channel not known";
}

/** "desk, lane 0"; core and stream where there are several. */
export function laneName(lane: Lane): string {
  const chain = lane.core === null ? "" : `, core ${lane.core}`;
  const stream = lane.stream === null ? "" : ` stream ${lane.stream}`;
  return `${lane.source_id}, lane ${lane.lane}${chain}${stream}`;
}

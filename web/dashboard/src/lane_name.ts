// A lane in words.

import type { Lane } from "./contract";

/** "channel 36 · 80 MHz · VHT"; what is not known is left out. */
export function radioOf(lane: Lane): string {
  const parts = [
    lane.channel === null ? null : `channel ${lane.channel}`,
    lane.width_mhz === null ? null : `${lane.width_mhz} MHz`,
    lane.ppdu?.toUpperCase() ?? null,
    lane.training?.toUpperCase() ?? null,
    lane.core === null ? null : `core ${lane.core}`,
    lane.stream === null ? null : `stream ${lane.stream}`,
    lane.transmitter,
  ];
  return parts.filter((part) => part !== null).join(" · ") || "channel not known";
}

export const laneName = (lane: Lane): string => `${lane.source_id}, lane ${lane.lane}`;

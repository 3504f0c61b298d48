// Binary messages of the stream: rows of CSI, one behind the other.

import type { Origin } from "./contract";

const HEADER = 32;
const VERSION = 1;
const COMPLEX_FLOAT32 = 0;
const ORIGINS: readonly Origin[] = ["live", "replay", "simulated"];

export interface Row {
  origin: Origin;
  source: number;
  lane: number;
  subcarriers: number;
  tMs: number;
  rssiDbm: number;
  quality: number;
  pairs: number;
  /** real, imaginary; subcarriers fastest, then pairs of chains */
  samples: Float32Array;
}

/** Every row of one message; stops where a row is cut short or of a kind not known. */
export function* rows(message: ArrayBuffer): Generator<Row> {
  const view = new DataView(message);
  let at = 0;
  while (at + HEADER <= message.byteLength && view.getUint8(at) === VERSION) {
    const subcarriers = view.getUint16(at + 6, true);
    const pairs = view.getUint8(at + 28) * view.getUint8(at + 29);
    const end = at + HEADER + 8 * pairs * subcarriers;
    if (end > message.byteLength || view.getUint8(at + 30) !== COMPLEX_FLOAT32) return;
    yield {
      origin: ORIGINS[view.getUint8(at + 1)] ?? "live",
      source: view.getUint16(at + 2, true),
      lane: view.getUint16(at + 4, true),
      subcarriers,
      tMs: Number(view.getBigUint64(at + 8, true)) / 1e6,
      rssiDbm: view.getFloat32(at + 20, true),
      quality: view.getFloat32(at + 24, true),
      pairs,
      samples: new Float32Array(message, at + HEADER, 2 * pairs * subcarriers),
    };
    at = end;
  }
}

// The recent rows of one lane on an even grid of time: a ring of bins, newest last.
//
// A bin holds the mean amplitude in dB and the last phase of the rows that fell into it. Bins
// between two rows repeat the row before when the gap is short, and are empty when it is long.

import type { Row } from "./rows";

export const BINS = 480;
const BRIDGED_MS = 700;
/** A clock that jumps further back than this began anew: a replay plays its next pass. */
const DISORDER_MS = 500;
const REST_MS = 1000;
const FLOOR_DB = -120;

export class LaneHistory {
  readonly decibels: Float32Array;
  readonly radians: Float32Array;
  readonly rssi = new Float32Array(BINS).fill(NaN);
  readonly quality = new Float32Array(BINS).fill(NaN);
  private readonly filled = new Uint16Array(BINS);
  /** positions of the subcarriers that carry signal */
  readonly valid: readonly number[];
  /** number of the newest bin since the source's clock began; NaN before the first row */
  newest = NaN;
  /** bins from here on changed since somebody last took them */
  changedFrom = Infinity;
  rows = 0;
  private lastMs = -Infinity;
  private shiftMs = 0;

  constructor(
    readonly subcarriers: number,
    readonly index: readonly number[],
    valid: readonly boolean[],
    readonly binMs: number,
  ) {
    this.decibels = new Float32Array(BINS * subcarriers);
    this.radians = new Float32Array(BINS * subcarriers);
    this.valid = valid.flatMap((yes, i) => (yes ? [i] : []));
  }

  /** Put one row of chain pair `pair` into its bin. */
  take(row: Row, pair: number): void {
    const bin = Math.floor(this.continued(row.tMs) / this.binMs);
    if (Number.isNaN(this.newest)) this.begin(bin);
    else if (bin > this.newest) this.advance(bin);
    this.rows++;
    const slot = bin % BINS;
    this.put(row, pair, slot);
    this.rssi[slot] = row.rssiDbm;
    this.quality[slot] = row.quality;
    this.changedFrom = Math.min(this.changedFrom, bin);
  }

  /** Whether anything was measured in a bin. */
  has(bin: number): boolean {
    return (
      bin <= this.newest &&
      bin > this.newest - BINS &&
      bin >= 0 &&
      (this.filled[bin % BINS] ?? 0) > 0
    );
  }

  /** One value of a bin; NaN where nothing was measured. */
  at(values: Float32Array, bin: number, subcarrier: number): number {
    return this.has(bin) ? (values[(bin % BINS) * this.subcarriers + subcarrier] ?? NaN) : NaN;
  }

  /** Give the rows of a span the quality of their window, unless they have their own. */
  judge(startMs: number, endMs: number, quality: number): void {
    const last = Math.min(this.newest, Math.floor((endMs + this.shiftMs) / this.binMs));
    const first = Math.max(
      this.newest - BINS + 1,
      Math.floor((startMs + this.shiftMs) / this.binMs),
    );
    for (let bin = first; bin <= last; bin++) {
      const slot = bin % BINS;
      if (this.has(bin) && Number.isNaN(this.quality[slot])) this.quality[slot] = quality;
    }
  }

  /** The newest quality there is, at most a quarter of the ring old. */
  latestQuality(): number | null {
    for (let bin = this.newest; bin > this.newest - BINS / 4; bin--) {
      const quality = this.quality[bin % BINS] ?? NaN;
      if (!Number.isNaN(quality)) return quality;
    }
    return null;
  }

  /** Time that goes on where a source's clock begins anew, after a short gap. */
  private continued(tMs: number): number {
    if (tMs < this.lastMs - DISORDER_MS) this.shiftMs += this.lastMs - tMs + REST_MS;
    this.lastMs = tMs;
    return tMs + this.shiftMs;
  }

  private begin(bin: number): void {
    this.filled.fill(0);
    this.newest = bin;
    this.changedFrom = bin - BINS + 1;
  }

  private advance(bin: number): void {
    const bridged = (bin - this.newest) * this.binMs <= BRIDGED_MS;
    const from = this.newest % BINS;
    const first = Math.max(this.newest + 1, bin - BINS + 1);
    for (let next = first; next <= bin; next++) {
      const slot = next % BINS;
      this.filled[slot] = 0;
      this.rssi[slot] = this.quality[slot] = NaN;
      if (bridged && next < bin) this.repeat(from, slot);
    }
    this.changedFrom = Math.min(this.changedFrom, first);
    this.newest = bin;
  }

  private repeat(from: number, to: number): void {
    const n = this.subcarriers;
    this.decibels.copyWithin(to * n, from * n, (from + 1) * n);
    this.radians.copyWithin(to * n, from * n, (from + 1) * n);
    this.filled[to] = this.filled[from] ?? 0;
    this.rssi[to] = this.rssi[from] ?? NaN;
    this.quality[to] = this.quality[from] ?? NaN;
  }

  private put(row: Row, pair: number, slot: number): void {
    const { samples } = row;
    const n = this.subcarriers;
    const [first, base] = [2 * pair * n, slot * n];
    const before = this.filled[slot] ?? 0;
    for (let i = 0; i < n; i++) {
      const [re, im] = [samples[first + 2 * i] ?? 0, samples[first + 2 * i + 1] ?? 0];
      const db = Math.max(FLOOR_DB, 10 * Math.log10(re * re + im * im));
      const old = this.decibels[base + i] ?? 0;
      this.decibels[base + i] = before === 0 ? db : old + (db - old) / (before + 1);
      this.radians[base + i] = Math.atan2(im, re);
    }
    straighten(this.radians, base, this.valid, this.index);
    this.filled[slot] = before + 1;
  }
}

/** Unwrap over the valid subcarriers, take slope and offset out (least squares), wrap again. */
function straighten(
  phase: Float32Array,
  base: number,
  valid: readonly number[],
  index: readonly number[],
): void {
  let [turns, last] = [0, 0];
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
  for (const i of valid) {
    const raw = phase[base + i] ?? 0;
    if (raw + turns - last > Math.PI) turns -= 2 * Math.PI;
    else if (raw + turns - last < -Math.PI) turns += 2 * Math.PI;
    last = raw + turns;
    phase[base + i] = last;
    const x = index[i] ?? 0;
    sx += x;
    sy += last;
    sxx += x * x;
    sxy += x * last;
  }
  const n = valid.length;
  const spread = n * sxx - sx * sx;
  const slope = spread === 0 ? 0 : (n * sxy - sx * sy) / spread;
  const offset = n === 0 ? 0 : (sy - slope * sx) / n;
  for (const i of valid) {
    const left = (phase[base + i] ?? 0) - slope * (index[i] ?? 0) - offset;
    phase[base + i] = left - 2 * Math.PI * Math.round(left / (2 * Math.PI));
  }
}

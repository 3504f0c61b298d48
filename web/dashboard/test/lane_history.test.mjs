// The ring of a waterfall: means, gaps, clocks that begin anew, phases without slope.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { BINS, LaneHistory } = await load("lane_history");

const row = (tMs, values, more = {}) => ({
  tMs,
  rssiDbm: -50,
  quality: 1,
  pairs: 1,
  samples: new Float32Array(values),
  ...more,
});
const history = (binMs = 10) => new LaneHistory(2, [-1, 1], [true, true], binMs);
const ONE = [1, 0, 1, 0];
const TEN = [10, 0, 10, 0];

test("rows of one bin are averaged in decibels", () => {
  const h = history();
  h.take(row(100, ONE), 0);
  h.take(row(105, TEN), 0);
  assert.equal(h.newest, 10);
  assert.equal(h.at(h.decibels, 10, 0), 10);
});

test("a short gap repeats the row before, a long one stays empty", () => {
  const h = history();
  h.take(row(100, TEN), 0);
  h.take(row(200, ONE), 0);
  assert.equal(h.at(h.decibels, 15, 1), 20);
  h.take(row(2000, ONE), 0);
  assert.ok(!h.has(150));
  assert.ok(Number.isNaN(h.at(h.decibels, 150, 0)));
});

test("what is older than the ring is gone", () => {
  const h = history();
  h.take(row(0, ONE), 0);
  h.take(row(10 * BINS, ONE), 0);
  assert.ok(!h.has(0));
  assert.ok(h.has(BINS));
});

test("a replay that begins anew goes on behind a gap", () => {
  const h = history();
  h.take(row(50_000, ONE), 0);
  h.take(row(1_000, TEN), 0);
  assert.equal(h.newest, 5100);
  assert.ok(h.has(5000));
  assert.equal(h.at(h.decibels, 5100, 0), 20);
});

test("rows that come a little late fill their own bin", () => {
  const h = history();
  h.take(row(100, ONE), 0);
  h.take(row(140, ONE), 0);
  h.take(row(95, TEN), 0);
  assert.equal(h.newest, 14);
  assert.equal(h.at(h.decibels, 9, 0), 20);
});

test("what changed is told from its first bin", () => {
  const h = history();
  h.take(row(100, ONE), 0);
  h.changedFrom = Infinity;
  h.take(row(130, ONE), 0);
  assert.equal(h.changedFrom, 11);
});

test("slope and offset are taken out of the phase, bends stay", () => {
  const n = 64;
  const index = Array.from({ length: n }, (_, i) => i - n / 2);
  const h = new LaneHistory(n, index, Array(n).fill(true), 10);
  const samples = index.flatMap((k) => {
    const angle = 0.9 * k + 2 + 0.2 * Math.sin(k / 4);
    return [Math.cos(angle), Math.sin(angle)];
  });
  h.take(row(0, samples), 0);
  const left = index.map((_, i) => h.at(h.radians, 0, i));
  assert.ok(Math.max(...left.map(Math.abs)) < 0.4);
  assert.ok(Math.max(...left.map(Math.abs)) > 0.1);
});

test("the chain pair that was asked for is drawn", () => {
  const h = history();
  h.take(row(0, [...ONE, ...TEN], { pairs: 2 }), 1);
  assert.equal(h.at(h.decibels, 0, 0), 20);
});

test("a window's quality stands for rows that were not judged", () => {
  const h = history();
  h.take(row(0, ONE, { quality: NaN }), 0);
  h.take(row(10, ONE, { quality: 0.5 }), 0);
  assert.equal(h.latestQuality(), 0.5);
  h.judge(0, 20, 0.9);
  assert.equal(h.quality[0], Math.fround(0.9));
  assert.equal(h.quality[1], 0.5);
});

// Rows of CSI as the contract lays them out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { rows } = await load("rows");

function message({ count = 1, subcarriers = 2, rx = 1, tx = 1, version = 1, encoding = 0 } = {}) {
  const size = 32 + 8 * rx * tx * subcarriers;
  const view = new DataView(new ArrayBuffer(count * size));
  for (let at = 0; at < count * size; at += size) {
    view.setUint8(at, version);
    view.setUint8(at + 1, 2);
    view.setUint16(at + 2, 513, true);
    view.setUint16(at + 4, 7, true);
    view.setUint16(at + 6, subcarriers, true);
    view.setBigUint64(at + 8, 1_795_248_577_944_000_000n, true);
    view.setFloat32(at + 20, -59.5, true);
    view.setFloat32(at + 24, NaN, true);
    view.setUint8(at + 28, rx);
    view.setUint8(at + 29, tx);
    view.setUint8(at + 30, encoding);
    view.setFloat32(at + 32, 3.25, true);
    view.setFloat32(at + 36, -1.5, true);
  }
  return view.buffer;
}

test("every field is where the contract says", () => {
  const [row] = rows(message());
  const { samples, quality, ...plain } = row;
  assert.deepEqual(plain, {
    origin: "simulated",
    source: 513,
    lane: 7,
    subcarriers: 2,
    tMs: 1_795_248_577_944,
    rssiDbm: -59.5,
    pairs: 1,
  });
  assert.deepEqual([...samples], [3.25, -1.5, 0, 0]);
  assert.ok(Number.isNaN(quality));
});

test("rows stand back to back, with as many samples as chains", () => {
  const found = [...rows(message({ count: 3, rx: 2, tx: 3, subcarriers: 5 }))];
  assert.deepEqual(
    found.map((row) => [row.pairs, row.samples.length]),
    [
      [6, 60],
      [6, 60],
      [6, 60],
    ],
  );
});

test("a message cut anywhere gives the whole rows before the cut and never fails", () => {
  const whole = message({ count: 2 });
  for (let end = 0; end <= whole.byteLength; end++) {
    assert.equal([...rows(whole.slice(0, end))].length, Math.floor(end / 48));
  }
});

test("another version or encoding is let go", () => {
  assert.deepEqual([...rows(message({ version: 2 }))], []);
  assert.deepEqual([...rows(message({ encoding: 1 }))], []);
});

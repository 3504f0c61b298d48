// Numbers as people read them; unknown is never a number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const format = await load("format");

test("unknown is a dash", () => {
  assert.deepEqual(
    [format.number(null), format.number(NaN), format.percent(null)],
    ["–", "–", "–"],
  );
  assert.deepEqual([format.number(0), format.percent(0)], ["0", "0 %"]);
});

test("spans and sizes take the unit that fits", () => {
  assert.deepEqual([0, 99_000, 120_000, 7_200_000, 259_200_000].map(format.span), [
    "0 s",
    "99 s",
    "2 min",
    "2 h",
    "3 d",
  ]);
  assert.deepEqual([999, 1500, 81_234_000, 4.1e9].map(format.size), [
    "999 B",
    "1.5 kB",
    "81.2 MB",
    "4.10 GB",
  ]);
});

test("kinds are words", () => {
  assert.equal(format.words("SignalQualityDropped"), "Signal quality dropped");
});

test("64-bit times keep their milliseconds", () => {
  assert.equal(Math.floor(format.milliseconds("1795248577944292206")), 1_795_248_577_944);
});

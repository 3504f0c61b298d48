// Where nodes are drawn, and what is said of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout } = await load("mesh_layout");
const words = await load("mesh_words");

const node = (name, room, more = {}) => ({
  node: name,
  room,
  alive: true,
  coordinator: false,
  authenticated: true,
  channel: 6,
  clock_error_us: null,
  raw_csi_open: false,
  raw_csi_bytes_per_s: 0,
  role: "observer",
  state: null,
  calibrating: false,
  ...more,
});
const mesh = (rooms) => ({
  node: "a0",
  rooms: Object.keys(rooms).map((room) => ({ room, alive: 1 })),
  nodes: Object.entries(rooms).flatMap(([room, count]) =>
    Array.from({ length: count }, (_, i) => node(`${room}${i}`, room)),
  ),
});

const inside = (spot, box) =>
  spot.x >= box.x && spot.x <= box.x + box.width && spot.y >= box.y && spot.y <= box.y + box.height;

for (const width of [280, 700, 1400]) {
  test(`every node stands in its own room, apart from others, at ${width}`, () => {
    const { boxes, spots, height } = layout(
      mesh({ hall: 1, living: 7, attic: 30, cellar: 0 }),
      width,
    );
    assert.equal(spots.length, 38);
    for (const spot of spots) assert.ok(inside(spot, spot.box), spot.node.node);
    for (const [i, one] of spots.entries()) {
      for (const other of spots.slice(i + 1)) {
        assert.ok(Math.hypot(one.x - other.x, one.y - other.y) > 60);
      }
    }
    for (const [i, a] of boxes.entries()) {
      assert.ok(a.x >= -0.01 && a.x + a.width <= width + 0.01 && a.y + a.height <= height);
      for (const b of boxes.slice(i + 1)) {
        assert.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y);
      }
    }
  });
}

test("of very many nodes some are counted, not drawn", () => {
  const { spots, left } = layout(mesh({ hall: 500 }), 1000);
  assert.deepEqual([spots.length, left], [120, 380]);
});

test("an empty mesh has a head and no room", () => {
  const { boxes, spots, height } = layout(mesh({}), 800);
  assert.deepEqual([boxes.length, spots.length], [0, 0]);
  assert.ok(height > 80);
});

test("what a node is not known to do is a dash", () => {
  assert.equal(words.clockError(node("a", "x")), "–");
  assert.equal(words.clockError(node("a", "x", { clock_error_us: 420 })), "420 µs");
  assert.equal(words.clockError(node("a", "x", { clock_error_us: 2500 })), "2.5 ms");
  assert.equal(words.clockError(node("a", "x", { role: "anchor" })), "is the clock");
  assert.equal(words.clockError(node("a", "x", { role: "anchor", alive: false })), "–");
  assert.equal(words.rawCsi(node("a", "x", { raw_csi_open: null })), "–");
  assert.equal(
    words.rawCsi(node("a", "x", { raw_csi_open: true, raw_csi_bytes_per_s: 12_000 })),
    "12.0 kB/s",
  );
});

test("a name without proof is a number", () => {
  assert.equal(words.shortName("0a1b2c3d4e5f6071"), "0a1b2c");
  assert.equal(words.shortName("7@10.0.0.3:5005"), "#7");
});

test("what happened is told in a sentence", () => {
  const tell = (event, said = {}, rest = {}) =>
    words.told({ event, room: "hall", node: "0a1b2c3d4e5f6071", words: said, ...rest });
  assert.equal(tell("joined", { authenticated: false }), "0a1b2c joined hall, not authenticated");
  assert.equal(tell("leader", { leader: null, epoch: 3 }, { node: null }), "nobody leads");
  assert.equal(tell("room", { occupied: true, moving: false }), "hall: occupied");
  assert.equal(tell("order", { role: "fusion_relay" }), "0a1b2c becomes fusion relay");
  assert.equal(
    tell("order", { target: "0a1b2c3d4e5f6071", channels: [11], debug_raw_csi: 0 }),
    "0a1b2c goes to channel 11",
  );
  assert.equal(
    tell("withheld", { events: 9 }, { room: null, node: null }),
    "9 more events came too fast to be told",
  );
});

// What the governor did, in words; and where time was lost, by interface.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const words = await load("link_words");
const { LinkHistory } = await load("link_history");

const nothing = { action: null, note: null, because: null };
const link = (s, name, air_ms) => ({
  told_ns: `${s}000000000`,
  interfaces: [{ name, delay: { air_ms, queue_ms: null, wan_ms: null } }],
});

test("a decision is a sentence", () => {
  const because = { policy: "roaming", rule: "nothing better", blocked_by: [], saw: {} };
  const said = [
    { ...nothing, action: "set_shaping", bandwidth_mbit: 260, direction: "ingress" },
    { ...nothing, action: "set_power_save", enabled: false },
    { ...nothing, action: "never_seen_before" },
    { ...nothing, note: "somebody took our queue away" },
    { ...nothing, because },
    nothing,
  ].map(words.deed);
  assert.deepEqual(said, [
    "Incoming traffic held to 260 Mbit/s",
    "The radio stays awake",
    "Never seen before",
    "Somebody took our queue away",
    "Access point: nothing better",
    "–",
  ]);
});

test("why names the rule, what held back, and what was seen, with units", () => {
  const saw = { ceiling_mbit: 736.695, signal_dbm: -58, game: false, best: null };
  assert.equal(
    words.why({ policy: "shaping", rule: "first bitrate", blocked_by: ["idle"], saw }),
    "first bitrate; held back: idle; ceiling 736.7 Mbit/s, signal -58 dBm, game off",
  );
});

test("settings are named as people know them", () => {
  const named = [
    { kind: "sysctl", target: "net/ipv4/tcp_ecn" },
    { kind: "offload", target: "3:wlan0/rx-gro" },
  ].map(words.setting);
  assert.deepEqual(named, ["net.ipv4.tcp_ecn", "wlan0 rx-gro"]);
  assert.equal(words.subject(["coalescing", "wlan0"]), "Interrupts wlan0");
  assert.deepEqual([null, true, 0.12345].map(words.plain), ["–", "on", "0.1235"]);
});

test("what was heard before is joined with what came since, once each", () => {
  const history = new LinkHistory();
  for (const s of [3, 4, 4]) history.take(link(s, "wlan0", s));
  history.load(
    [1, 2, 3].map((s) => ({
      told_ns: `${s}000000000`,
      ifname: "wlan0",
      air_ms: s,
      queue_ms: null,
      wan_ms: null,
    })),
  );
  assert.deepEqual(
    history.of("wlan0").map((d) => [d.atMs, d.air]),
    [1, 2, 3, 4].map((s) => [s * 1000, s]),
  );
});

test("ten minutes are kept, and no interface that is long gone", () => {
  const history = new LinkHistory();
  history.take(link(1, "eth0", 1));
  for (const s of [10, 500, 1000]) history.take(link(s, "wlan0", s));
  assert.equal(history.of("eth0").length, 0);
  assert.deepEqual(
    history.of("wlan0").map((d) => d.air),
    [500, 1000],
  );
  assert.equal(history.take({ told_ns: null, interfaces: [] }), undefined);
});

// One interface: where it loses time, how fast it is, and to whom it speaks.

import { Chart } from "./chart";
import { h, mark, say, type Part } from "./dom";
import { number, percent, UNKNOWN, words } from "./format";
import type { Because, Delay, LinkInterface } from "./link_contract";
import type { Delays, LinkHistory } from "./link_history";
import { policy, seen } from "./link_words";

const LEAST_MS = 10;
const SLIGHT_MS = 5;
const PARTS: readonly [keyof Delay, keyof Delays, string, string, string, string][] = [
  ["air_ms", "air", "Air", "to the gateway and back", "--series-1", "in the air"],
  ["queue_ms", "queue", "Own queue", "on this machine", "--series-2", "in its own queue"],
  ["wan_ms", "wan", "WAN", "past the gateway", "--moving", "past the gateway"],
];

const figure = (label: string, note = "", key = ""): Figure => {
  const value = h("dd", { class: "value" }, UNKNOWN);
  const under = h("dd", { class: "note" }, note);
  const dot = key ? h("i", { class: `key ${key}`, "aria-hidden": "true" }) : null;
  return {
    box: h("div", { class: "figure" }, h("dt", {}, dot, label), value, under),
    value,
    under,
  };
};

interface Figure {
  box: HTMLElement;
  value: HTMLElement;
  under: HTMLElement;
}

const LEAST_SPAN_MS = 120_000;
const GAP_MS = 5000;
const ago = (seconds: number): string => (seconds === 0 ? "now" : `${seconds} s`);
const short = (ms: number | null): string =>
  number(ms, ms === null || ms >= 10 ? 0 : ms >= 1 ? 1 : 2, " ms");

export class LinkCard implements Part<LinkInterface> {
  private readonly name = h("h2");
  private readonly about = h("p", { class: "muted" });
  private readonly verdict = h("p", { class: "lead" });
  private readonly tag = h("span", { class: "tag" }, "live");
  private readonly delays = PARTS.map(([, , label, note, tone]) =>
    figure(label, note, tone.slice(2)),
  );
  private readonly rate = figure("Rate");
  private readonly signal = figure("Signal");
  private readonly air = figure("Channel busy", "with others");
  private readonly rules = h("dl", { class: "rules" });
  private readonly chart = new Chart({
    label: "Delay in ms over the last ten minutes: air, own queue, beyond the gateway",
    height: 220,
    lines: PARTS.map(([, , label, , colour]) => ({ label, colour, width: 2 })),
    x: ago,
    y: (ms) => `${ms} ms`,
    yRange: (_, max) => [0, Math.max(LEAST_MS, max * 1.15)],
  });
  readonly element = h(
    "article",
    { class: "card linked" },
    h("header", {}, h("div", {}, this.name, this.about), this.tag),
    this.verdict,
    h(
      "dl",
      { class: "figures" },
      ...[...this.delays, this.rate, this.signal, this.air].map((f) => f.box),
    ),
    this.chart.element,
    h("h3", {}, "Why it stands so"),
    this.rules,
  );
  private drawnMs = 0;

  constructor(
    private readonly history: LinkHistory,
    private readonly reasons: (name: string) => readonly Because[],
    private readonly stale: () => boolean,
    private readonly nowMs: () => number,
  ) {}

  update(link: LinkInterface): void {
    const stale = this.stale();
    mark(this.element, "data-stale", stale);
    say(this.name, link.name);
    say(this.about, [link.kind, link.driver ?? "unknown driver", state(link)].join(" · "));
    say(this.tag, stale ? "old" : "live");
    PARTS.forEach(([field], i) => {
      const ms = stale ? null : link.delay[field];
      const value = this.delays[i]?.value;
      if (value) say(value, short(ms));
    });
    say(this.verdict, stale ? "Nothing is known now." : lost(link.delay));
    this.updateRadio(link, stale);
    this.draw(link.name, stale);
    this.explain(link.name);
  }

  close(): void {
    this.chart.close();
  }

  private updateRadio(link: LinkInterface, stale: boolean): void {
    const { ap } = link;
    say(this.rate.value, stale ? UNKNOWN : number(link.bitrate_mbit, 0));
    say(this.rate.under, "Mbit/s in the air");
    say(this.signal.value, stale ? UNKNOWN : number(ap?.signal_dbm ?? null, 0, " dBm"));
    say(this.signal.under, ap === null ? "no access point" : accessPoint(ap));
    say(this.air.value, stale ? UNKNOWN : percent(link.channel_busy));
  }

  private draw(name: string, stale: boolean): void {
    const delays = this.history.of(name);
    const newestMs = delays.at(-1)?.atMs ?? 0;
    const endMs = stale ? Math.max(newestMs, Math.floor(this.nowMs() / 1000) * 1000) : newestMs;
    if (endMs === this.drawnMs) return;
    this.drawnMs = endMs;
    const drawn = [silent(endMs - LEAST_SPAN_MS), ...broken(delays), silent(endMs)];
    this.chart.set(
      drawn.map((d) => (d.atMs - endMs) / 1000),
      ...PARTS.map(([, key]) => drawn.map((d) => d[key])),
    );
  }

  private explain(name: string): void {
    const reasons = this.reasons(name);
    const said = JSON.stringify(reasons);
    if (this.rules.dataset["said"] === said) return;
    this.rules.dataset["said"] = said;
    const unknown = [h("div", {}, h("dt", {}, "Unknown"), h("dd", {}, "nothing is decided yet"))];
    this.rules.replaceChildren(...(reasons.length > 0 ? reasons.map(rule) : unknown));
  }
}

function rule(because: Because): HTMLElement {
  const held = because.blocked_by.join(", ");
  return h(
    "div",
    {},
    h("dt", {}, policy(because.policy)),
    h(
      "dd",
      {},
      words(because.rule),
      held ? h("span", { class: "held" }, `held back: ${held}`) : null,
      h("span", { class: "muted" }, seen(because)),
    ),
  );
}

const silent = (atMs: number): Delays => ({ atMs, air: null, queue: null, wan: null });

/** With nothing where nothing was told, so that no line is drawn over it. */
function broken(delays: readonly Delays[]): Delays[] {
  return delays.flatMap((one, i) => {
    const before = delays[i - 1];
    const gap = before !== undefined && one.atMs - before.atMs > GAP_MS;
    return gap ? [silent(before.atMs + 1), one] : [one];
  });
}

/** Where most of the time goes, as a sentence. */
function lost(delay: Delay): string {
  const known = PARTS.flatMap(([field, , , , , place]) => {
    const ms = delay[field];
    return ms === null ? [] : [{ ms, place }];
  }).sort((a, b) => b.ms - a.ms);
  const most = known[0];
  if (most === undefined) return "Nothing flows, so no delay is known.";
  const total = known.reduce((sum, { ms }) => sum + ms, 0);
  if (total < SLIGHT_MS) return "Packets hardly wait anywhere.";
  return `Packets wait ${short(total)} in all, most of it ${most.place}.`;
}

function state(link: LinkInterface): string {
  if (link.connected === null) return "state unknown";
  return link.connected ? "connected" : "not connected";
}

function accessPoint(ap: NonNullable<LinkInterface["ap"]>): string {
  const where = ap.freq_mhz === null ? "" : ` · ${ap.freq_mhz} MHz`;
  return `${ap.ssid ?? "hidden"}${where} · ${ap.bssid}`;
}

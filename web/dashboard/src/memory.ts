// Memory: when was it last like this?

import type { Holdings, Likeness, Neighbour, Remembered } from "./contract";
import { h, Keyed, mark, say, type Part } from "./dom";
import { clock, span } from "./format";
import { LikenessLine } from "./likeness_line";
import { apartMs, moment } from "./moments";
import { ApiError, get } from "./rest";
import type { Context, View } from "./view";

const MOST = 12;
const HEARD_FOR_MS = 2500;
const TOML = "[memory]\nenabled = true";
const APART: readonly [string, number][] = [
  ["10 seconds", 10],
  ["1 minute", 60],
  ["1 hour", 3600],
  ["1 day", 86_400],
];

export class Memory implements View {
  readonly path = "memory";
  readonly title = "Memory";
  readonly icon = ["M4 12a8 8 0 1 0 2.6-5.9", "M4 4v4h4", "M12 8v4l3 2"];
  readonly needs = "/memory/search";
  readonly topics: readonly string[] = [];
  private readonly like = h("select", { id: "like", onchange: () => this.choose() });
  private readonly room = h("select", { id: "like-room", onchange: () => void this.ask() });
  private readonly apart = h(
    "select",
    { id: "apart", onchange: () => void this.ask() },
    ...APART.map(([text, s]) => h("option", { value: s, selected: s === 60 }, text)),
  );
  private readonly again = h("button", { type: "submit" }, "Ask");
  private readonly held = h("p", { class: "muted" });
  private readonly heading = h("h2", {}, "Not asked yet");
  private readonly latest = h("p", { class: "latest", role: "status" });
  private readonly line = new LikenessLine((id) => this.open(id));
  private readonly list = h("ol", { class: "moments", "aria-label": "Moments, the likest first" });
  private readonly form = this.makeForm();
  private readonly answerCard = h(
    "div",
    { class: "card answer" },
    this.heading,
    this.latest,
    this.line.element,
    this.list,
    h("p", { class: "muted" }, "The number is how alike a second was; 1.000 is the same."),
  );
  private readonly off = h(
    "div",
    { class: "card off" },
    h("h2", {}, "Nothing is remembered"),
    h(
      "p",
      { class: "muted" },
      "The agent can keep what each second was like, and find when it was like that before. ",
      "Write this into airsonde.toml and start the agent with it. No raw signal is kept.",
    ),
    h("pre", {}, TOML),
  );
  readonly element = h(
    "section",
    { class: "view memory" },
    h("h1", {}, "When was it last like this?"),
    this.form,
    this.answerCard,
    this.off,
  );
  private readonly rows = new Keyed<Neighbour>(
    this.list,
    (hit) => `${hit.memory_id}`,
    (hit) => this.row(hit),
  );
  private holdings: Holdings | null = null;
  private answer: Likeness | null = null;
  /** the number of the moment that is held against the others; null: a source's present */
  private example: string | null = null;
  private asking = false;

  constructor(private readonly context: Context) {}

  /** `#/memory/12` asks for moments like number 12. */
  shown(id: string | null): void {
    const fresh = id !== this.example;
    this.example = id;
    void this.load().then(() => (fresh && id !== null ? this.ask() : undefined));
  }

  update(): void {
    const { world } = this.context;
    const enabled = this.holdings?.enabled ?? true;
    mark(this.form, "hidden", !enabled);
    mark(this.answerCard, "hidden", !enabled);
    mark(this.off, "hidden", enabled);
    this.offer();
    mark(this.again, "disabled", this.asking || !world.connected || this.like.value === "");
    const unasked = this.answer === null && this.example === null;
    if (this.holdings?.enabled && unasked && this.isHeard()) void this.ask();
  }

  private makeForm(): HTMLElement {
    const field = (label: string, input: HTMLElement): HTMLElement =>
      h("div", { class: "field" }, h("label", { for: input.id }, label), input);
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.load();
      void this.ask();
    };
    return h(
      "form",
      { class: "card asking", onsubmit: submit },
      field("Like", this.like),
      field("In room", this.room),
      field("Not within", this.apart),
      this.again,
      this.held,
    );
  }

  private async load(): Promise<void> {
    this.holdings = await this.fetched<Holdings>("/memory");
    const held = this.holdings?.items ?? [];
    const number = held.reduce((sum, one) => sum + one.number, 0);
    const from = held.length === 1 ? "one source" : `${held.length} sources`;
    say(this.held, `${number.toLocaleString()} seconds of ${from} are remembered.`);
    this.context.world.changed();
  }

  /** Ask for moments like the chosen one. */
  private async ask(): Promise<void> {
    const [kind, name] = split(this.like.value);
    if (name === "" || this.asking) return;
    this.asking = true;
    const query = new URLSearchParams({ k: String(MOST), apart_s: this.apart.value });
    query.set(kind === "id" ? "like_id" : "like_source", name);
    if (this.room.value !== "") query.set("room", this.room.value);
    const answer = await this.fetched<Likeness>(`/memory/search?${query}`);
    this.asking = false;
    if (answer !== null) this.show(answer);
    this.context.world.changed();
  }

  private async fetched<T>(path: string): Promise<T | null> {
    try {
      return await get<T>(path);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(this.latest, error.message);
      return null;
    }
  }

  private show(answer: Likeness): void {
    this.answer = answer;
    const { like, items } = answer;
    const name = like.room ?? like.source_id;
    const asked =
      like.memory_id === null ? `now, ${clock(this.context.world.nowMs)}` : moment(like);
    say(this.heading, `Like ${name}, ${asked}`);
    say(this.latest, items.length === 0 ? nothing(this.apart.value) : latest(items, like));
    this.rows.update(items);
    this.line.update(answer);
  }

  private offer(): void {
    const sources = [...this.context.world.sources.values()];
    const held = this.holdings?.items ?? [];
    const now = sources.map((s): Choice => [`now:${s.source_id}`, `now: ${s.source_id}`]);
    const past: Choice[] = this.example === null ? [] : [[`id:${this.example}`, this.named()]];
    fill(this.like, [...now, ...past], this.example === null ? null : `id:${this.example}`);
    const rooms = new Set(held.map((one) => one.room).filter((room) => room !== null));
    fill(this.room, [["", "any"], ...[...rooms].map((room): Choice => [room, room])], null);
  }

  private named(): string {
    const like = this.answer?.like;
    return like?.memory_id === Number(this.example) ? moment(like) : `number ${this.example}`;
  }

  private isHeard(): boolean {
    const [, name] = split(this.like.value);
    const source = this.context.world.sources.get(name);
    if (source?.state !== "hearing" || source.session === null) return false;
    return this.context.world.nowMs - Number(source.session) / 1e6 > HEARD_FOR_MS && !this.asking;
  }

  private choose(): void {
    const [kind, name] = split(this.like.value);
    if (kind === "id") return this.open(Number(name));
    this.example = null;
    history.replaceState(null, "", "#/memory");
    void this.ask();
  }

  private open(id: number): void {
    location.hash = `#/memory/${id}`;
  }

  private row(hit: Neighbour): Part<Neighbour> {
    const score = h("span", { class: "score" });
    const like = (): void => this.open(Number(hit.memory_id));
    const element = h(
      "li",
      {},
      score,
      h("span", { class: "when" }, moment(hit)),
      h("span", { class: "where" }, `${hit.room ?? "no room"} · ${hit.source_id}`),
      h("span", hit.origin === null ? {} : { class: "tag", "data-origin": hit.origin }, hit.origin),
      h(
        "button",
        { class: "quiet", onclick: like, "aria-label": `Like this: ${moment(hit)}` },
        "Like this",
      ),
    );
    return { element, update: (one) => say(score, one.score.toFixed(3)) };
  }
}

type Choice = readonly [value: string, text: string];

function split(value: string): [kind: string, name: string] {
  const at = value.indexOf(":");
  return [value.slice(0, at), value.slice(at + 1)];
}

/** Give a select these options; what was chosen stays, unless `chosen` says otherwise. */
function fill(select: HTMLSelectElement, choices: readonly Choice[], chosen: string | null): void {
  const known = JSON.stringify([choices, chosen]);
  if (select.dataset["choices"] === known) return;
  select.dataset["choices"] = known;
  const before = chosen ?? select.value;
  select.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
  select.value = choices.some(([value]) => value === before) ? before : (choices[0]?.[0] ?? "");
}

/** Times can be compared only where one clock told them. */
function latest(hits: readonly Neighbour[], like: Remembered): string {
  const alike = hits.filter((hit) => apartMs(hit, like) !== null);
  const last = alike.sort((a, b) => Number(b.t_ns) - Number(a.t_ns))[0];
  if (last === undefined) return "None of these was noted by the same clock.";
  const ms = apartMs(last, like) ?? 0;
  return `The latest of these: ${moment(last)}, ${span(Math.abs(ms))} ${ms < 0 ? "before" : "after"}.`;
}

function nothing(apart: string): string {
  const name = APART.find(([, s]) => String(s) === apart)?.[0] ?? `${apart} s`;
  return `Nothing is remembered that is further than ${name} away.`;
}

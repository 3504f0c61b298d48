// Link: where packets wait, what the governor did about it, and why.

import type { Origin } from "./contract";
import { h, Keyed, mark, say, type Part } from "./dom";
import { clock, milliseconds, span } from "./format";
import { LinkCard } from "./link_card";
import type {
  Changed,
  Decision,
  Explanation,
  Link as Told,
  LinkInterface,
  PastDelay,
} from "./link_contract";
import { deed, plain, setting, subject, why } from "./link_words";
import { all, get, send } from "./rest";
import type { Context, View } from "./view";

const ASK_MS = 2000;
const OLD_MS = 5000;
const MOST_LISTED = 60;
const OFF =
  'The link is not tended. Write mode = "watch" below [link] in airsonde.toml to see what a ' +
  'governor on this machine does, or mode = "run" to govern from within the agent, which then ' +
  "must run as root.";

export class Link implements View {
  readonly path = "link";
  readonly title = "Link";
  readonly icon = [
    "M12 18.5h.01",
    "M8.5 15a5 5 0 0 1 7 0",
    "M5.2 11.6a9.7 9.7 0 0 1 13.6 0",
    "M2 8.2a14.4 14.4 0 0 1 20 0",
  ];
  readonly needs = "/link";
  readonly topics: readonly string[] = [];
  private readonly about = h("p", { class: "muted" });
  private readonly age = h("span", { class: "age", role: "status" });
  private readonly turn = h("button", { class: "quiet", onclick: () => void this.pause() });
  private readonly reason = h("p", { class: "empty", role: "status" });
  private readonly cards = h("div", { class: "links" });
  private readonly decided = h("ol", { class: "decisions" });
  private readonly undecided = h("p", { class: "muted" }, "Nothing was decided yet.");
  private readonly changes = h("tbody");
  private readonly unchanged = h("p", { class: "muted" }, "The host stands as it was found.");
  private readonly table: HTMLElement;
  private readonly cannot = h("ul", { class: "cannot" });
  private readonly can = h("p", { class: "muted" }, "Nothing was refused, nothing is missing.");
  private readonly below: HTMLElement;
  private readonly interfaces: Keyed<LinkInterface>;
  private readonly decisions: Keyed<Decision>;
  private readonly changed: Keyed<Changed>;
  private readonly problems: Keyed<[string, string]>;
  private explanation: Explanation | null = null;
  private askedMs = 0;
  private busy = false;
  readonly element: HTMLElement;

  constructor(private readonly context: Context) {
    const { linkHistory } = context.world;
    const reasons = (name: string) => this.explanation?.reasons[name] ?? [];
    this.interfaces = new Keyed(
      this.cards,
      (link) => link.name,
      () =>
        new LinkCard(
          linkHistory,
          reasons,
          () => this.stale,
          () => context.world.nowMs,
        ),
    );
    this.decisions = new Keyed(this.decided, keyOf, decisionRow);
    this.changed = new Keyed(this.changes, (c) => `${c.kind} ${c.target}`, changedRow);
    this.problems = new Keyed(this.cannot, (pair) => pair.join(), problemRow);
    this.table = table(this.changes);
    this.below = this.lower();
    this.element = h(
      "section",
      { class: "view link-view" },
      h(
        "div",
        { class: "bar" },
        h("div", {}, h("h1", {}, "Link"), this.about),
        h("div", { class: "controls" }, this.age, this.turn),
      ),
      this.reason,
      this.cards,
      this.below,
    );
  }

  /** What is measured here is this machine's, whatever the sources are. */
  origin(): Origin | null {
    return this.link?.enabled ? this.link.origin : this.context.world.origin;
  }

  shown(): void {
    void this.ask();
    void this.recall();
  }

  update(): void {
    const { link } = this;
    if (link === null) {
      say(this.reason, "Waiting for the agent …");
      return;
    }
    if (link.mode !== "off" && Date.now() - this.askedMs > ASK_MS) void this.ask();
    say(this.about, described(link));
    say(this.reason, link.mode === "off" ? OFF : (link.reason ?? ""));
    mark(this.reason, "hidden", this.reason.textContent === "");
    mark(this.turn, "hidden", link.mode !== "run");
    mark(this.turn, "disabled", this.busy || !this.context.world.connected);
    say(this.turn, link.paused ? "Resume" : "Pause");
    const oldMs = link.told_ns && this.context.world.nowMs - milliseconds(link.told_ns);
    say(this.age, this.stale && oldMs ? `told ${span(oldMs)} ago` : "");
    this.interfaces.update(link.interfaces);
    mark(this.below, "hidden", link.told_ns === null && !link.decisions.length);
    this.list(link);
  }

  private get link(): Told | null {
    return this.context.world.toldLink;
  }

  private get stale(): boolean {
    const { world } = this.context;
    const told = this.link?.told_ns ?? null;
    return !world.connected || told === null || world.nowMs - milliseconds(told) > OLD_MS;
  }

  private list(link: Told): void {
    const decided = this.explanation?.decisions ?? link.decisions;
    const newest = decided.slice(-MOST_LISTED).reverse();
    this.decisions.update(newest);
    mark(this.undecided, "hidden", newest.length > 0);
    this.changed.update(link.changed);
    mark(this.table, "hidden", link.changed.length === 0);
    mark(this.unchanged, "hidden", link.changed.length > 0);
    const problems: [string, string][] = [
      ...link.refused.map(({ what, reason }): [string, string] => [subject(what), reason]),
      ...[...link.missing, ...link.complaints].map((text): [string, string] => ["", text]),
    ];
    this.problems.update(problems);
    mark(this.can, "hidden", problems.length > 0);
  }

  private lower(): HTMLElement {
    const scrolled = (label: string, ...parts: HTMLElement[]): HTMLElement =>
      h("div", { class: "scrolled", tabindex: 0, role: "region", "aria-label": label }, ...parts);
    return h(
      "div",
      { class: "split lower" },
      h(
        "div",
        { class: "card" },
        h("h2", {}, "Decisions"),
        this.undecided,
        scrolled("Decisions, newest first", this.decided),
      ),
      h(
        "div",
        { class: "stack" },
        h(
          "div",
          { class: "card" },
          h("h2", {}, "Changed on this machine"),
          this.unchanged,
          scrolled("Settings that were changed", this.table),
        ),
        h("div", { class: "card" }, h("h2", {}, "Refused and missing"), this.can, this.cannot),
      ),
    );
  }

  /** Ask how it stands and why; where that fails the stream tells the rest. */
  private async ask(): Promise<void> {
    this.askedMs = Date.now();
    const { world } = this.context;
    if (world.toldLink === null) {
      const link = await get<Told>("/link").catch(() => null);
      if (link !== null) world.takeLink(link);
    }
    const known = world.toldLink?.told_ns !== null && world.toldLink?.mode !== "off";
    this.explanation = known ? await get<Explanation>("/link/explain").catch(() => null) : null;
    world.changed();
  }

  private async recall(): Promise<void> {
    const { world } = this.context;
    world.linkHistory.load(await all<PastDelay>("/link/delays").catch(() => []));
    world.changed();
  }

  private async pause(): Promise<void> {
    const verb = this.link?.paused ? "resume" : "pause";
    this.busy = true;
    await this.context.write(verb === "pause" ? "Pausing" : "Resuming", async () => {
      this.context.world.takeLink(await send<Told>("POST", `/link/${verb}`));
      this.explanation = null;
    });
    this.busy = false;
    this.context.world.changed();
  }
}

function described(link: Told): string {
  if (link.mode === "off") return "Off";
  const by = link.mode === "run" ? "Governed by this agent" : "Governed by a program beside it";
  const which = link.version === null ? "" : `airsonde ${link.version}, preset ${link.preset}`;
  return [link.paused ? "Paused" : by, which, link.dry_run ? "dry run" : ""]
    .filter((part) => part !== "")
    .join(" · ");
}

const keyOf = (d: Decision): string =>
  [d.at, d.t_ns, d.ifname, d.action, d.note, d.because?.policy].join();

function decisionRow(decision: Decision): Part<Decision> {
  const at = new Date(decision.at);
  const { action, because, outcome } = decision;
  const reason = because !== null && action !== null ? why(because) : null;
  const told = h("span", { class: "outcome" }, outcome ?? "");
  mark(told, "data-bad", outcome?.startsWith("refused") ?? false);
  const element = h(
    "li",
    {},
    h("time", { datetime: at.toISOString() }, clock(at.getTime())),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, deed(decision)), h("span", { class: "muted" }, decision.ifname)),
      outcome === null ? null : h("p", {}, told),
      reason === null ? null : h("p", { class: "muted" }, `Because: ${reason}`),
    ),
  );
  return { element, update: () => undefined };
}

function changedRow(changed: Changed): Part<Changed> {
  const now = h("td", { class: "now-value" });
  const element = h(
    "tr",
    {},
    h("th", { scope: "row" }, setting(changed), h("span", { class: "muted" }, changed.kind)),
    h("td", {}, plain(changed.before)),
    now,
  );
  return { element, update: (c) => say(now, plain(c.now)) };
}

function problemRow([what, reason]: [string, string]): Part<[string, string]> {
  const element = h("li", {}, what ? h("strong", {}, `${what}: `) : null, reason);
  return { element, update: () => undefined };
}

function table(body: HTMLElement): HTMLElement {
  const heads = ["Setting", "Found as", "Now"].map((text) => h("th", { scope: "col" }, text));
  return h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body);
}

// Events: what changed, when, and on what evidence.

import type { AgentEvent } from "./contract";
import { h, Keyed, mark, say, type Part } from "./dom";
import { EvidencePane } from "./evidence";
import { clock, day, milliseconds, percent, words } from "./format";
import { ApiError, get } from "./rest";
import { Timeline } from "./timeline";
import type { Context, View } from "./view";

const ANY = "";
const MOST_LISTED = 150;
const NARROW = matchMedia("(max-width: 900px)");

export class Events implements View {
  readonly path = "events";
  readonly title = "Events";
  readonly icon = ["M5 4v16", "M5 7h9l-2 2.5 2 2.5H5", "M9 17h10"];
  readonly needs = "/events";
  readonly topics: readonly string[] = [];
  private readonly kind = h("select", { id: "kind", onchange: () => this.update() });
  private readonly room = h("select", { id: "room", onchange: () => this.update() });
  private readonly count = h("span", { class: "count", role: "status" });
  private readonly list = h("ol", { class: "events", "aria-label": "Events, newest first" });
  private readonly empty = h("p", { class: "empty" });
  private readonly timeline = new Timeline((event) => this.open(event));
  private readonly pane: EvidencePane;
  private readonly rows: Keyed<AgentEvent>;
  private opened: AgentEvent | null = null;
  readonly element: HTMLElement;

  constructor(private readonly context: Context) {
    this.pane = new EvidencePane();
    this.rows = new Keyed(this.list, keyOf, (event) => this.row(event));
    this.element = h(
      "section",
      { class: "view" },
      h(
        "div",
        { class: "bar" },
        h("h1", {}, "Events"),
        h(
          "div",
          { class: "controls" },
          this.count,
          h("label", { for: "kind" }, "Kind"),
          this.kind,
          h("label", { for: "room" }, "Room"),
          this.room,
        ),
      ),
      h("div", { class: "card" }, this.timeline.element),
      h(
        "div",
        { class: "split" },
        h("div", { class: "card listing" }, this.list, this.empty),
        this.pane.element,
      ),
    );
  }

  /** `#/events/12` opens event 12. */
  shown(id: string | null): void {
    if (id === null) return;
    const known = this.context.world.events.find((event) => String(event.id) === id);
    if (known) this.open(known);
    else void this.fetch(id);
  }

  update(): void {
    const { world } = this.context;
    offer(this.kind, "All kinds", [...new Set(world.events.map((event) => event.kind))].sort());
    offer(this.room, "All rooms", [...new Set(world.events.map((event) => event.room))].sort());
    const events = world.events.filter((event) => this.wanted(event));
    this.rows.update(events.slice(0, MOST_LISTED));
    this.timeline.update(events, world.nowMs, this.opened);
    say(this.count, events.length === 1 ? "1 event" : `${events.length} events`);
    mark(this.empty, "hidden", events.length > 0);
    say(
      this.empty,
      world.events.length === 0 ? "Nothing has happened yet." : "Nothing of this kind.",
    );
  }

  private wanted(event: AgentEvent): boolean {
    const kind = this.kind.value === ANY || event.kind === this.kind.value;
    return kind && (this.room.value === ANY || event.room === this.room.value);
  }

  private row(event: AgentEvent): Part<AgentEvent> {
    const told = milliseconds(event.told_ns);
    const button = h(
      "button",
      { class: "event", "data-kind": event.kind, onclick: () => this.open(event) },
      h("i", { "aria-hidden": "true" }),
      h("span", { class: "what" }, words(event.kind)),
      h("span", { class: "where" }, event.room),
      h("span", { class: "sure" }, event.confidence === null ? "" : percent(event.confidence)),
      h("time", { datetime: new Date(told).toISOString() }, `${clock(told)}`),
      h(
        "span",
        { class: "day" },
        `${day(told)}${event.origin === "live" ? "" : ` · ${event.origin}`}`,
      ),
    );
    const element = h("li", {}, button);
    return {
      element,
      update: () => mark(button, "aria-current", this.isOpen(event) ? "true" : false),
    };
  }

  private isOpen(event: AgentEvent): boolean {
    return this.opened !== null && keyOf(this.opened) === keyOf(event);
  }

  private open(event: AgentEvent): void {
    this.opened = event;
    if (event.id !== null) history.replaceState(null, "", `#/events/${event.id}`);
    void this.pane.show(event);
    if (NARROW.matches) this.pane.element.scrollIntoView();
    this.context.world.changed();
  }

  private async fetch(id: string): Promise<void> {
    try {
      const event = await get<AgentEvent>(`/events/${encodeURIComponent(id)}`);
      this.context.world.takeEvents([event]);
      this.open(event);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.context.tell(error.message, true);
    }
  }
}

const keyOf = (event: AgentEvent): string =>
  `${event.source_id} ${event.session} ${event.event_id}`;

/** Give a select these names besides "all", and keep what is chosen. */
function offer(select: HTMLSelectElement, all: string, names: readonly string[]): void {
  const known = names.join();
  if (select.dataset["names"] === known) return;
  select.dataset["names"] = known;
  const chosen = select.value;
  const options = names.map((name) => h("option", { value: name }, words(name)));
  select.replaceChildren(h("option", { value: ANY }, all), ...options);
  select.value = names.includes(chosen) ? chosen : ANY;
}

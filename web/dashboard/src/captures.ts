// Captures: record, label, fetch and play again.

import { CaptureRow } from "./capture_row";
import type { Capture, Source } from "./contract";
import { h, Keyed, mark, say, type Part } from "./dom";
import { remove, send } from "./rest";
import type { Context, View } from "./view";

export class Captures implements View {
  readonly path = "captures";
  readonly title = "Captures";
  readonly icon = [
    "M12 12m-8.5 0a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0",
    "M12 12m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
  ];
  readonly needs = "/captures";
  readonly topics: readonly string[] = [];
  private readonly source = h("select", { id: "capture-source" });
  private readonly label = h("input", {
    id: "capture-label",
    maxlength: 200,
    placeholder: "walk, empty, two people …",
  });
  private readonly seconds = h("input", {
    id: "capture-seconds",
    type: "number",
    min: 1,
    max: 86400,
    value: 60,
  });
  private readonly record = h("button", { type: "submit" }, "Record");
  private readonly hint = h("p", { class: "muted", role: "status" });
  private readonly played = h("ul", { class: "played" });
  private readonly body = h("tbody");
  private readonly empty = h(
    "p",
    { class: "empty" },
    "Nothing is recorded yet. What is recorded here can be labelled, fetched and played again.",
  );
  private readonly table: HTMLElement;
  private readonly rows: Keyed<Capture>;
  private readonly replays: Keyed<Source>;
  readonly element: HTMLElement;

  constructor(private readonly context: Context) {
    this.rows = new Keyed(
      this.body,
      (c) => c.capture_id,
      (c) => new CaptureRow(context, c),
    );
    this.replays = new Keyed(
      this.played,
      (s) => s.source_id,
      (s) => this.replay(s),
    );
    const heads = ["Label", "Source", "Began", "Length", "Frames", "Size", ""];
    this.table = h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, ...heads.map((text) => (text ? h("th", { scope: "col" }, text) : h("td")))),
      ),
      this.body,
    );
    this.element = h(
      "section",
      { class: "view captures" },
      h("h1", {}, "Captures"),
      this.form(),
      this.played,
      h("div", { class: "card" }, this.table, this.empty),
    );
  }

  update(): void {
    const { world } = this.context;
    const sources = [...world.sources.values()];
    this.offerSources(sources);
    const chosen = world.sources.get(this.source.value);
    const allowed = chosen?.raw_on_disk ?? false;
    mark(this.record, "disabled", !allowed || chosen?.state !== "hearing" || !world.connected);
    say(
      this.hint,
      chosen && !allowed
        ? `Raw signals of ${chosen.source_id} stay off the disk: [agent.privacy] raw_on_disk = true allows it.`
        : "",
    );
    const captures = [...world.captures.values()].sort(
      (a, b) => Number(b.began_ns) - Number(a.began_ns),
    );
    this.rows.update(captures);
    this.replays.update(sources.filter((s) => s.removable));
    mark(this.played, "hidden", !sources.some((s) => s.removable));
    mark(this.table, "hidden", captures.length === 0);
    mark(this.empty, "hidden", captures.length > 0);
  }

  private form(): HTMLElement {
    const field = (label: string, input: HTMLElement): HTMLElement =>
      h("div", { class: "field" }, h("label", { for: input.id }, label), input);
    return h(
      "form",
      { class: "card recorder", onsubmit: (event) => void this.begin(event) },
      field("Source", this.source),
      field("Label", this.label),
      field("Seconds", this.seconds),
      this.record,
      this.hint,
    );
  }

  private offerSources(sources: readonly Source[]): void {
    const names = sources.map((s) => s.source_id);
    if (this.source.dataset["names"] === names.join()) return;
    this.source.dataset["names"] = names.join();
    const chosen = this.source.value;
    this.source.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
    if (names.includes(chosen)) this.source.value = chosen;
  }

  private async begin(event: Event): Promise<void> {
    event.preventDefault();
    const label = this.label.value.trim();
    const seconds = Number(this.seconds.value);
    const asked = {
      source_id: this.source.value,
      ...(label && { label }),
      ...(seconds > 0 && { seconds }),
    };
    await this.context.write("Recording", async () => {
      const capture = await send<Capture>("POST", "/captures", asked);
      this.context.world.message({ type: "capture", capture, origin: capture.origin });
      this.label.value = "";
    });
  }

  private replay(source: Source): Part<Source> {
    const end = (): Promise<void> =>
      this.context.write("Ending the replay", () =>
        remove(`/sources/${encodeURIComponent(source.source_id)}`),
      );
    const text = h("span");
    const element = h(
      "li",
      { class: "card" },
      h("span", { class: "tag", "data-origin": source.origin }, source.origin),
      text,
      h("button", { class: "quiet", onclick: () => void end() }, "End"),
    );
    return {
      element,
      update: (s) =>
        say(
          text,
          `${s.replay?.capture ?? s.source_id} plays as room ${s.room}, pass ${s.replay?.passes ?? 1}`,
        ),
    };
  }
}

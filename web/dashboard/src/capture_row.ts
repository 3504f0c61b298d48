// One recording and what can be done with it.

import type { Capture, Source } from "./contract";
import { h, mark, say, type Part } from "./dom";
import { clock, day, milliseconds, number, size, span } from "./format";
import { download, remove, send } from "./rest";
import type { Context } from "./view";

const SURE_MS = 4000;

export class CaptureRow implements Part<Capture> {
  private readonly label = h("input", {
    class: "label",
    maxlength: 200,
    placeholder: "no label",
    onchange: () => void this.relabel(),
  });
  private readonly tag = h("span", { class: "tag" });
  private readonly length = h("td");
  private readonly frames = h("td", { class: "number frames" });
  private readonly bytes = h("td", { class: "number" });
  private readonly stop = h("button", { class: "quiet", onclick: () => void this.end() }, "Stop");
  private readonly replay = h(
    "button",
    { class: "quiet", onclick: () => void this.play() },
    "Replay",
  );
  private readonly fetch = h(
    "button",
    { class: "quiet", onclick: () => void this.save() },
    "Download",
  );
  private readonly erase = h(
    "button",
    { class: "quiet danger", onclick: () => void this.delete() },
    "Delete",
  );
  readonly element: HTMLElement;
  private capture: Capture;
  private sureUntil = 0;

  constructor(
    private readonly context: Context,
    capture: Capture,
  ) {
    this.capture = capture;
    const began = milliseconds(capture.began_ns);
    mark(this.label, "aria-label", `Label of the recording of ${clock(began)}`);
    this.element = h(
      "tr",
      {},
      h("td", {}, h("div", { class: "name" }, this.label, this.tag)),
      h("td", {}, capture.source_id),
      h("td", {}, `${day(began)}, ${clock(began)}`),
      this.length,
      this.frames,
      this.bytes,
      h("td", { class: "doings" }, this.stop, this.replay, this.fetch, this.erase),
    );
  }

  update(capture: Capture): void {
    this.capture = capture;
    const recording = capture.state === "recording";
    if (document.activeElement !== this.label) this.label.value = capture.label ?? "";
    say(this.tag, recording ? "recording" : capture.state === "failed" ? "failed" : capture.origin);
    mark(this.tag, "data-origin", recording ? false : capture.origin);
    mark(this.element, "data-state", capture.state);
    const { world } = this.context;
    const endMs = capture.ended_ns === null ? world.nowMs : milliseconds(capture.ended_ns);
    const lasted = span(endMs - milliseconds(capture.began_ns));
    say(
      this.length,
      recording && capture.seconds !== null ? `${lasted} of ${capture.seconds} s` : lasted,
    );
    say(this.frames, number(capture.frames));
    say(this.bytes, size(capture.bytes));
    mark(this.stop, "hidden", !recording);
    for (const button of [this.replay, this.fetch, this.erase]) mark(button, "hidden", recording);
    if (capture.reason !== null) mark(this.element, "title", capture.reason);
    say(this.erase, Date.now() < this.sureUntil ? "Really?" : "Delete");
  }

  private get path(): string {
    return `/captures/${encodeURIComponent(this.capture.capture_id)}`;
  }

  private take(capture: Capture): void {
    this.context.world.message({ type: "capture", capture, origin: capture.origin });
  }

  private async relabel(): Promise<void> {
    const label = this.label.value.trim() || null;
    await this.context.write("Labelling", async () =>
      this.take(await send<Capture>("PATCH", this.path, { label })),
    );
  }

  private async end(): Promise<void> {
    await this.context.write("Stopping", async () =>
      this.take(await send<Capture>("POST", `${this.path}/stop`)),
    );
  }

  private async play(): Promise<void> {
    await this.context.write("Replaying", async () => {
      const source = await send<Source>("POST", `${this.path}/replay`, {});
      this.context.tell(`It plays as ${source.source_id}; see Now and Signal`);
    });
  }

  private async save(): Promise<void> {
    await this.context.write("Downloading", () => download(`${this.path}/file`, this.capture.file));
  }

  /** The first press asks, the second one within four seconds deletes. */
  private async delete(): Promise<void> {
    if (Date.now() >= this.sureUntil) {
      this.sureUntil = Date.now() + SURE_MS;
      this.context.world.changed();
      return;
    }
    await this.context.write("Deleting", async () => {
      await remove(this.path);
      this.context.world.message({
        type: "capture_gone",
        capture_id: this.capture.capture_id,
        origin: this.capture.origin,
      });
    });
  }
}

// The frame around the views: navigation, how real it all is, and whether the agent is reached.

import type { Origin, Source } from "./contract";
import { h, icon, mark, say } from "./dom";
import { span } from "./format";
import { nextTheme, theme } from "./theme";
import type { View } from "./view";
import type { World } from "./world";

const LOGO = [
  "M12 12h.01",
  "M8 16a5.6 5.6 0 0 1 0-8M16 8a5.6 5.6 0 0 1 0 8",
  "M5 19a9.9 9.9 0 0 1 0-14M19 5a9.9 9.9 0 0 1 0 14",
];
const NOTE_MS = 6000;
const BLINK_MS = 1500;

const ORIGINS: Record<Exclude<Origin, "live">, { title: string; text: string }> = {
  replay: { title: "REPLAY", text: "Measured once, not now, and not here." },
  simulated: { title: "SIMULATED", text: "Computed. None of this was ever measured." },
};

export class Shell {
  private readonly links = new Map<View, HTMLAnchorElement>();
  private readonly nav = h("nav", { "aria-label": "Views" });
  private readonly main = h("main", { id: "main", tabindex: -1 });
  private readonly state = h("span", { class: "text" });
  private readonly link = h(
    "span",
    { class: "link", role: "status" },
    h("i", { "aria-hidden": "true" }),
    this.state,
  );
  private readonly theme = h("button", { class: "quiet theme", onclick: () => this.turnTheme() });
  private readonly originTitle = h("strong");
  private readonly originText = h("span");
  private readonly origin = h(
    "section",
    { class: "origin", "aria-label": "How real this is" },
    this.originTitle,
    this.originText,
  );
  private readonly alarm = h("div", { class: "alarm", role: "alert", hidden: true });
  private readonly note = h("div", { class: "toast", role: "status" });
  private noteTimer = 0;
  private shown: View | null = null;

  constructor(private readonly world: World) {
    const brand = h(
      "a",
      { class: "brand", href: "#/now" },
      icon(...LOGO),
      h("span", {}, "airsonde"),
    );
    const skip = h(
      "a",
      { class: "skip", href: "#main", onclick: (event) => this.skip(event) },
      "Skip to the view",
    );
    const bar = h(
      "header",
      { class: "top" },
      brand,
      this.nav,
      h("div", { class: "tools" }, this.link, this.theme),
    );
    document.body.append(skip, bar, this.origin, this.alarm, this.main, this.note);
    this.sayTheme();
  }

  offer(views: readonly View[]): void {
    for (const view of views) {
      const link = h(
        "a",
        { href: `#/${view.path}` },
        icon(...view.icon),
        h("span", {}, view.title),
      );
      this.links.set(view, link);
      this.nav.append(link);
    }
  }

  show(view: View): void {
    for (const [other, link] of this.links)
      mark(link, "aria-current", other === view ? "page" : false);
    this.shown = view;
    this.main.replaceChildren(view.element);
    document.title = `${view.title} · airsonde`;
  }

  tell(text: string, bad = false): void {
    say(this.note, text);
    mark(this.note, "data-bad", bad);
    mark(this.note, "data-shown", true);
    clearTimeout(this.noteTimer);
    this.noteTimer = window.setTimeout(() => mark(this.note, "data-shown", false), NOTE_MS);
  }

  update(): void {
    const { world } = this;
    mark(this.link, "data-state", world.state);
    say(this.state, this.linkText());
    const alarm = this.alarmText();
    mark(this.alarm, "hidden", alarm === null);
    if (alarm !== null) say(this.alarm, alarm);
    this.updateOrigin();
  }

  private updateOrigin(): void {
    const { sources } = this.world;
    const origin = this.shown?.origin === undefined ? this.world.origin : this.shown.origin();
    mark(this.origin, "data-origin", origin ?? "none");
    const said = origin === null || origin === "live" ? null : ORIGINS[origin];
    say(this.originTitle, said?.title ?? "");
    const played = [...sources.values()].filter((s) => s.origin === origin).map(playing);
    say(this.originText, said === null ? "" : [said.text, ...new Set(played)].join("  "));
  }

  private alarmText(): string | null {
    const { world } = this;
    if (world.state === "refused")
      return "The agent wants a token; load this page again to give it.";
    if (world.state !== "lost" || Date.now() - world.linkSinceMs < BLINK_MS) return null;
    return "The agent is not reached. What is shown is old; this page connects again by itself.";
  }

  private linkText(): string {
    switch (this.world.state) {
      case "open":
        return "Connected";
      case "connecting":
        return "Connecting";
      case "refused":
        return "Token needed";
      case "lost":
        return `Lost ${span(Date.now() - this.world.linkSinceMs)} ago`;
    }
  }

  private turnTheme(): void {
    nextTheme();
    this.sayTheme();
  }

  private sayTheme(): void {
    const names = { system: "Auto", light: "Light", dark: "Dark" };
    say(this.theme, names[theme()]);
    mark(this.theme, "aria-label", `Colours: ${names[theme()]}. Change`);
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.main.focus();
  }
}

function playing(source: Source): string {
  const { replay } = source;
  if (replay === null) return "";
  const pace = replay.speed === 1 ? "" : ` at ${replay.speed}×`;
  return replay.capture === null ? (pace ? `Runs${pace}.` : "") : `${replay.capture}${pace}`;
}

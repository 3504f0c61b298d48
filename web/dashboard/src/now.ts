// Now: every room, large.

import type { Room } from "./contract";
import { h, Keyed, mark, say } from "./dom";
import { RoomCard } from "./room_card";
import type { Context, View } from "./view";

export class Now implements View {
  readonly path = "now";
  readonly title = "Now";
  readonly icon = [
    "M12 12m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0",
    "M7 17a7 7 0 0 1 0-10M17 7a7 7 0 0 1 0 10",
    "M4 20a11.3 11.3 0 0 1 0-16M20 4a11.3 11.3 0 0 1 0 16",
  ];
  readonly needs = "/rooms";
  readonly topics: readonly string[] = [];
  private readonly grid = h("div", { class: "rooms" });
  private readonly waiting = h("p", { class: "empty", role: "status" });
  private readonly full = h(
    "button",
    { class: "quiet", onclick: () => void this.fillScreen() },
    "Full screen",
  );
  private readonly invitation = h(
    "aside",
    { class: "card invitation" },
    h(
      "div",
      {},
      h("h2", {}, "Make it your own room"),
      h("p", {}, "Nothing is measured here yet. A board for a few euros is enough to change that."),
    ),
    h("a", { class: "button", href: "#/start" }, "What to plug in"),
  );
  readonly element = h(
    "section",
    { class: "view now" },
    h("h1", { class: "unseen" }, "Now"),
    this.grid,
    this.waiting,
    this.invitation,
    h("div", { class: "bar" }, this.full),
  );
  private readonly cards: Keyed<Room>;

  constructor(private readonly context: Context) {
    this.cards = new Keyed(
      this.grid,
      (room) => room.room,
      (room) => new RoomCard(context, room),
    );
  }

  update(): void {
    const { world } = this.context;
    const rooms = [...world.rooms.values()];
    this.cards.update(rooms);
    mark(this.grid, "data-count", String(rooms.length));
    say(
      this.waiting,
      rooms.length > 0
        ? ""
        : world.connected
          ? "No source is configured yet."
          : "Waiting for the agent …",
    );
    mark(this.waiting, "hidden", rooms.length > 0);
    mark(
      this.invitation,
      "hidden",
      [...world.sources.values()].some((s) => s.origin === "live"),
    );
  }

  private async fillScreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else
      await document.documentElement
        .requestFullscreen()
        .catch(() => this.context.tell("This browser does not fill the screen", true));
  }
}

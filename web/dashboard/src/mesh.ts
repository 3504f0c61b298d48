// Mesh: nodes in their rooms, who leads them, what they conclude, what was refused.

import type { Happening, Mesh, MeshNode, MeshRoom } from "./contract";
import { h, Keyed, mark, say } from "./dom";
import { clock, milliseconds, UNKNOWN } from "./format";
import { MeshMap } from "./mesh_map";
import { HEADS, MeshNodeRow } from "./mesh_node_row";
import { MeshRoomCard } from "./mesh_room";
import { shortName, told } from "./mesh_words";
import type { Context, View } from "./view";

const OFF =
  'The mesh is off here. With [mesh] role = "watch" in airsonde.toml this page shows a coordinator that runs on this machine; with role = "coordinator" or "node" the agent is one itself.';
const MOST_LISTED = 300;

export class MeshView implements View {
  readonly path = "mesh";
  readonly title = "Mesh";
  readonly icon = [
    "M12 5m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    "M5 18m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    "M19 18m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    "M11 7l-5 9M13 7l5 9M7 18h10",
  ];
  readonly needs = "/mesh";
  readonly topics = ["mesh"];
  private readonly lead = h("p", { class: "lead", role: "status" });
  private readonly permissive = h(
    "p",
    { class: "mesh-warning" },
    "Permissive: orders are obeyed without proof. Anybody who reaches the network can give them.",
  );
  private readonly rooms = h("div", { class: "mesh-rooms" });
  private readonly map = new MeshMap();
  private readonly body = h("tbody");
  private readonly refused = h("ul", { class: "plain" });
  private readonly happened = h("ol", { class: "plain" });
  private readonly content: HTMLElement;
  readonly element: HTMLElement;
  private readonly cards: Keyed<MeshRoom>;
  private readonly rows: Keyed<MeshNode>;
  private readonly refusals: Keyed<[string, number]>;
  private readonly events: Keyed<Happening>;

  constructor(private readonly context: Context) {
    this.cards = new Keyed(
      this.rooms,
      (room) => room.room,
      (room) => new MeshRoomCard(context, room.room),
    );
    this.rows = new Keyed(
      this.body,
      (node) => node.node,
      () => new MeshNodeRow(),
    );
    this.refusals = new Keyed(this.refused, ([reason]) => reason, line);
    this.events = new Keyed(this.happened, keyOf, eventLine);
    this.content = h(
      "div",
      { class: "view" },
      this.rooms,
      this.drawing(),
      this.table(),
      this.more(),
    );
    this.element = h(
      "section",
      { class: "view mesh" },
      h("div", {}, h("h1", {}, "Mesh"), this.lead),
      this.permissive,
      this.content,
    );
  }

  update(): void {
    const { mesh, connected } = this.context.world;
    say(this.lead, leadOf(mesh, connected));
    const known = mesh !== null && mesh.enabled && mesh.told_ns !== null;
    mark(this.content, "hidden", !known);
    mark(this.permissive, "hidden", mesh?.level !== "permissive");
    if (!known) return;
    mark(this.content, "data-stale", !connected);
    this.cards.update(mesh.rooms);
    this.map.draw(mesh);
    this.rows.update(mesh.nodes.slice(0, MOST_LISTED));
    this.refusals.update(refusalsOf(mesh));
    this.events.update(mesh.happenings);
  }

  private drawing(): HTMLElement {
    return h("div", { class: "card" }, h("h2", {}, "Who hears whom"), this.map.element);
  }

  private table(): HTMLElement {
    const heads = HEADS.map((text) => h("th", { scope: "col" }, text));
    const table = h("table", {}, h("thead", {}, h("tr", {}, ...heads)), this.body);
    const scrolled = { class: "scrolled", tabindex: 0, role: "region", "aria-label": "Nodes" };
    return h("div", { class: "card" }, h("h2", {}, "Nodes"), h("div", scrolled, table));
  }

  private more(): HTMLElement {
    const card = (title: string, list: HTMLElement, none: string): HTMLElement =>
      h("div", { class: "card" }, h("h2", {}, title), list, h("p", { class: "none muted" }, none));
    return h(
      "div",
      { class: "mesh-more" },
      card("Refused", this.refused, "Nothing was refused."),
      card(
        "What happened",
        this.happened,
        "Nothing is told here; a coordinator in this agent tells.",
      ),
    );
  }
}

function leadOf(mesh: Mesh | null, connected: boolean): string {
  if (!connected) return "What is shown is old; the agent is not reached.";
  if (mesh === null) return "Waiting for the agent …";
  if (!mesh.enabled) return OFF;
  if (mesh.reason !== null) return `Nothing is known of the mesh: ${mesh.reason}.`;
  const epoch = mesh.epoch === null ? "" : `, epoch ${mesh.epoch}`;
  const leader = mesh.coordinator === null ? null : shortName(mesh.coordinator);
  const who = mesh.role === "watch" ? "The coordinator that is watched" : "This agent";
  if (mesh.leads) return `${who} leads as ${leader ?? UNKNOWN}${epoch}.`;
  const self = mesh.role === "node" ? "This agent is a node" : `${who} stands by`;
  return `${self}; ${leader === null ? "nobody leads" : `${leader} leads`}${epoch}.`;
}

function refusalsOf(mesh: Mesh): [string, number][] {
  const magics = Object.entries(mesh.unknown_magics).map(([magic, count]): [string, number] => [
    `unknown magic ${magic}`,
    count,
  ]);
  const refused = Object.entries(mesh.refused).filter(([reason]) => reason !== "unknown magic");
  const dropped = mesh.socket?.dropped_by_kernel ?? 0;
  const lost: [string, number][] = dropped > 0 ? [["dropped by the kernel", dropped]] : [];
  return [...refused, ...magics, ...lost].sort((a, b) => b[1] - a[1]);
}

const keyOf = (one: Happening): string =>
  [one.told_ns, one.event, one.node, one.room, JSON.stringify(one.words)].join(" ");

function line(): { element: HTMLElement; update(item: [string, number]): void } {
  const [reason, count] = [h("span"), h("span", { class: "number" })];
  return {
    element: h("li", {}, reason, count),
    update: (item) => {
      say(reason, item[0]);
      say(count, String(item[1]));
    },
  };
}

function eventLine(one: Happening): { element: HTMLElement; update(): void } {
  const at = h("time", {}, clock(milliseconds(one.told_ns)));
  return { element: h("li", {}, h("span", {}, told(one)), at), update: () => undefined };
}

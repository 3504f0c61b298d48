// The mesh drawn: rooms, nodes, who reports to whom, whose clock is followed.

import type { Mesh, MeshLink, MeshNode } from "./contract";
import { drawn, h } from "./dom";
import { layout, type Box, type Layout, type Spot } from "./mesh_layout";
import { fares, role, shortName } from "./mesh_words";

const RADIUS = 19;
const ARC = 46;

export class MeshMap {
  private readonly svg = drawn("svg", { class: "mesh-map", role: "img" });
  private readonly more = h("p", { class: "muted" });
  readonly element = h("figure", {}, this.svg, legend(), this.more);
  private mesh: Mesh | null = null;
  private width = 0;

  constructor() {
    new ResizeObserver(() => this.draw(this.mesh)).observe(this.element);
  }

  draw(mesh: Mesh | null): void {
    const width = this.element.clientWidth;
    if (mesh === null || width === 0 || (mesh === this.mesh && width === this.width)) return;
    [this.mesh, this.width] = [mesh, width];
    const where = layout(mesh, width);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${where.height}`);
    this.svg.setAttribute("height", String(where.height));
    this.svg.setAttribute("aria-label", summary(mesh));
    const spots = new Map(where.spots.map((spot) => [spot.node.node, spot]));
    const clocks = mesh.links.filter((link) => link.kind === "clock");
    const lines = [...where.spots.map(branch), ...clocks.map((link) => clockLine(link, spots))];
    this.svg.replaceChildren(
      ...where.boxes.map((box) => trunk(box, where)),
      ...where.boxes.map(roomBox),
      ...lines.filter((path) => path !== null),
      ...where.spots.map((spot) => markOf(spot, mesh)),
      headMark(mesh.node ?? "", mesh.leads, where.head.x, where.head.y),
    );
    this.more.textContent = where.left > 0 ? `${where.left} more nodes are not drawn.` : "";
  }
}

function summary(mesh: Mesh): string {
  const rooms = mesh.rooms.map((r) => `${r.room} with ${r.alive} of ${r.nodes} nodes alive`);
  return `Map of the mesh: ${rooms.join(", ") || "no room yet"}. The table says the same.`;
}

function text(words: string, x: number, y: number, kind: string): SVGElement {
  return drawn("text", { x, y, class: kind, "text-anchor": "middle" }, words);
}

function roomBox(box: Box): SVGElement {
  const { room, x, y, width, height } = box;
  return drawn(
    "g",
    { class: "map-room", "data-verdict": room.verdict },
    drawn("rect", { x, y, width, height, rx: 16 }),
    drawn("text", { x: x + 14, y: y + 25, class: "map-title" }, room.room),
  );
}

function markOf(spot: Spot, mesh: Mesh): SVGElement {
  const { node, x, y } = spot;
  return node.coordinator
    ? headMark(node.node, node.node === mesh.coordinator, x, y)
    : nodeMark(spot);
}

function nodeMark({ node, x, y }: Spot): SVGElement {
  return drawn(
    "g",
    {
      class: "map-node",
      "data-fares": fares(node),
      "data-proven": node.authenticated,
      transform: `translate(${x} ${y})`,
    },
    drawn("title", {}, described(node)),
    drawn("circle", { class: "disc", r: RADIUS }),
    node.role === "anchor" ? drawn("circle", { class: "anchor", r: RADIUS + 4 }) : null,
    text(node.channel === null ? "?" : String(node.channel), 0, 5, "map-channel"),
    node.raw_csi_open ? text("RAW", RADIUS + 16, -RADIUS + 8, "map-raw") : null,
    text(shortName(node.node), 0, RADIUS + 19, "map-name"),
    text(node.alive ? role(node) : "dead", 0, RADIUS + 34, "map-role"),
  );
}

function headMark(node: string, leads: boolean, x: number, y: number): SVGElement {
  const side = 34;
  return drawn(
    "g",
    { class: "map-head", "data-leads": leads, transform: `translate(${x} ${y})` },
    drawn("rect", { x: -side / 2, y: -side / 2, width: side, height: side, rx: 9 }),
    drawn("path", { d: "M-8 4l-1-9 5 4 4-6 4 6 5-4-1 9z" }),
    text(shortName(node), 0, 34, "map-name"),
    text(leads ? "leads" : "stands by", 0, 49, "map-role"),
  );
}

/** From the coordinator to a room, behind the rooms in between. */
function trunk(box: Box, where: Layout): SVGElement {
  const [x, y] = [box.x + box.width / 2, box.y];
  const top = where.head.y + 54;
  const middle = (top + y) / 2;
  return drawn("path", {
    class: "map-reports",
    "data-alive": box.room.alive > 0,
    d: `M${where.head.x} ${top}C${where.head.x} ${middle} ${x} ${middle} ${x} ${y}`,
  });
}

/** From where the trunk meets the room to a node. */
function branch({ node, x, y, box }: Spot): SVGElement | null {
  if (box === null) return null;
  const [from, end] = [box.x + box.width / 2, y - RADIUS - 5];
  return drawn("path", {
    class: "map-reports",
    "data-alive": node.alive,
    d: `M${from} ${box.y}C${from} ${end} ${x} ${box.y} ${x} ${end}`,
  });
}

/** From an anchor over other nodes to one that follows its clock; nothing where one is not drawn. */
function clockLine(link: MeshLink, spots: ReadonlyMap<string, Spot>): SVGElement | null {
  const [from, to] = [spots.get(link.from), spots.get(link.to)];
  if (from === undefined || to === undefined) return null;
  const rim = 0.75 * (RADIUS + 5);
  const side = Math.sign(to.x - from.x) * rim;
  const [x1, x2] = [from.x + side, to.x - side];
  const top = (from.y + to.y) / 2 - ARC;
  return drawn("path", {
    class: "map-clock",
    d: `M${x1} ${from.y - rim}Q${(x1 + x2) / 2} ${top} ${x2} ${to.y - rim}`,
  });
}

function described(node: MeshNode): string {
  const proof = node.authenticated ? "authenticated" : "not authenticated";
  return [node.node, role(node), fares(node), proof, node.origin ?? "origin unknown"].join(", ");
}

function legend(): HTMLElement {
  const entry = (kind: string, words: string): HTMLElement =>
    h("span", {}, h("i", { "data-kind": kind }), words);
  return h(
    "figcaption",
    { class: "map-legend" },
    entry("number", "number: channel"),
    entry("anchor", "anchor, whose clock counts"),
    entry("unproven", "not authenticated"),
    entry("calibrating", "calibrating"),
    entry("dead", "dead"),
    entry("clock", "follows that clock"),
  );
}

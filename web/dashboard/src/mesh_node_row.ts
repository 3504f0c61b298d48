// One node of the mesh in the table.

import type { MeshNode } from "./contract";
import { h, mark, say, type Part } from "./dom";
import { number, span, UNKNOWN } from "./format";
import { clockError, fares, rawCsi, role } from "./mesh_words";

export const HEADS = [
  "Node",
  "Room",
  "Role",
  "State",
  "Channel",
  "Clock error",
  "Packets/s",
  "Raw CSI",
  "Heard",
];

export class MeshNodeRow implements Part<MeshNode> {
  private readonly name = h("code");
  private readonly origin = h("span", { class: "tag" });
  private readonly proof = h("span", { class: "tag unproven" }, "not authenticated");
  private readonly cells = HEADS.slice(1).map((head) => h("td", { "data-head": head }));
  readonly element = h(
    "tr",
    {},
    h("td", { class: "mesh-name" }, this.name, " ", this.origin, " ", this.proof),
    ...this.cells,
  );

  update(node: MeshNode): void {
    say(this.name, node.node);
    say(this.origin, node.origin ?? "");
    mark(this.origin, "hidden", node.origin === null || node.origin === "live");
    mark(this.origin, "data-origin", node.origin ?? "none");
    mark(this.proof, "hidden", node.authenticated);
    mark(this.element, "data-fares", fares(node));
    const state = node.state === null ? fares(node) : node.state.replace(/_/g, " ");
    const values = [
      node.coordinator ? UNKNOWN : (node.room ?? UNKNOWN),
      role(node),
      node.radio_refused === null ? state : `${state}; ${node.radio_refused}`,
      number(node.channel),
      clockError(node),
      number(node.alive ? node.pkt_yield : null),
      rawCsi(node),
      node.heard_ago_s < 2 ? "now" : `${span(node.heard_ago_s * 1000)} ago`,
    ];
    this.cells.forEach((cell, i) => say(cell, values[i] ?? UNKNOWN));
  }
}

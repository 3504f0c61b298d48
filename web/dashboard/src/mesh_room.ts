// What the nodes of one room conclude together, and the button that calibrates them.

import type { Mesh, MeshRoom } from "./contract";
import { h, mark, say, type Part } from "./dom";
import { number, percent } from "./format";
import { send } from "./rest";
import type { Context } from "./view";

const VERDICTS = { empty: "Empty", occupied: "Occupied", moving: "Moving", unknown: "Unknown" };

const fact = (label: string): { box: HTMLElement; value: HTMLElement } => {
  const value = h("dd");
  return { box: h("div", {}, h("dt", {}, label), value), value };
};

export class MeshRoomCard implements Part<MeshRoom> {
  private readonly tag = h("span", { class: "tag" });
  private readonly verdict = h("p", { class: "mesh-verdict" });
  private readonly presence = fact("Presence");
  private readonly motion = fact("Motion");
  private readonly confidence = fact("Confidence");
  private readonly nodes = fact("Nodes heard");
  private readonly proof = h("p", { class: "proof" });
  private readonly note = h("p", { class: "muted", role: "status" });
  private readonly learn: HTMLButtonElement;
  readonly element: HTMLElement;

  constructor(
    private readonly context: Context,
    private readonly name: string,
  ) {
    this.learn = h(
      "button",
      { class: "quiet", onclick: () => void this.calibrate() },
      "Calibrate",
      h("span", { class: "unseen" }, ` ${name}`),
    );
    this.element = h(
      "article",
      { class: "card mesh-room" },
      h("header", {}, h("h2", {}, name), this.tag),
      this.verdict,
      h(
        "dl",
        { class: "facts" },
        this.presence.box,
        this.motion.box,
        this.confidence.box,
        this.nodes.box,
      ),
      h("footer", {}, this.proof, this.learn),
      this.note,
    );
  }

  update(room: MeshRoom): void {
    const { world } = this.context;
    const fresh = world.connected;
    const verdict = fresh ? room.verdict : "unknown";
    mark(this.element, "data-verdict", verdict);
    mark(this.element, "data-stale", !fresh);
    say(this.tag, room.origin ?? "");
    mark(this.tag, "hidden", room.origin === null);
    mark(this.tag, "data-origin", room.origin ?? "none");
    say(this.verdict, VERDICTS[verdict]);
    say(this.presence.value, number(room.presence, 2));
    say(this.motion.value, number(room.motion, 2));
    say(this.confidence.value, percent(room.confidence));
    say(this.nodes.value, `${room.fresh_nodes} of ${room.nodes}`);
    const proof = proofOf(room);
    say(this.proof, proof.words);
    mark(this.proof, "data-proven", proof.whole);
    mark(this.learn, "disabled", !fresh || !this.obeyed(world.mesh));
    say(this.note, noteOf(room));
  }

  /** Whether the agent leads and a node of the room takes its orders. */
  private obeyed(mesh: Mesh | null): boolean {
    if (!mesh?.leads || mesh.role !== "coordinator") return false;
    return mesh.nodes.some(
      (n) => n.room === this.name && n.authenticated && n.alive && !n.coordinator,
    );
  }

  private async calibrate(): Promise<void> {
    await this.context.write("Calibrating", async () => {
      const { told } = await send<{ told: number }>("POST", "/mesh/calibrations", {
        room: this.name,
      });
      this.context.tell(`${told} nodes of ${this.name} calibrate; nobody may be in there`);
    });
  }
}

function proofOf(room: MeshRoom): { words: string; whole: boolean } {
  if (room.fresh_nodes === 0 || room.authenticated === null)
    return { words: "No node speaks for it", whole: false };
  if (room.authenticated >= 0.9995) return { words: "Authenticated", whole: true };
  if (room.authenticated === 0) return { words: "Not authenticated", whole: false };
  return { words: `${percent(room.authenticated)} authenticated`, whole: false };
}

function noteOf(room: MeshRoom): string {
  return room.calibrating > 0
    ? `${room.calibrating} of ${room.alive} nodes calibrate. Nobody may be in the room.`
    : "";
}

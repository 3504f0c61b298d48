// Where the nodes of a mesh are drawn: the coordinators on top, below them each room as a box.

import type { Mesh, MeshNode, MeshRoom } from "./contract";

const CELL = { width: 104, height: 98 };
const HEAD = 112;
const TITLE = 44;
const PAD = 12;
const GAP = 16;
const MOST_STRETCHED = 2.2;
const MOST_DRAWN = 120;

export interface Spot {
  node: MeshNode;
  x: number;
  y: number;
  box: Box | null;
}

export interface Box {
  room: MeshRoom;
  nodes: readonly MeshNode[];
  columns: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  height: number;
  head: { x: number; y: number };
  spots: Spot[];
  boxes: Box[];
  left: number;
}

/** Rooms side by side while they fit into `width`, each as wide as its nodes need, or wider. */
export function layout(mesh: Mesh, width: number): Layout {
  const shown = mesh.nodes.slice(0, MOST_DRAWN);
  const boxes = mesh.rooms.map((room) => boxOf(room, shown, width));
  let y = HEAD;
  for (const row of rowsOf(boxes, width)) {
    fill(row, width, y);
    y += Math.max(...row.map((box) => box.height)) + GAP;
  }
  return {
    height: y - GAP + 2,
    head: { x: width / 2, y: 38 },
    spots: [...standby(shown, width), ...boxes.flatMap(spotsIn)],
    boxes,
    left: mesh.nodes.length - shown.length,
  };
}

function boxOf(room: MeshRoom, shown: readonly MeshNode[], width: number): Box {
  const nodes = shown.filter((n) => n.room === room.room && !n.coordinator);
  const widest = Math.max(1, Math.floor((width - 2 * PAD) / CELL.width));
  const columns = Math.min(widest, Math.max(2, Math.ceil(Math.sqrt(2 * nodes.length))));
  const rows = Math.max(1, Math.ceil(nodes.length / columns));
  const height = rows * CELL.height + TITLE + PAD;
  return { room, nodes, columns, x: 0, y: 0, width: columns * CELL.width + 2 * PAD, height };
}

function rowsOf(boxes: readonly Box[], width: number): Box[][] {
  const rows: Box[][] = [];
  let used = Infinity;
  for (const box of boxes) {
    if (used + box.width > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(box);
    used += box.width + GAP;
  }
  return rows;
}

/** Stretch the boxes of a row over the width, and put them there. */
function fill(row: readonly Box[], width: number, y: number): void {
  const gaps = GAP * (row.length - 1);
  const needed = row.reduce((sum, box) => sum + box.width, 0);
  const stretch = Math.max(1, Math.min(MOST_STRETCHED, (width - gaps) / needed));
  let x = (width - gaps - needed * stretch) / 2;
  for (const box of row) {
    [box.x, box.y, box.width] = [x, y, box.width * stretch];
    x += box.width + GAP;
  }
}

function spotsIn(box: Box): Spot[] {
  const { nodes, columns } = box;
  return nodes.map((node, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, nodes.length - row * columns);
    const step = (box.width - 2 * PAD) / inRow;
    const x = box.x + PAD + ((i % columns) + 0.5) * step;
    return { node, x, y: box.y + TITLE + row * CELL.height + 30, box };
  });
}

/** Other coordinators, on both sides of the one that tells. */
function standby(nodes: readonly MeshNode[], width: number): Spot[] {
  return nodes
    .filter((node) => node.coordinator)
    .map((node, i) => {
      const away = (Math.floor(i / 2) + 1) * (CELL.width + 24) * (i % 2 === 0 ? -1 : 1);
      return { node, x: width / 2 + away, y: 38, box: null };
    });
}

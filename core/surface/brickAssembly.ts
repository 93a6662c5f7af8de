import { BRICK } from "../mask/brick.ts";
import type { Grid } from "../space/grid.ts";
import { type BrickMesh, keySide as side } from "./brickMesh.ts";
import type { Mesh } from "./mesh.ts";
import { unitsPerVoxel } from "./netsTable.ts";

/** A brick's mesh and the brick's coordinates, −1 on: cells reach out of the grid by one. */
export interface PlacedBrick { brick: [number, number, number]; mesh: BrickMesh }

/** Row (y, z) of a key's cell inside its brick. */
const rowOf = (key: number): number => {
  const cell = key >> 2;
  return (Math.floor(cell / side) % side) - 1 + BRICK * (Math.floor(cell / (side * side)) - 1);
};

/** First entry of each of the 1,024 rows, and the end. */
function rowStarts(count: number, row: (i: number) => number): Uint32Array {
  const starts = new Uint32Array(BRICK * BRICK + 1);
  for (let i = 0; i < count; i++) starts[row(i) + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  return starts;
}

/** Place of a key among a brick's own, which ascend. */
function find(keys: Uint32Array, owned: number, key: number): number {
  let low = 0, high = owned - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (keys[middle] < key) low = middle + 1;
    else if (keys[middle] > key) high = middle - 1;
    else return middle;
  }
  throw new Error("a brick's neighbour lacks a vertex: the bricks are not of one mask");
}

/** Positions of a brick's vertices, RAS mm, float32: what a page draws of one brick. */
export function brickPositions({ origin, spacing }: Grid, { brick, mesh: { places } }: PlacedBrick): Float32Array {
  const positions = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) positions[i] = origin[i % 3] + spacing[i % 3] * (BRICK * brick[i % 3] + places[i] / unitsPerVoxel);
  return positions;
}

/**
 * One mesh of all bricks of a surface, each vertex once, vertices and triangles in the order of their cells: byte for byte
 * the mesh of the whole mask. @param bricks in ascending order (x fastest)
 */
export function assembleBricks(grid: Grid, bricks: readonly PlacedBrick[]): Mesh {
  const at = new Map<string, number>(), names = bricks.map(({ mesh }) => new Uint32Array(mesh.keys.length));
  bricks.forEach(({ brick }, i) => at.set(brick.join(), i));
  const vertexRows = bricks.map(({ mesh }) => rowStarts(mesh.owned, (i) => rowOf(mesh.keys[i])));
  const quadRows = bricks.map(({ mesh }) => rowStarts(mesh.quads.length / 4, (i) => rowOf(mesh.keys[mesh.quads[4 * i + 2]])));
  const vertices = bricks.reduce((sum, { mesh }) => sum + mesh.owned, 0), quads = bricks.reduce((sum, { mesh }) => sum + mesh.quads.length / 4, 0);
  const positions = new Float32Array(3 * vertices), triangles = new Uint32Array(6 * quads);
  /** Visits the rows of all bricks in the order of the whole volume. */
  const visit = (act: (brick: number, row: number) => void): void => {
    for (let from = 0; from < bricks.length; ) {
      let end = from;
      while (end < bricks.length && bricks[end].brick[2] === bricks[from].brick[2]) end++;
      for (let z = 0; z < BRICK; z++) for (let group = from; group < end; ) {
        let next = group;
        while (next < end && bricks[next].brick[1] === bricks[group].brick[1]) next++;
        for (let y = 0; y < BRICK; y++) for (let b = group; b < next; b++) act(b, y + BRICK * z);
        group = next;
      }
      from = end;
    }
  };
  const { origin, spacing } = grid;
  let vertex = 0;
  visit((b, row) => {
    const { brick, mesh: { places } } = bricks[b];
    for (let v = vertexRows[b][row]; v < vertexRows[b][row + 1]; v++, vertex++) {
      names[b][v] = vertex;
      for (let i = 0; i < 3; i++) positions[3 * vertex + i] = origin[i] + spacing[i] * (BRICK * brick[i] + places[3 * v + i] / unitsPerVoxel);
    }
  });
  bricks.forEach(({ brick, mesh: { keys, owned } }, b) => {
    for (let v = owned; v < keys.length; v++) {
      const cell = keys[v] >> 2, local = [cell % side, Math.floor(cell / side) % side, Math.floor(cell / (side * side))].map((n) => n - 1);
      const home = at.get(brick.map((n, i) => n + Math.floor(local[i] / BRICK)).join()), [x, y, z] = local.map((n) => (n + BRICK) % BRICK + 1);
      if (home === undefined) throw new Error("a neighbouring brick is missing: the bricks are not all of one mask");
      names[b][v] = names[home][find(bricks[home].mesh.keys, bricks[home].mesh.owned, ((z * side + y) * side + x) * 4 + (keys[v] & 3))];
    }
  });
  let to = 0;
  visit((b, row) => {
    const { quads: Q } = bricks[b].mesh, name = names[b];
    for (let q = 4 * quadRows[b][row]; q < 4 * quadRows[b][row + 1]; q += 4, to += 6) {
      triangles[to] = name[Q[q]]; triangles[to + 1] = name[Q[q + 1]]; triangles[to + 2] = name[Q[q + 2]];
      triangles[to + 3] = name[Q[q]]; triangles[to + 4] = name[Q[q + 2]]; triangles[to + 5] = name[Q[q + 3]];
    }
  });
  return { positions, triangles };
}

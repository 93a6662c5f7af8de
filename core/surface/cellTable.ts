// How the surface passes through one cell of eight voxels. Corner bit = dx + 2·dy + 4·dz.
// Edges: 0–3 along x at (dy, dz) = dy + 2·dz; 4–7 along y at 4 + dx + 2·dz; 8–11 along z at 8 + dx + 2·dy.

/** The two corners of each edge. */
export const edgeCorners: readonly (readonly [number, number])[] = [
  [0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7], [0, 4], [1, 5], [2, 6], [3, 7],
];
/** Corners of the faces −x +x −y +y −z +z, going round. */
const faceCorners: readonly (readonly number[])[] = [
  [0, 2, 6, 4], [1, 3, 7, 5], [0, 1, 5, 4], [2, 3, 7, 6], [0, 1, 3, 2], [4, 5, 7, 6],
];
const edgeBetween = (a: number, b: number): number => edgeCorners.findIndex(([p, q]) => (p === a && q === b) || (p === b && q === a));
/** Edge i of a face lies between its corners i and i + 1. */
const faceEdges = faceCorners.map((corners) => corners.map((corner, i) => edgeBetween(corner, corners[(i + 1) % 4])));

/** The sheets of the surface in one cell: each is a closed cycle of crossed edges and gets one vertex. */
export interface CellSheets {
  /** How many sheets. */
  count: number;
  /** Sheet of each of the 12 edges, −1 where the edge is not crossed. */
  sheetOf: Int8Array;
  /** Bit f: face f is a checkerboard and both of its arcs belong to one sheet. */
  joinedFaces: number;
}

/**
 * The sheets for the eight corner bits. On a checkerboard face the surface separates the inside corners, or, where
 * bit f of `turned` is set, the outside ones.
 */
function sheetsOf(corners: number, turned: number): CellSheets {
  const isIn = (corner: number) => ((corners >> corner) & 1) === 1;
  const root = Array.from({ length: 12 }, (_, i) => i);
  const find = (i: number): number => (root[i] === i ? i : find(root[i]));
  const crossed = edgeCorners.map(([a, b]) => isIn(a) !== isIn(b));
  const checkerboards: number[] = [];
  faceCorners.forEach((face, f) => {
    const edges = faceEdges[f].filter((edge) => crossed[edge]);
    if (edges.length === 2) root[find(edges[0])] = find(edges[1]);
    if (edges.length !== 4) return;
    checkerboards.push(f);
    const separatesInside = ((turned >> f) & 1) === 0;
    face.forEach((corner, i) => {
      if (isIn(corner) === separatesInside) root[find(faceEdges[f][i])] = find(faceEdges[f][(i + 3) % 4]);
    });
  });
  const sheetOf = new Int8Array(12).fill(-1);
  const names = new Map<number, number>();
  for (let edge = 0; edge < 12; edge++) {
    if (!crossed[edge]) continue;
    const name = find(edge);
    if (!names.has(name)) names.set(name, names.size);
    sheetOf[edge] = names.get(name) ?? 0;
  }
  let joinedFaces = 0;
  for (const f of checkerboards) if (faceEdges[f].every((edge) => sheetOf[edge] === sheetOf[faceEdges[f][0]])) joinedFaces |= 1 << f;
  return { count: names.size, sheetOf, joinedFaces };
}

const table = new Map<number, CellSheets>();

/** `sheetsOf`, each case worked out once. */
export function cellSheets(corners: number, turned: number): CellSheets {
  const key = corners * 64 + turned;
  let sheets = table.get(key);
  if (!sheets) table.set(key, sheets = sheetsOf(corners, turned));
  return sheets;
}

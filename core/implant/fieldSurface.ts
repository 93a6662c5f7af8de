import { cellSheets, edgeCorners } from "../surface/cellTable.ts";
import type { Mesh } from "../surface/mesh.ts";

/** A rectangular block of samples in a frame of its own: node (i, j, k) lies at origin + step·(i·e1 + j·e2 + k·e3), RAS mm. */
export interface Block {
  dims: readonly [number, number, number];
  stepMm: number;
  origin: readonly [number, number, number];
  /** Three directions of length 1, right-handed. */
  axes: readonly [readonly [number, number, number], readonly [number, number, number], readonly [number, number, number]];
}

/** RAS mm of a position in a block's steps. */
export function blockToRas({ stepMm, origin, axes: [a, b, c] }: Block, x: number, y: number, z: number): [number, number, number] {
  return [
    origin[0] + stepMm * (x * a[0] + y * b[0] + z * c[0]),
    origin[1] + stepMm * (x * a[1] + y * b[1] + z * c[1]),
    origin[2] + stepMm * (x * a[2] + y * b[2] + z * c[2]),
  ];
}

/** Where in a cell a vertex may lie at most, so that neighbours' vertices stay apart (ARCHITECTURE §5: ≥ 1e-3 mm). */
const inset = 0.02;

/**
 * The closed surface where a field is 0, in RAS mm, inside negative: Surface Nets with one vertex for each sheet of the
 * surface in a cell, at the mean of the crossings found by linear interpolation (as `surfaceOf`, which is for labels).
 * Samples on the block's outside count as outside. Every edge has exactly two triangles and every vertex one fan.
 * @param field nx·ny·nz samples, x fastest
 * @returns the mesh and for each vertex its cell (index of the cell's low corner)
 */
export function fieldSurface(block: Block, field: Float32Array): { mesh: Mesh; cells: Int32Array } {
  const [nx, ny, nz] = block.dims, layer = nx * ny;
  const positions: number[] = [], triangles: number[] = [], cells: number[] = [];
  const offsets = [0, 1, nx, nx + 1, layer, layer + 1, layer + nx, layer + nx + 1];
  const isInside = (at: number, x: number, y: number, z: number) => field[at] < 0 && x > 0 && y > 0 && z > 0 && x < nx - 1 && y < ny - 1 && z < nz - 1;
  const inside = new Uint8Array(field.length);
  for (let z = 0, at = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, at++) inside[at] = isInside(at, x, y, z) ? 1 : 0;
  const cornersAt = (at: number): number => {
    let bits = 0;
    for (let c = 0; c < 8; c++) bits |= inside[at + offsets[c]] << c;
    return bits;
  };
  const neighbours = [-1, 1, -nx, nx, -layer, layer];
  const turnedAt = (at: number, corners: number): number => {
    const joined = cellSheets(corners, 0).joinedFaces;
    let turned = 0;
    for (let f = 0; joined >> f; f++) {
      if (((joined >> f) & 1) === 0) continue;
      const across = cellSheets(cornersAt(at + neighbours[f]), 0).joinedFaces;
      if ((across >> (f ^ 1)) & 1) turned |= 1 << f;
    }
    return turned;
  };
  const vertexIn = (at: number, x: number, y: number, z: number, sheet: number, sheetOf: Int8Array): void => {
    let n = 0, sx = 0, sy = 0, sz = 0;
    for (let edge = 0; edge < 12; edge++) {
      if (sheetOf[edge] !== sheet) continue;
      const [a, b] = edgeCorners[edge];
      const fa = inside[at + offsets[a]] ? Math.min(-1e-6, field[at + offsets[a]]) : Math.max(1e-6, field[at + offsets[a]]);
      const fb = inside[at + offsets[b]] ? Math.min(-1e-6, field[at + offsets[b]]) : Math.max(1e-6, field[at + offsets[b]]);
      const t = Math.max(inset, Math.min(1 - inset, fa / (fa - fb)));
      sx += (a & 1) + t * ((b & 1) - (a & 1));
      sy += ((a >> 1) & 1) + t * (((b >> 1) & 1) - ((a >> 1) & 1));
      sz += (a >> 2) + t * ((b >> 2) - (a >> 2));
      n++;
    }
    const p = blockToRas(block, x + sx / n, y + sy / n, z + sz / n);
    positions.push(p[0], p[1], p[2]);
    cells.push(at);
  };
  const quad = (a: number, b: number, c: number, d: number, isReversed: boolean): void => {
    // The shorter diagonal: better angles.
    const far = (i: number, j: number) => [0, 1, 2].reduce((s, k) => s + (positions[3 * i + k] - positions[3 * j + k]) * (positions[3 * i + k] - positions[3 * j + k]), 0);
    const [p, q, r, s] = far(a, c) <= far(b, d) ? [a, b, c, d] : [b, c, d, a];
    if (isReversed) triangles.push(p, r, q, p, s, r);
    else triangles.push(p, q, r, p, r, s);
  };
  let base = new Int32Array(layer), kind = new Uint16Array(layer), baseBelow = new Int32Array(layer), kindBelow = new Uint16Array(layer);
  for (let z = 0; z < nz - 1; z++) {
    for (let y = 0; y < ny - 1; y++) for (let x = 0; x < nx - 1; x++) {
      const inLayer = x + nx * y, at = inLayer + layer * z, corners = cornersAt(at);
      if (corners === 0 || corners === 255) { kind[inLayer] = corners * 64; continue; }
      const turned = turnedAt(at, corners);
      kind[inLayer] = corners * 64 + turned;
      base[inLayer] = cells.length;
      const { count, sheetOf } = cellSheets(corners, turned);
      for (let sheet = 0; sheet < count; sheet++) vertexIn(at, x, y, z, sheet, sheetOf);
      const isIn = inside[at] === 1;
      const of = (below: boolean, cell: number, edge: number): number => {
        const k = below ? kindBelow[cell] : kind[cell];
        return (below ? baseBelow[cell] : base[cell]) + cellSheets(k >> 6, k & 63).sheetOf[edge];
      };
      if ((inside[at + 1] === 1) !== isIn) quad(of(true, inLayer - nx, 3), of(true, inLayer, 2), of(false, inLayer, 0), of(false, inLayer - nx, 1), !isIn);
      if ((inside[at + nx] === 1) !== isIn) quad(of(true, inLayer - 1, 7), of(false, inLayer - 1, 5), of(false, inLayer, 4), of(true, inLayer, 6), !isIn);
      if ((inside[at + layer] === 1) !== isIn) quad(of(false, inLayer - 1 - nx, 11), of(false, inLayer - nx, 10), of(false, inLayer, 8), of(false, inLayer - 1, 9), !isIn);
    }
    [base, baseBelow, kind, kindBelow] = [baseBelow, base, kindBelow, kind];
  }
  return { mesh: { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) }, cells: Int32Array.from(cells) };
}

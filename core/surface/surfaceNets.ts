import { BRICK, brickOrigin, brickRows, brickVoxels } from "../mask/brick.ts";
import type { Labelmap } from "../mask/labelmap.ts";
import { cellSheets, edgeCorners } from "./cellTable.ts";
import type { Mesh } from "./mesh.ts";

/** Inside voxels of one value in a box, with one empty layer on every side. */
interface PaddedMask { size: [number, number, number]; first: [number, number, number]; inside: Uint8Array }

function paddedMask(labelmap: Labelmap, value: number): PaddedMask | null {
  const low = [Infinity, Infinity, Infinity], high = [-1, -1, -1];
  const runs: [number, number, number, number][] = []; // x, y, z, length
  for (const [index, content] of [...labelmap.bricks].sort(([a], [b]) => a - b)) {
    const [ox, oy, oz] = brickOrigin(labelmap.grid, index);
    for (let i = 0; i < brickVoxels; i++) {
      if (content[i] !== value) continue;
      const from = i, rowEnd = (i | (BRICK - 1)) + 1;
      while (i + 1 < rowEnd && content[i + 1] === value) i++;
      const x = ox + from % BRICK, y = oy + (from % brickRows >> 5), z = oz + (from >> 10), length = i - from + 1;
      runs.push([x, y, z, length]);
      low[0] = Math.min(low[0], x); low[1] = Math.min(low[1], y); low[2] = Math.min(low[2], z);
      high[0] = Math.max(high[0], x + length - 1); high[1] = Math.max(high[1], y); high[2] = Math.max(high[2], z);
    }
  }
  if (runs.length === 0) return null;
  const size: [number, number, number] = [high[0] - low[0] + 3, high[1] - low[1] + 3, high[2] - low[2] + 3];
  const inside = new Uint8Array(size[0] * size[1] * size[2]);
  for (const [x, y, z, length] of runs) {
    const at = (x - low[0] + 1) + size[0] * ((y - low[1] + 1) + size[1] * (z - low[2] + 1));
    inside.fill(1, at, at + length);
  }
  return { size, first: [low[0] - 1, low[1] - 1, low[2] - 1], inside };
}

/** Growing arrays of vertices and triangles. */
class MeshBuilder {
  positions = new Float32Array(3 << 14);
  triangles = new Uint32Array(3 << 15);
  vertexCount = 0;
  triangleCount = 0;

  vertex(x: number, y: number, z: number): void {
    if (3 * this.vertexCount + 3 > this.positions.length) {
      const grown = new Float32Array(this.positions.length * 2);
      grown.set(this.positions);
      this.positions = grown;
    }
    this.positions.set([x, y, z], 3 * this.vertexCount++);
  }

  /** Two triangles; turned round when `isReversed`. */
  quad(a: number, b: number, c: number, d: number, isReversed: boolean): void {
    if (3 * this.triangleCount + 6 > this.triangles.length) {
      const grown = new Uint32Array(this.triangles.length * 2);
      grown.set(this.triangles);
      this.triangles = grown;
    }
    this.triangles.set(isReversed ? [a, c, b, a, d, c] : [a, b, c, a, c, d], 3 * this.triangleCount);
    this.triangleCount += 2;
  }

  finish(): Mesh {
    return { positions: this.positions.slice(0, 3 * this.vertexCount), triangles: this.triangles.slice(0, 3 * this.triangleCount) };
  }
}

/**
 * The closed surface of one label value, in RAS mm: Surface Nets (Gibson 1998) with one vertex for each sheet of the
 * surface in a cell of eight voxels, at the mean of the crossed edges' midpoints. Where two cells that share a
 * checkerboard face would both join its two arcs, the face is turned (Wenger 2013, «manifold dual contouring»), so that
 * every edge has exactly two triangles and every vertex one fan. Deviation from the voxel faces ≤ half a voxel an axis.
 */
export function surfaceOf(labelmap: Labelmap, value: number): Mesh {
  const mask = paddedMask(labelmap, value);
  const mesh = new MeshBuilder();
  if (!mask) return mesh.finish();
  const { size: [nx, ny, nz], first, inside } = mask;
  const { spacing, origin } = labelmap.grid;
  const layer = nx * ny;
  const offsets = [0, 1, nx, nx + 1, layer, layer + 1, layer + nx, layer + nx + 1];
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
      // A checkerboard face has inside corners, so the neighbouring cell is not outside the padded box.
      const across = cellSheets(cornersAt(at + neighbours[f]), 0).joinedFaces;
      if ((across >> (f ^ 1)) & 1) turned |= 1 << f;
    }
    return turned;
  };
  // For the cells of this layer and the one below: index of the first vertex, and which case of the table.
  let base = new Int32Array(layer), kind = new Uint16Array(layer), baseBelow = new Int32Array(layer), kindBelow = new Uint16Array(layer);
  for (let z = 0; z < nz - 1; z++) {
    for (let y = 0; y < ny - 1; y++) for (let x = 0; x < nx - 1; x++) {
      const inLayer = x + nx * y, at = inLayer + layer * z;
      const corners = cornersAt(at);
      if (corners === 0 || corners === 255) { kind[inLayer] = corners * 64; continue; }
      const turned = turnedAt(at, corners);
      kind[inLayer] = corners * 64 + turned;
      base[inLayer] = mesh.vertexCount;
      const { count, sheetOf } = cellSheets(corners, turned);
      for (let sheet = 0; sheet < count; sheet++) {
        let n = 0, sx = 0, sy = 0, sz = 0; // in half voxels, so sums are exact
        for (let edge = 0; edge < 12; edge++) {
          if (sheetOf[edge] !== sheet) continue;
          const [a, b] = edgeCorners[edge];
          sx += (a & 1) + (b & 1); sy += ((a >> 1) & 1) + ((b >> 1) & 1); sz += (a >> 2) + (b >> 2);
          n++;
        }
        mesh.vertex(
          origin[0] + spacing[0] * (first[0] + x + sx / (2 * n)), origin[1] + spacing[1] * (first[1] + y + sy / (2 * n)),
          origin[2] + spacing[2] * (first[2] + z + sz / (2 * n)),
        );
      }
      const isIn = inside[at] === 1;
      const of = (below: boolean, cell: number, edge: number): number => {
        const k = below ? kindBelow[cell] : kind[cell];
        return (below ? baseBelow[cell] : base[cell]) + cellSheets(k >> 6, k & 63).sheetOf[edge];
      };
      if ((inside[at + 1] === 1) !== isIn) mesh.quad(of(true, inLayer - nx, 3), of(true, inLayer, 2), of(false, inLayer, 0), of(false, inLayer - nx, 1), !isIn);
      if ((inside[at + nx] === 1) !== isIn) mesh.quad(of(true, inLayer - 1, 7), of(false, inLayer - 1, 5), of(false, inLayer, 4), of(true, inLayer, 6), !isIn);
      if ((inside[at + layer] === 1) !== isIn) mesh.quad(of(false, inLayer - 1 - nx, 11), of(false, inLayer - nx, 10), of(false, inLayer, 8), of(false, inLayer - 1, 9), !isIn);
    }
    [base, baseBelow, kind, kindBelow] = [baseBelow, base, kindBelow, kind];
  }
  return mesh.finish();
}

import type { Mesh } from "../../surface/mesh.ts";
import type { Block } from "../fieldSurface.ts";

/** Squared distance from a point to triangle (a, b, c), all in the same unit. Source: Ericson, Real-Time Collision Detection, 5.1.5. */
export function squaredToTriangle(px: number, py: number, pz: number, t: Float64Array, o: number): number {
  const ax = t[o], ay = t[o + 1], az = t[o + 2];
  const ux = t[o + 3] - ax, uy = t[o + 4] - ay, uz = t[o + 5] - az, vx = t[o + 6] - ax, vy = t[o + 7] - ay, vz = t[o + 8] - az;
  const wx = px - ax, wy = py - ay, wz = pz - az;
  const d1 = ux * wx + uy * wy + uz * wz, d2 = vx * wx + vy * wy + vz * wz;
  const uu = ux * ux + uy * uy + uz * uz, uv = ux * vx + uy * vy + uz * vz, vv = vx * vx + vy * vy + vz * vz;
  let s: number, q: number;
  const d3 = d1 - uu, d4 = d2 - uv, d5 = d1 - uv, d6 = d2 - vv;
  if (d1 <= 0 && d2 <= 0) { s = 0; q = 0; }
  else if (d3 >= 0 && d4 <= d3) { s = 1; q = 0; }
  else if (d6 >= 0 && d5 <= d6) { s = 0; q = 1; }
  else {
    const vc = d1 * d4 - d3 * d2, vb = d5 * d2 - d1 * d6, va = d3 * d6 - d5 * d4;
    if (vc <= 0 && d1 >= 0 && d3 <= 0) { s = d1 / (d1 - d3); q = 0; }
    else if (vb <= 0 && d2 >= 0 && d6 <= 0) { s = 0; q = d2 / (d2 - d6); }
    else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) { q = (d4 - d3) / (d4 - d3 + d5 - d6); s = 1 - q; }
    else { const f = 1 / (va + vb + vc); s = vb * f; q = vc * f; }
  }
  const dx = wx - s * ux - q * vx, dy = wy - s * uy - q * vy, dz = wz - s * uz - q * vz;
  return dx * dx + dy * dy + dz * dz;
}

/** The mesh's triangles in a block's own steps, nine numbers each. */
function trianglesIn(block: Block, { positions: p, triangles: t }: Mesh): Float64Array {
  const out = new Float64Array(3 * t.length), { origin, axes, stepMm } = block;
  for (let i = 0; i < t.length; i++) {
    const v = 3 * t[i], x = p[v] - origin[0], y = p[v + 1] - origin[1], z = p[v + 2] - origin[2];
    for (let a = 0; a < 3; a++) out[3 * i + a] = (x * axes[a][0] + y * axes[a][1] + z * axes[a][2]) / stepMm;
  }
  return out;
}

/** Nodes of a tile along each axis: 2 to this many bits. */
const tileBits = 2, tile = 1 << tileBits;

/**
 * Signed distance in mm from a block's nodes to a closed mesh, negative inside it; exact (to the triangles) up to
 * `bandMm`, ±bandMm beyond. Inside and outside are told by counting the triangles that a line through the block's
 * columns crosses.
 * @param isWanted 1 for the nodes that matter; the others get ±bandMm
 */
export function meshDistance(block: Block, mesh: Mesh, bandMm: number, isWanted: Uint8Array): Float32Array {
  const [nx, ny, nz] = block.dims, layer = nx * ny, band = bandMm / block.stepMm;
  const t = trianglesIn(block, mesh), squared = new Float32Array(layer * nz).fill(band * band), turns = new Uint8Array(layer * (nz + 1));
  // Most of a block is not asked for: tiles without a wanted node are passed over whole.
  const tx = (nx - 1 >> tileBits) + 1, ty = (ny - 1 >> tileBits) + 1, isTileWanted = new Uint8Array(tx * ty * ((nz - 1 >> tileBits) + 1));
  for (let z = 0, at = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const row = tx * ((y >> tileBits) + ty * (z >> tileBits));
    for (let x = 0; x < nx; x++, at++) if (isWanted[at]) isTileWanted[row + (x >> tileBits)] = 1;
  }
  for (let o = 0; o < t.length; o += 9) {
    const lowX = Math.min(t[o], t[o + 3], t[o + 6]), highX = Math.max(t[o], t[o + 3], t[o + 6]);
    const lowY = Math.min(t[o + 1], t[o + 4], t[o + 7]), highY = Math.max(t[o + 1], t[o + 4], t[o + 7]);
    if (highX < -band || highY < -band || lowX > nx + band || lowY > ny + band) continue;
    const lowZ = Math.min(t[o + 2], t[o + 5], t[o + 8]), highZ = Math.max(t[o + 2], t[o + 5], t[o + 8]);
    countCrossings(t, o, lowX, highX, lowY, highY, nx, ny, nz, turns);
    const x0 = Math.max(0, Math.ceil(lowX - band)), x1 = Math.min(nx - 1, Math.floor(highX + band));
    const y0 = Math.max(0, Math.ceil(lowY - band)), y1 = Math.min(ny - 1, Math.floor(highY + band));
    const z0 = Math.max(0, Math.ceil(lowZ - band)), z1 = Math.min(nz - 1, Math.floor(highZ + band));
    for (let c = z0 >> tileBits; c <= z1 >> tileBits; c++) for (let b = y0 >> tileBits; b <= y1 >> tileBits; b++) for (let a = x0 >> tileBits; a <= x1 >> tileBits; a++) {
      if (!isTileWanted[a + tx * (b + ty * c)]) continue;
      const xLast = Math.min(x1, (a << tileBits) + tile - 1), yLast = Math.min(y1, (b << tileBits) + tile - 1), zLast = Math.min(z1, (c << tileBits) + tile - 1);
      for (let z = Math.max(z0, c << tileBits); z <= zLast; z++) for (let y = Math.max(y0, b << tileBits); y <= yLast; y++) {
        const gy = Math.max(0, lowY - y, y - highY), gz = Math.max(0, lowZ - z, z - highZ), aside = gy * gy + gz * gz;
        for (let x = Math.max(x0, a << tileBits), at = x + nx * y + layer * z; x <= xLast; x++, at++) {
          if (!isWanted[at]) continue;
          // The triangle's box is no nearer than the nearest triangle so far; a little room for rounding.
          const gx = Math.max(0, lowX - x, x - highX);
          if ((aside + gx * gx) * (1 - 1e-9) > squared[at]) continue;
          const d = squaredToTriangle(x, y, z, t, o);
          if (d < squared[at]) squared[at] = d;
        }
      }
    }
  }
  const distance = new Float32Array(layer * nz);
  for (let c = 0; c < layer; c++) {
    let isIn = 0;
    for (let z = 0; z < nz; z++) {
      isIn ^= turns[c + layer * z] & 1;
      const d = Math.sqrt(squared[c + layer * z]) * block.stepMm;
      distance[c + layer * z] = isIn ? -d : d;
    }
  }
  return distance;
}

/** Marks where the lines along z through the nodes cross a triangle: at the first node above the crossing. */
function countCrossings(t: Float64Array, o: number, lowX: number, highX: number, lowY: number, highY: number, nx: number, ny: number, nz: number, turns: Uint8Array): void {
  const ax = t[o], ay = t[o + 1], az = t[o + 2], bx = t[o + 3], by = t[o + 4], bz = t[o + 5], cx = t[o + 6], cy = t[o + 7], cz = t[o + 8];
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  if (area === 0) return;
  for (let y = Math.max(0, Math.ceil(lowY)); y <= Math.min(ny - 1, Math.floor(highY)); y++) for (let x = Math.max(0, Math.ceil(lowX)); x <= Math.min(nx - 1, Math.floor(highX)); x++) {
    // An edge is judged from its lower end, whichever triangle asks, so that two neighbours never both take or leave a line.
    const a = side(bx, by, cx, cy, x, y), b = side(cx, cy, ax, ay, x, y), c = side(ax, ay, bx, by, x, y);
    if (a !== b || b !== c) continue;
    const wa = (bx - x) * (cy - y) - (by - y) * (cx - x), wb = (cx - x) * (ay - y) - (cy - y) * (ax - x);
    const z = (wa * az + wb * bz + (area - wa - wb) * cz) / area;
    const k = Math.max(0, Math.min(nz, Math.ceil(z)));
    turns[x + nx * y + nx * ny * k] ^= 1;
  }
}

/** On which side of the directed edge the point lies; a point on it belongs to a side fixed by the edge's own order. */
function side(ax: number, ay: number, bx: number, by: number, x: number, y: number): boolean {
  if (ay < by || (ay === by && ax < bx)) return (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0;
  return (ax - bx) * (y - by) - (ay - by) * (x - bx) < 0;
}

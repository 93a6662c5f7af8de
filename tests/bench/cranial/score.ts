// Overlap and boundary distance between removed bone and a plate, on the label grid.
import type { Grid } from "../../../core/space/grid.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";

/** Indices of the voxels whose centre lies inside a closed mesh. */
export function voxelsInside(mesh: Mesh, { dims: [nx, ny, nz], spacing, origin }: Grid): Int32Array {
  const { positions: p, triangles: t } = mesh, crossings = new Map<number, number[]>();
  for (let o = 0; o < t.length; o += 3) {
    const [a, b, c] = [0, 1, 2].map((i) => [0, 1, 2].map((axis) => (p[3 * t[o + i] + axis] - origin[axis]) / spacing[axis] + (axis === 0 ? 1.3e-7 : axis === 1 ? 2.1e-7 : 0)));
    const area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if (area === 0) continue;
    for (let y = Math.max(0, Math.ceil(Math.min(a[1], b[1], c[1]))); y <= Math.min(ny - 1, Math.max(a[1], b[1], c[1])); y++) {
      for (let x = Math.max(0, Math.ceil(Math.min(a[0], b[0], c[0]))); x <= Math.min(nx - 1, Math.max(a[0], b[0], c[0])); x++) {
        const wa = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area, wb = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area, wc = 1 - wa - wb;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const column = x + nx * y, list = crossings.get(column) ?? [];
        list.push(wa * a[2] + wb * b[2] + wc * c[2]);
        crossings.set(column, list);
      }
    }
  }
  const inside: number[] = [];
  for (const [column, list] of crossings) {
    list.sort((a, b) => a - b);
    for (let i = 0; i + 1 < list.length; i += 2) for (let k = Math.max(0, Math.ceil(list[i])); k <= Math.min(nz - 1, list[i + 1]); k++) inside.push(column + nx * ny * k);
  }
  return Int32Array.from(inside.sort((a, b) => a - b));
}

/** Dice, and the 95th percentile of both directions' boundary-voxel distances pooled, mm. */
export function score(truth: Int32Array, made: Int32Array, grid: Grid): { dice: number; hd95Mm: number; sensitivity: number; precision: number } {
  const a = new Set(truth), b = new Set(made);
  let both = 0;
  for (const voxel of a) if (b.has(voxel)) both++;
  const dice = 2 * both / Math.max(1, a.size + b.size), [nx, ny] = grid.dims, { spacing } = grid;
  const steps = [1, -1, nx, -nx, nx * ny, -nx * ny];
  const boundary = (set: Set<number>) => [...set].filter((v) => steps.some((s) => !set.has(v + s)));
  const positionsOf = (voxels: number[]) => voxels.map((v) => [v % nx * spacing[0], Math.floor(v / nx) % ny * spacing[1], Math.floor(v / (nx * ny)) * spacing[2]]);
  const edgeA = positionsOf(boundary(a)), edgeB = positionsOf(boundary(b));
  if (edgeA.length === 0 || edgeB.length === 0) return { dice, hd95Mm: Infinity, sensitivity: 0, precision: 0 };
  const all = [...nearest(edgeA, edgeB), ...nearest(edgeB, edgeA)].sort((x, y) => x - y);
  return { dice, hd95Mm: all[Math.ceil(0.95 * all.length) - 1], sensitivity: both / a.size, precision: both / Math.max(1, b.size) };
}

/** For each of the first points the distance to the nearest of the second, by bins of 4 mm searched outward. */
function nearest(from: number[][], to: number[][]): number[] {
  const cell = 4, bins = new Map<string, number[][]>(), key = (x: number, y: number, z: number) => `${x},${y},${z}`;
  for (const p of to) {
    const k = key(Math.floor(p[0] / cell), Math.floor(p[1] / cell), Math.floor(p[2] / cell));
    const bin = bins.get(k);
    if (bin) bin.push(p); else bins.set(k, [p]);
  }
  return from.map((p) => {
    const c = p.map((x) => Math.floor(x / cell));
    let best = Infinity;
    for (let ring = 0; ring < 40 && best > (ring - 1) * cell * (ring - 1) * cell * (ring > 1 ? 1 : 0); ring++) {
      if (ring > 1 && best <= (ring - 1) * (ring - 1) * cell * cell) break;
      for (let z = -ring; z <= ring; z++) for (let y = -ring; y <= ring; y++) for (let x = -ring; x <= ring; x++) {
        if (Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) !== ring) continue;
        for (const q of bins.get(key(c[0] + x, c[1] + y, c[2] + z)) ?? []) {
          const d = (p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]);
          if (d < best) best = d;
        }
      }
    }
    return Math.sqrt(best);
  });
}

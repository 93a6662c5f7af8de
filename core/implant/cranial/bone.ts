import type { Grid } from "../../space/grid.ts";
import { ImplantRefused } from "../refusal.ts";
import type { Vec } from "./vector.ts";

/** The host bone as a dense mask: 1 = bone of the skull, 0 = anything else. Index i + j·nx + k·nx·ny. */
export interface Bone { grid: Grid; inside: Uint8Array }

/** Edge of a coarse cell, mm: parts of the skull nearer to each other than this count as one. */
const coarseMm = 2;

/**
 * The skull of a bone segment: its largest connected part, so that a couch, a head rest or teeth apart from it do not count.
 * Connection is judged on cells of about 2 mm (26-neighbourhood).
 * @throws ImplantRefused bone-absent
 */
export function skullOf(grid: Grid, labels: Uint8Array, value: number): Bone {
  const { dims: [nx, ny, nz], spacing } = grid;
  const step = spacing.map((mm) => Math.max(1, Math.round(coarseMm / mm)));
  const cx = Math.ceil(nx / step[0]), cy = Math.ceil(ny / step[1]), cz = Math.ceil(nz / step[2]);
  const coarse = new Int32Array(cx * cy * cz), xOf = new Int32Array(nx);
  for (let i = 0; i < nx; i++) xOf[i] = Math.floor(i / step[0]);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) {
    const row = cx * (Math.floor(j / step[1]) + cy * Math.floor(k / step[2]));
    for (let i = 0; i < nx; i++, at++) if (labels[at] === value) coarse[row + xOf[i]]++;
  }
  const part = new Int32Array(coarse.length), queue = new Int32Array(coarse.length);
  let parts = 0, best = 0, bestVoxels = 0;
  for (let from = 0; from < coarse.length; from++) {
    if (coarse[from] === 0 || part[from] !== 0) continue;
    let head = 0, tail = 0, voxels = 0;
    part[from] = ++parts;
    queue[tail++] = from;
    while (head < tail) {
      const cell = queue[head++];
      voxels += coarse[cell];
      const x = cell % cx, y = Math.floor(cell / cx) % cy, z = Math.floor(cell / (cx * cy));
      for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
        if (x + dx < 0 || x + dx >= cx || y + dy < 0 || y + dy >= cy || z + dz < 0 || z + dz >= cz) continue;
        const next = cell + dx + cx * (dy + cy * dz);
        if (coarse[next] > 0 && part[next] === 0) { part[next] = parts; queue[tail++] = next; }
      }
    }
    if (voxels > bestVoxels) { bestVoxels = voxels; best = parts; }
  }
  if (bestVoxels === 0) throw new ImplantRefused("bone-absent", `The labelmap holds no voxel of the bone's label value ${value}.`, { bone: value });
  const inside = new Uint8Array(labels.length);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) {
    const row = cx * (Math.floor(j / step[1]) + cy * Math.floor(k / step[2]));
    for (let i = 0; i < nx; i++, at++) if (labels[at] === value && part[row + xOf[i]] === best) inside[at] = 1;
  }
  return { grid, inside };
}

/** A function that tells the share of bone, 0 to 1, at RAS mm: trilinear between voxel centres, 0 outside the grid. */
export function boneShare({ grid, inside }: Bone): (x: number, y: number, z: number) => number {
  const { dims: [nx, ny, nz], spacing: [sx, sy, sz], origin: [ox, oy, oz] } = grid;
  const layer = nx * ny;
  return (x, y, z) => {
    const fx = (x - ox) / sx, fy = (y - oy) / sy, fz = (z - oz) / sz;
    const i = Math.floor(fx), j = Math.floor(fy), k = Math.floor(fz);
    if (i < 0 || j < 0 || k < 0 || i >= nx - 1 || j >= ny - 1 || k >= nz - 1) return 0;
    const u = fx - i, v = fy - j, w = fz - k, at = i + nx * j + layer * k;
    const a = inside[at] + u * (inside[at + 1] - inside[at]), b = inside[at + nx] + u * (inside[at + nx + 1] - inside[at + nx]);
    const low = at + layer;
    const c = inside[low] + u * (inside[low + 1] - inside[low]), d = inside[low + nx] + u * (inside[low + nx + 1] - inside[low + nx]);
    const near = a + v * (b - a);
    return near + w * (c + v * (d - c) - near);
  };
}

/** Whether RAS mm lies inside the block of voxels. */
export function isInGrid({ dims, spacing, origin }: Grid, p: Vec): boolean {
  for (let a = 0; a < 3; a++) {
    const f = (p[a] - origin[a]) / spacing[a];
    if (f < -0.5 || f > dims[a] - 0.5) return false;
  }
  return true;
}

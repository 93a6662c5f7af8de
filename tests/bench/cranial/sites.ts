// The protocol of the cranial bench: where bone is taken out of the real head CT, and how.
import type { Grid } from "../../../core/space/grid.ts";

export interface Site { name: string; /** Direction from the head's centre, RAS: right, front, up. */ direction: readonly [number, number, number] }

/** Ten sites of the vault, and one apart over the frontal sinus. */
export const sites: readonly Site[] = [
  { name: "right parietal", direction: [0.72, -0.4, 0.6] },
  { name: "left parietal", direction: [-0.72, -0.4, 0.6] },
  { name: "right high parietal", direction: [0.45, -0.3, 0.85] },
  { name: "left high parietal", direction: [-0.45, -0.25, 0.85] },
  { name: "right temporal", direction: [0.93, -0.2, 0.42] },
  { name: "left temporal", direction: [-0.93, -0.15, 0.42] },
  { name: "right parieto-occipital", direction: [0.55, -0.75, 0.35] },
  { name: "left parieto-occipital", direction: [-0.55, -0.75, 0.35] },
  { name: "vertex", direction: [0, -0.2, 1] },
  { name: "occiput", direction: [0, -0.95, 0.35] },
];
export const sinusSite: Site = { name: "left frontal", direction: [-0.35, 0.85, 0.3] };
export const radiiMm = [15, 25, 35, 45] as const;

/** Reproducible numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Cut {
  /** Voxel indices of removed bone. */
  removed: Int32Array;
  /** The cut CT. */
  hu: Int16Array;
  labels: Uint8Array;
}

/**
 * Cuts a defect out of the CT and derives labels anew: removed bone becomes soft tissue of 40 ± 10 HU with an edge
 * blurred over about a voxel, 1 = HU ≥ 226, 2 = painted region = the removed bone dilated by 3 to 8 mm (not bone).
 * Only bone of the skull itself is cut (no head rest). @param volume.skull 1 = bone voxel of the skull; volume.centre: a point within the head, where walls that do not lean point to
 * @param shape "sphere": a ball on the vault; "tilted": a wavy outline with walls that lean by up to 20°
 * @param fill HU written into the removed voxels instead of tissue (to prove that they do not matter); null: tissue
 */
export function cut(volume: { grid: Grid; hu: Int16Array; skull: Uint8Array; centre: readonly number[] }, at: readonly number[], outward: readonly number[], radius: number, shape: "sphere" | "tilted", seed: number, fill: number | null, boneHu = 226): Cut {
  const { grid: { dims: [nx, ny, nz], spacing, origin }, hu } = volume, random = seeded(seed);
  const w = outward.map((x) => x / Math.hypot(...outward));
  const aside = Math.abs(w[2]) < 0.9 ? [0, 0, 1] : [0, 1, 0];
  const cross = (a: number[], b: number[]) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const norm = (a: number[]) => a.map((x) => x / Math.hypot(...a));
  const e1 = norm(cross(aside, w)), e2 = cross(w, e1);
  const waves = [2, 3, 4, 5].map((n) => ({ n, amount: (random() - 0.5) * 0.5 / n, phase: random() * 2 * Math.PI }));
  const lean = Math.tan((random() * 2 - 1) * 20 * Math.PI / 180), leanX = Math.tan((random() * 2 - 1) * 12 * Math.PI / 180), leanY = Math.tan((random() * 2 - 1) * 12 * Math.PI / 180);
  const surfaceRadius = Math.hypot(...at.map((x, i) => x - volume.centre[i])), dilation = 3 + 5 * random();
  /** Signed distance to the cutter, about mm; negative inside. */
  const outside = (p: number[]): number => {
    const d = p.map((x, i) => x - at[i]);
    if (shape === "sphere") return Math.hypot(...d) - radius;
    const q = p.map((x, i) => x - volume.centre[i]), r = Math.hypot(...q), f = 2 * surfaceRadius / (r + q[0] * w[0] + q[1] * w[1] + q[2] * w[2]);
    const depth = surfaceRadius - r;
    const x = (q[0] * e1[0] + q[1] * e1[1] + q[2] * e1[2]) * f + leanX * depth, y = (q[0] * e2[0] + q[1] * e2[1] + q[2] * e2[2]) * f + leanY * depth;
    const angle = Math.atan2(y, x);
    return Math.hypot(x, y) - radius * (1 + waves.reduce((sum, { n, amount, phase }) => sum + amount * Math.cos(n * angle + phase), 0)) - lean * depth;
  };
  const reach = radius * 1.5 + 25;
  const low = at.map((x, i) => Math.max(0, Math.floor((x - reach - origin[i]) / spacing[i])));
  const high = at.map((x, i) => Math.min([nx, ny, nz][i] - 1, Math.ceil((x + reach - origin[i]) / spacing[i])));
  const removed: number[] = [], cutHu = hu.slice(), labels = new Uint8Array(hu.length);
  for (let i = 0; i < hu.length; i++) if (hu[i] >= boneHu) labels[i] = 1;
  for (let k = low[2]; k <= high[2]; k++) for (let j = low[1]; j <= high[1]; j++) for (let i = low[0]; i <= high[0]; i++) {
    const index = i + nx * (j + ny * k);
    if (volume.skull[index] === 0) continue;
    const p = [origin[0] + i * spacing[0], origin[1] + j * spacing[1], origin[2] + k * spacing[2]];
    const s = outside(p);
    if (s > 0.4) continue;
    const tissue = 40 + 20 * (random() - 0.5);
    const share = Math.max(0, Math.min(1, 0.5 - s / 0.8)); // 1 inside the cutter, blurred over 0.8 mm
    const value = Math.round(hu[index] + share * (tissue - hu[index]));
    if (value < boneHu) { removed.push(index); labels[index] = 0; }
    cutHu[index] = fill !== null && value < boneHu ? fill : value;
  }
  paintRegion(labels, volume.grid, removed, dilation);
  return { removed: Int32Array.from(removed), hu: cutHu, labels };
}

/** Paints value 2 on every voxel within `mm` of a removed one that is not bone. */
function paintRegion(labels: Uint8Array, { dims: [nx, ny, nz], spacing }: Grid, removed: number[], mm: number): void {
  const isRemoved = new Set(removed);
  const reach = spacing.map((s) => Math.floor(mm / s)), ball: [number, number, number][] = [];
  for (let z = -reach[2]; z <= reach[2]; z++) for (let y = -reach[1]; y <= reach[1]; y++) for (let x = -reach[0]; x <= reach[0]; x++) {
    if (Math.hypot(x * spacing[0], y * spacing[1], z * spacing[2]) <= mm) ball.push([x, y, z]);
  }
  for (const index of removed) {
    const i = index % nx, j = Math.floor(index / nx) % ny, k = Math.floor(index / (nx * ny));
    const isInner = [1, -1, nx, -nx, nx * ny, -nx * ny].every((step) => isRemoved.has(index + step));
    if (isInner) { labels[index] = 2; continue; }
    for (const [x, y, z] of ball) {
      if (i + x < 0 || j + y < 0 || k + z < 0 || i + x >= nx || j + y >= ny || k + z >= nz) continue;
      const at = index + x + nx * (y + ny * z);
      if (labels[at] === 0) labels[at] = 2;
    }
  }
}

import { DeriveError } from "./deriveError.ts";
import type { HuVolume } from "./filters.ts";
import { findMidPlane } from "./midPlane.ts";
import { coarseVolume } from "./coarse.ts";
import { removeTable, sweep } from "./removeTable.ts";

/** Name and version of the defacing, as packages and provenance name it. */
export const defaceNode = "deface@1";

/** What defacing did. Positions RAS mm. */
export interface DefaceFacts {
  /** Voxels that got the fill value, mL. */
  regionMl: number;
  /** How far forward the surface lies now, over all columns of the region that the field of view does not cut: least and middle, mm. */
  leastShiftMm: number;
  medianShiftMm: number;
  /** Share of the region's columns whose new surface the field of view cuts: there the face ends in a flat cut. */
  cutShare: number;
  /** Tip of the nose, and the height up to which the face is covered. */
  noseRas: [number, number, number];
  browMm: number;
}

/** Skin is the first voxel above this from the front; bone from this on (DOMAIN §2). */
const skinHu = -300, boneHu = 226, clearedHu = -1024;
/** What covers the face: water, like no tissue's edge. */
export const defaceHu = 0;
/** No voxel within this many mm of bone is touched, along each axis. */
export const boneMarginMm = 1.5;
/** The new surface lies at least this far in front of the skin, mm, and the old skin's surroundings are gone this deep. */
export const leastShiftMm = 6, depthMm = 6;
/** Nothing smaller than this, mm, of the face's shape is left in the new surface or in the inner end of the fill. */
const smoothMm = 20;
/** The face: this far behind, above, below and beside the tip of the nose, mm. */
const behindMm = 70, aboveMm = 75, belowMm = 120, asideMm = 80;
/** Soft tissue in the midline, mm: a nose has more, a brow less. */
const noseDepthMm = 14, browDepthMm = 9;

/** Greatest (or least) value of a square window of `reach` columns and rows round each place, then its mean over as large a window. */
function envelope(map: Float64Array, [nx, nz]: readonly [number, number], reach: readonly [number, number], sign: 1 | -1): Float64Array {
  const along = (from: Float64Array, axis: 0 | 1, of: (low: number, high: number, at: (p: number) => number) => number): Float64Array => {
    const out = new Float64Array(from.length), [count, stride, lines, step] = axis === 0 ? [nx, 1, nz, nx] : [nz, nx, nx, 1];
    for (let line = 0; line < lines; line++) for (let p = 0; p < count; p++) {
      out[line * step + p * stride] = of(Math.max(0, p - reach[axis]), Math.min(count - 1, p + reach[axis]), (q) => from[line * step + q * stride]);
    }
    return out;
  };
  const greatest = (low: number, high: number, at: (p: number) => number) => { let best = at(low); for (let p = low + 1; p <= high; p++) if (sign * at(p) > sign * best) best = at(p); return best; };
  const mean = (low: number, high: number, at: (p: number) => number) => { let sum = 0; for (let p = low; p <= high; p++) sum += at(p); return sum / (high - low + 1); };
  return along(along(along(along(map, 0, greatest), 1, greatest), 0, mean), 1, mean);
}

interface Fronts { skin: Int32Array; bone: Int32Array }
/** Index along y of the foremost skin and bone of each column (x fastest, then z); -1 where there is none. The table does not count. */
function frontsOf({ grid, hu }: HuVolume): Fronts {
  const { dims: [nx, ny, nz] } = grid, skin = new Int32Array(nx * nz).fill(-1), bone = new Int32Array(nx * nz).fill(-1);
  const body = removeTable(coarseVolume(grid, hu)), [cx, cy] = body.grid.dims, factor = [0, 1, 2].map((axis) => Math.round(body.grid.spacing[axis] / grid.spacing[axis]));
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const block = cx * (Math.floor(y / factor[1]) + cy * Math.floor(z / factor[2]));
    for (let x = 0, at = nx * (y + ny * z); x < nx; x++, at++) {
      if (hu[at] <= skinHu || body.hu[block + Math.floor(x / factor[0])] === clearedHu) continue;
      skin[x + nx * z] = y;
      if (hu[at] >= boneHu) bone[x + nx * z] = y;
    }
  }
  return { skin, bone };
}

interface Face { noseRas: [number, number, number]; browMm: number; asideOf: (x: number, y: number, z: number) => number }

/** Nose and brow, from the profile in the mid-sagittal plane: how far forward skin lies, and how far in front of bone. */
function findFace(volume: HuVolume, { skin, bone }: Fronts): Face {
  const { dims: [nx, , nz], spacing, origin } = volume.grid, plane = findMidPlane(volume);
  if (!plane) throw new DeriveError("No face was found: nothing in this volume is symmetric enough for a head. Nothing was changed.");
  const { normal, offset } = plane, asideOf = (x: number, y: number, z: number) => normal[0] * x + normal[1] * y + normal[2] * z - offset;
  const profile = Array.from({ length: nz }, (_, k) => {
    const z = origin[2] + k * spacing[2], best = { k, z, x: 0, y: -Infinity, bone: -Infinity };
    for (let i = 0; i < nx; i++) {
      const at = i + nx * k, x = origin[0] + i * spacing[0], y = origin[1] + skin[at] * spacing[1];
      if (skin[at] < 0 || Math.abs(asideOf(x, y, z)) > 6) continue;
      if (y > best.y) Object.assign(best, { x, y });
      if (bone[at] >= 0) best.bone = Math.max(best.bone, origin[1] + bone[at] * spacing[1]);
    }
    return { ...best, depth: best.y - best.bone };
  });
  let nose: (typeof profile)[number] | null = null;
  // A nose is foremost of what lies round it, unlike the crown's slope, and above it somewhere bone lies close under the skin: its root.
  const isNose = ({ y, z, depth }: (typeof profile)[number]) => depth >= noseDepthMm && profile.every((other) => other.z < z - 15 || other.z > z + aboveMm || other.y <= y + 1)
    && profile.some((other) => other.z > z && other.z < z + aboveMm && other.depth <= browDepthMm);
  for (const one of profile) if ((!nose || one.y > nose.y) && isNose(one)) nose = one;
  if (!nose) throw new DeriveError("No face was found: nowhere in the midline is there a nose in front of bone. Nothing was changed.");
  let browMm = nose.z + aboveMm;
  for (let k = nose.k, thinFrom = -1; k < nz && profile[k].z <= browMm; k++) {
    if (profile[k].depth > browDepthMm) thinFrom = -1;
    else if (thinFrom < 0) thinFrom = k;
    if (thinFrom >= 0 && profile[k].z - profile[thinFrom].z >= 6) browMm = Math.min(browMm, profile[k].z + 20);
  }
  return { noseRas: [nose.x, nose.y, nose.z], browMm, asideOf };
}

/** Bone, what lies within the margin of it, and what must be kept. */
function protectedVoxels({ grid: { dims, spacing }, hu }: HuVolume, keep: Uint8Array | null): Uint8Array {
  let mask: Uint8Array = Uint8Array.from(hu, (value) => value >= boneHu ? 1 : 0);
  for (const axis of [0, 1, 2]) mask = sweep(mask, dims, axis, Math.max(1, Math.ceil(boneMarginMm / spacing[axis])), false);
  if (keep) for (let at = 0; at < mask.length; at++) if (keep[at] !== 0) mask[at] = 1;
  return mask;
}

/**
 * Makes a face unrecognisable: from in front of the skin to behind it everything up to the first bone becomes one even value.
 * The new surface lies at least 6 mm in front of the skin, and neither it nor the inner end of what was filled keeps any
 * shape of the face finer than about 20 mm. Bone (HU ≥ 226), what lies within 1.5 mm of it, what lies behind it, and what
 * `keep` marks (non-zero) stays bit for bit. What bone alone tells of a face stays. Deterministic (JB5).
 * @returns `covered`: 1 for each voxel that got the fill value, also where it had it before
 * @throws DeriveError where no face is found
 */
export function deface(volume: HuVolume, keep: Uint8Array | null = null, onStep: (fraction: number) => void = () => undefined): HuVolume & { facts: DefaceFacts; covered: Uint8Array } {
  const { grid } = volume, { dims: [nx, ny, nz], spacing, origin } = grid;
  const fronts = frontsOf(volume), { noseRas, browMm, asideOf } = findFace(volume, fronts);
  onStep(0.4);
  // Heights along y in mm; columns without a face count as its end.
  const end = noseRas[1] - behindMm, heights = Float64Array.from(fronts.skin, (j) => j < 0 ? end : Math.max(end, origin[1] + j * spacing[1]));
  const reach = [Math.ceil(smoothMm / spacing[0]), Math.ceil(smoothMm / spacing[2])] as const, outer = envelope(heights, [nx, nz], reach, 1), inner = envelope(heights, [nx, nz], reach, -1);
  const untouched = protectedVoxels(volume, keep);
  onStep(0.8);
  const hu = Int16Array.from(volume.hu), covered = new Uint8Array(hu.length), shifts: number[] = [], solid = Math.max(1, Math.ceil(boneMarginMm / spacing[1]));
  let filled = 0, cut = 0;
  for (let k = 0; k < nz; k++) {
    const z = origin[2] + k * spacing[2];
    if (z > browMm || z < noseRas[2] - belowMm) continue;
    for (let i = 0; i < nx; i++) {
      const at = i + nx * k, j = fronts.skin[at], x = origin[0] + i * spacing[0], y = origin[1] + j * spacing[1];
      if (j < 0 || y < end || Math.abs(asideOf(x, y, z)) > asideMm) continue;
      const first = Math.ceil((outer[at] + leastShiftMm - origin[1]) / spacing[1]), last = Math.max(0, Math.floor((inner[at] - depthMm - origin[1]) / spacing[1]));
      if (first > ny - 1) cut++;
      let front = -1;
      // One bright voxel is a streak; as many as the margin holds on both sides are bone, and what lies behind bone stays.
      for (let p = Math.min(first, ny - 1), hard = 0; p >= last && hard < 2 * solid; p--) {
        const voxel = i + nx * (p + ny * k);
        if (untouched[voxel] !== 0) { hard++; continue; }
        hard = 0;
        hu[voxel] = defaceHu;
        covered[voxel] = 1;
        filled++;
        front = Math.max(front, p);
      }
      if (first <= ny - 1 && front >= 0) shifts.push((front - j) * spacing[1]);
    }
  }
  if (shifts.length === 0) throw new DeriveError("No face was found in front of bone. Nothing was changed.");
  shifts.sort((a, b) => a - b);
  const round = (mm: number) => Math.round(mm * 1000) / 1000;
  onStep(1);
  return {
    grid, hu, covered,
    facts: {
      regionMl: round(filled * spacing[0] * spacing[1] * spacing[2] / 1000), leastShiftMm: round(shifts[0]), medianShiftMm: round(shifts[shifts.length >> 1]), cutShare: round(cut / (shifts.length + cut)),
      noseRas: [round(noseRas[0]), round(noseRas[1]), round(noseRas[2])], browMm: round(browMm),
    },
  };
}

import type { HuVolume } from "./filters.ts";

const bodyHu = -300, airHu = -1024;
/** Half the thickness, mm, of what is cut between body and table: cushions and skin folds are thinner. */
const openMm = 5;

/** Erodes (`keep` = 0) or dilates (`keep` = 1) a mask by `reach` voxels along one axis: a running count decides. */
function sweep(mask: Uint8Array, dims: readonly number[], axis: number, reach: number, isErosion: boolean): Uint8Array {
  if (reach < 1) return mask;
  const strides = [1, dims[0], dims[0] * dims[1]], stride = strides[axis], count = dims[axis], out = new Uint8Array(mask.length), lines = mask.length / count;
  for (let line = 0; line < lines; line++) {
    const start = Math.floor(line / stride) * stride * count + line % stride;
    let sum = 0, seen = 0;
    for (let p = -reach; p < count; p++) {
      const enter = p + reach, leave = p - reach - 1;
      if (enter < count) { sum += mask[start + enter * stride]; seen++; }
      if (leave >= 0) { sum -= mask[start + leave * stride]; seen--; }
      if (p >= 0) out[start + p * stride] = isErosion ? sum === seen ? 1 : 0 : sum > 0 ? 1 : 0;
    }
  }
  return out;
}

/** Marks the largest 6-connected part of a mask with 2. */
function markLargest(mask: Uint8Array, dims: readonly number[]): number {
  const [nx, ny, nz] = dims, area = nx * ny, best: { seed: number; size: number } = { seed: -1, size: 0 };
  const flood = (seed: number, from: number, to: number): number => {
    const stack = [seed];
    let size = 0;
    mask[seed] = to;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      size++;
      const x = at % nx, y = Math.floor(at / nx) % ny, z = Math.floor(at / area);
      const push = (next: number) => { if (mask[next] === from) { mask[next] = to; stack.push(next); } };
      if (x > 0) push(at - 1);
      if (x < nx - 1) push(at + 1);
      if (y > 0) push(at - nx);
      if (y < ny - 1) push(at + nx);
      if (z > 0) push(at - area);
      if (z < nz - 1) push(at + area);
    }
    return size;
  };
  for (let seed = 0; seed < mask.length; seed++) {
    if (mask[seed] !== 1) continue;
    const size = flood(seed, 1, 3);
    if (size > best.size) Object.assign(best, { seed, size });
  }
  if (best.seed >= 0) flood(best.seed, 3, 2);
  return best.size;
}

/**
 * What is not the largest body (above −300 HU, opened by 5 mm so that cushions let go of it) becomes air, the table and
 * head rest with it. Air within 5 mm of the body stays as it was, so that skin keeps its edge.
 */
export function removeTable({ grid, hu }: HuVolume, onStep: (fraction: number) => void = () => undefined): HuVolume {
  const { dims, spacing } = grid, reach = spacing.map((mm) => Math.round(openMm / mm));
  const walk = (mask: Uint8Array, isErosion: boolean, by: readonly number[]) => [0, 1, 2].reduce((made, axis) => sweep(made, dims, axis, by[axis], isErosion), mask);
  const body = Uint8Array.from(hu, (value) => value >= bodyHu ? 1 : 0);
  onStep(0.1);
  const core = walk(body, true, reach);
  onStep(0.4);
  if (markLargest(core, dims) === 0) return { grid, hu: Int16Array.from(hu) };
  onStep(0.7);
  const near = walk(core.map((value) => value === 2 ? 1 : 0), false, reach.map((n) => 2 * n));
  // Only what hangs together with the air around: lungs and sinuses are as far from the body's mass, and stay.
  const outside = near.map((value) => 1 - value);
  markLargest(outside, dims);
  return { grid, hu: Int16Array.from(hu, (value, at) => outside[at] === 2 ? airHu : value) };
}

import type { HuVolume } from "./filters.ts";

const bodyHu = -300, airHu = -1024;
/** Half the thickness, mm, of what is cut between body and table: cushions and skin folds are thinner. */
const openMm = 5;

/** Erodes or dilates a mask by `reach` voxels along one axis: a running count decides. */
export function sweep(mask: Uint8Array, dims: readonly number[], axis: number, reach: number, isErosion: boolean): Uint8Array {
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
  let stack = new Int32Array(1 << 16), top = 0;
  const push = (at: number) => {
    if (top === stack.length) { const wider = new Int32Array(2 * top); wider.set(stack); stack = wider; }
    stack[top++] = at;
  };
  // Whole runs along x at once: a run's neighbours are looked through for the first voxel of each of theirs.
  const flood = (seed: number, from: number, to: number): number => {
    let size = 0;
    push(seed);
    while (top > 0) {
      const at = stack[--top];
      if (mask[at] !== from) continue;
      const row = at - at % nx, y = Math.floor(at / nx) % ny, z = Math.floor(at / area);
      let first = at, last = at;
      while (first > row && mask[first - 1] === from) first--;
      while (last < row + nx - 1 && mask[last + 1] === from) last++;
      mask.fill(to, first, last + 1);
      size += last - first + 1;
      for (const [has, step] of [[y > 0, -nx], [y < ny - 1, nx], [z > 0, -area], [z < nz - 1, area]] as const) {
        if (has) for (let p = first + step, was = false; p <= last + step; p++) { const is = mask[p] === from; if (is && !was) push(p); was = is; }
      }
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

/** Less than this share of the body cut off is no table, but ears, a nose, a tube. */
const leastTable = 0.01;
/** Which way from the body the table lies: axis (x or y) and sign, from the middles of both; behind the patient where there is next to nothing but the body. */
function tableSide(body: Uint8Array, near: Uint8Array, [nx, ny]: readonly number[], spacing: readonly number[]): { axis: 0 | 1; sign: number } {
  const sums = [[0, 0], [0, 0]], counts = [0, 0];
  for (let at = 0, x = 0, y = 0; at < body.length; at++) {
    if (body[at] !== 0) {
      const of = near[at] === 0 ? 1 : 0;
      counts[of]++; sums[of][0] += x; sums[of][1] += y;
    }
    if (++x === nx) { x = 0; if (++y === ny) y = 0; }
  }
  if (counts[1] <= leastTable * counts[0]) return { axis: 1, sign: -1 };
  const way = [0, 1].map((axis) => (sums[1][axis] / counts[1] - sums[0][axis] / counts[0]) * spacing[axis]), axis = Math.abs(way[0]) > Math.abs(way[1]) ? 0 : 1;
  return { axis, sign: way[axis] < 0 ? -1 : 1 };
}

/**
 * Adds to `near` what of the body lies beyond it on the side turned away from the table: behind the air of nose, mouth and
 * sinuses nothing is thick enough to stay when the body is opened, and no table is there.
 */
function keepFarSide(body: Uint8Array, near: Uint8Array, dims: readonly number[], { axis, sign }: { axis: 0 | 1; sign: number }, reach: number): void {
  const [nx, ny, nz] = dims, count = dims[axis], stride = axis === 0 ? 1 : nx, lines = axis === 0 ? ny : nx, step = axis === 0 ? nx : 1;
  for (let z = 0; z < nz; z++) for (let line = 0; line < lines; line++) {
    const first = nx * ny * z + line * step + (sign < 0 ? 0 : (count - 1) * stride), walk = sign < 0 ? stride : -stride;
    let lastNear = -1, lastBody = -1;
    for (let p = 0, at = first; p < count; p++, at += walk) { if (near[at] !== 0) lastNear = p; if (body[at] !== 0) lastBody = p; }
    if (lastNear >= 0) for (let p = lastNear + 1; p <= Math.min(count - 1, lastBody + reach); p++) near[first + p * walk] = 1;
  }
}

/**
 * What is not the largest body (above −300 HU, opened by 5 mm so that cushions let go of it) becomes air, the table and
 * head rest with it. Air within 5 mm of the body stays as it was, so that skin keeps its edge. On the side turned away from
 * the table nothing is cut off: a nose is thinner than what the opening keeps.
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
  const near = walk(core.map((value) => value === 2 ? 1 : 0), false, reach.map((n) => 2 * n)), side = tableSide(body, near, dims, spacing);
  keepFarSide(body, near, dims, side, reach[side.axis]);
  // Only what hangs together with the air around: lungs and sinuses are as far from the body's mass, and stay.
  const outside = near.map((value) => 1 - value);
  markLargest(outside, dims);
  return { grid, hu: Int16Array.from(hu, (value, at) => outside[at] === 2 ? airHu : value) };
}

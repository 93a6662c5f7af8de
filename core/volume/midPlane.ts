import { mirrored, mostSymmetric, planeAt, type MirrorPlane, type PlaneNumbers } from "../space/mirrorPlane.ts";
import { coarseVolume } from "./coarse.ts";
import type { HuVolume } from "./filters.ts";
import { removeTable } from "./removeTable.ts";

/** The plane in which a volume is most like its mirror image. */
export interface MidPlane extends MirrorPlane {
  /** Mean difference to the mirror image at edges of skin and bone, HU, each at most `mostHu`; 0 would be a perfect mirror. */
  meanErrorHu: number;
}

/** Outside this range, HU, values count as its end: dense bone and air cells are alike in no two halves. */
const leastHu = -500, greatestHu = 900, mostHu = 700;
/** Neighbours that differ by this much, HU, are an edge; inside even tissue a mirror image tells nothing. */
const edgeHu = 120;
/** How far the plane is looked for, tangents of yaw and roll and mm beside the body's middle. */
const tilts = [-0.35, -0.175, 0, 0.175, 0.35], moves = [-10, 0, 10];

interface Halves { dims: readonly [number, number, number]; spacing: readonly number[]; origin: readonly number[]; hu: Float32Array; centre: [number, number, number]; edges: Int32Array }

/** Coarse values within the range, the body's middle, and the voxels of its edges. Null where there is no body. */
function halvesOf(volume: HuVolume): Halves | null {
  const { grid, hu } = removeTable(coarseVolume(volume.grid, volume.hu)), { dims, spacing, origin } = grid, [nx, ny, nz] = dims;
  const values = Float32Array.from(hu, (v) => Math.max(leastHu, Math.min(greatestHu, v))), sums = [0, 0, 0], edges: number[] = [];
  let body = 0;
  for (let z = 0, at = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, at++) {
    if (values[at] <= -300) continue;
    body++;
    sums[0] += x; sums[1] += y; sums[2] += z;
    if (x === 0 || y === 0 || z === 0 || x === nx - 1 || y === ny - 1 || z === nz - 1) continue;
    const v = values[at], step = Math.max(...[1, nx, nx * ny].map((s) => Math.max(Math.abs(values[at - s] - v), Math.abs(values[at + s] - v))));
    if (step >= edgeHu) edges.push(at);
  }
  if (edges.length < 500) return null;
  const centre = sums.map((sum, axis) => origin[axis] + spacing[axis] * sum / body) as [number, number, number];
  return { dims, spacing, origin, hu: values, centre, edges: Int32Array.from(edges) };
}

/** The mean difference between every `every`th edge voxel and its mirror image. Beyond the sides there is air; beyond the scan's ends nothing is known. */
function errorOf({ dims: [nx, ny, nz], spacing, origin, hu, centre, edges }: Halves, every: number): (x: PlaneNumbers) => number {
  const area = nx * ny;
  return (numbers) => {
    const plane = planeAt(centre, numbers);
    let sum = 0, count = 0;
    for (let e = 0; e < edges.length; e += every) {
      const at = edges[e], x = at % nx, y = Math.floor(at / nx) % ny, z = Math.floor(at / area);
      const q = mirrored([origin[0] + x * spacing[0], origin[1] + y * spacing[1], origin[2] + z * spacing[2]], plane);
      const fx = (q[0] - origin[0]) / spacing[0], fy = (q[1] - origin[1]) / spacing[1], fz = (q[2] - origin[2]) / spacing[2];
      if (!(fz >= 0 && fz < nz - 1)) continue;
      let value = leastHu;
      if (fx >= 0 && fy >= 0 && fx < nx - 1 && fy < ny - 1) {
        const i = Math.floor(fx), j = Math.floor(fy), k = Math.floor(fz), u = fx - i, v = fy - j, w = fz - k, low = i + nx * j + area * k, high = low + area;
        const a = hu[low] + u * (hu[low + 1] - hu[low]), b = hu[low + nx] + u * (hu[low + nx + 1] - hu[low + nx]);
        const c = hu[high] + u * (hu[high + 1] - hu[high]), d = hu[high + nx] + u * (hu[high + nx + 1] - hu[high + nx]);
        value = a + v * (b - a) + w * (c + v * (d - c) - (a + v * (b - a)));
      }
      sum += Math.min(mostHu, Math.abs(value - hu[at]));
      count++;
    }
    return count * every < edges.length / 2 ? mostHu : sum / count;
  };
}

/**
 * Finds the mid-sagittal plane: that in which the edges of skin and bone are most like their mirror images, least mean of
 * min(|difference|, 700 HU) on blocks of about 2 mm. A defect or an implant on one side counts at most that much. Null where
 * there is no body or nothing is symmetric within 19° of the scan's own axes.
 */
export function findMidPlane(volume: HuVolume): MidPlane | null {
  const halves = halvesOf(volume);
  if (!halves) return null;
  const starts = tilts.flatMap((ty) => tilts.flatMap((tz) => moves.map((move): PlaneNumbers => [ty, tz, move])));
  const every = Math.max(1, Math.floor(halves.edges.length / 4000)), rough = errorOf(halves, every);
  // The order of the starts decides between equals; the straight one is the first.
  const near = mostSymmetric(rough, [[0, 0, 0], ...starts], { tilt: 0.0875, moveMm: 5, least: 0.01, rounds: 12 });
  const { at, error } = mostSymmetric(errorOf(halves, Math.max(1, Math.floor(every / 8))), [near.at], { tilt: 0.0175, moveMm: 1, least: 0.0005, rounds: 12 });
  return { ...planeAt(halves.centre, at), meanErrorHu: error };
}

// Effects that look at a mask's shape alone: islands, margin, hollow, holes, smoothing. Lengths in mm, exact on anisotropic voxels.
import { type Grid, voxelVolumeMm3 } from "../../space/grid.ts";
import { componentsOf } from "./components.ts";
import { squaredDistances } from "./distance.ts";
import type { Region } from "./region.ts";

/** Parts joined through 26 neighbours; what is kept of them. `chosen`: a voxel of the region, for keepAt and removeAt. */
export function islands(grid: Grid, { bits, size }: Region, operation: "keepLargest" | "removeSmall" | "keepAt" | "removeAt", minMm3 = 0, chosen = -1): Uint8Array {
  const { labels, sizes } = componentsOf(bits, size);
  let largest = 1;
  for (let n = 2; n < sizes.length; n++) if (sizes[n] > sizes[largest]) largest = n;
  const picked = chosen >= 0 ? labels[chosen] : 0, smallest = minMm3 / voxelVolumeMm3(grid);
  const keeps = (n: number) => operation === "keepLargest" ? n === largest : operation === "removeSmall" ? sizes[n] >= smallest : operation === "keepAt" ? n === picked : n !== picked;
  return bits.map((bit, i) => (bit !== 0 && keeps(labels[i]) ? 1 : 0));
}

/** The volume's edge is no surface: a shrinking mask stays there. All voxels whose centre lies within `mm` of the mask (mm > 0), or of it those farther than −mm from its outside (mm < 0). */
export function margin(grid: Grid, { bits, size }: Region, mm: number): Uint8Array {
  if (mm === 0) return bits.slice();
  // A nanometre more, so that rounding does not leave out a voxel exactly on the limit.
  const reach = (mm < 0 ? -mm : mm) + 1e-6, limit = reach * reach;
  if (mm > 0) {
    const squared = squaredDistances(bits, size, grid.spacing, 1);
    return bits.map((_, i) => (squared[i] <= limit ? 1 : 0));
  }
  const squared = squaredDistances(bits, size, grid.spacing, 0);
  return bits.map((bit, i) => (bit !== 0 && squared[i] > limit ? 1 : 0));
}

/** The mask's shell of a thickness: inside its surface, outside it, or half and half. */
export function hollow(grid: Grid, region: Region, thicknessMm: number, shell: "inside" | "medial" | "outside"): Uint8Array {
  const inner = shell === "outside" ? region.bits : margin(grid, region, shell === "inside" ? -thicknessMm : -thicknessMm / 2);
  const outer = shell === "inside" ? region.bits : margin(grid, region, shell === "outside" ? thicknessMm : thicknessMm / 2);
  return outer.map((bit, i) => (bit !== 0 && inner[i] === 0 ? 1 : 0));
}

/** The mask with every cavity filled that the outside does not reach through 6 neighbours. */
export function fillHoles({ bits, size }: Region): Uint8Array {
  const outside = bits.map((bit) => (bit === 0 ? 1 : 0)), { labels } = componentsOf(outside, size, 6);
  const [nx, ny, nz] = size, open = new Set<number>();
  for (let z = 0, i = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, i++) if (x === 0 || y === 0 || z === 0 || x === nx - 1 || y === ny - 1 || z === nz - 1) open.add(labels[i]);
  return bits.map((bit, i) => (bit !== 0 || !open.has(labels[i]) ? 1 : 0));
}

/** Closing: gaps and holes narrower than 2·mm go, nothing else grows. The region must reach `mm` beyond the mask. */
export const closing = (grid: Grid, region: Region, mm: number): Uint8Array => margin(grid, { ...region, bits: margin(grid, region, mm) }, -mm).map((bit, i) => (bit !== 0 || region.bits[i] !== 0 ? 1 : 0));

/** Opening: bridges and spikes thinner than 2·mm go, nothing else shrinks. */
export const opening = (grid: Grid, region: Region, mm: number): Uint8Array => margin(grid, { ...region, bits: margin(grid, region, -mm) }, mm).map((bit, i) => (bit !== 0 && region.bits[i] !== 0 ? 1 : 0));

/** A voxel is in when more than half of those within `mm` of it (a box of whole voxels, cut at the volume's edge) are. */
export function median(grid: Grid, { low, bits, size }: Region, mm: number): Uint8Array {
  const reach = grid.spacing.map((step) => Math.max(1, Math.round(mm / step)));
  let counts = Int32Array.from(bits);
  const strides = [1, size[0], size[0] * size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const next = new Int32Array(counts.length), n = size[axis], stride = strides[axis], r = reach[axis];
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    for (let v = 0; v < size[b]; v++) {
      for (let u = 0; u < size[a]; u++) {
        const start = u * strides[a] + v * strides[b];
        let inside = 0;
        for (let i = 0; i < Math.min(r, n); i++) inside += counts[start + i * stride];
        for (let i = 0; i < n; i++) {
          if (i + r < n) inside += counts[start + (i + r) * stride];
          if (i - r - 1 >= 0) inside -= counts[start + (i - r - 1) * stride];
          next[start + i * stride] = inside;
        }
      }
    }
    counts = next;
  }
  // How many voxels of the window lie in the volume, an axis.
  const widths = [0, 1, 2].map((axis) => Int32Array.from({ length: size[axis] }, (_, i) => {
    const at = low[axis] + i;
    return Math.min(grid.dims[axis] - 1, at + reach[axis]) - Math.max(0, at - reach[axis]) + 1;
  }));
  const smoothed = new Uint8Array(bits.length);
  for (let z = 0, i = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) for (let x = 0; x < size[0]; x++, i++) if (2 * counts[i] > widths[0][x] * widths[1][y] * widths[2][z]) smoothed[i] = 1;
  }
  return smoothed;
}

// Effects that look at a mask's shape alone: islands, margin, hollow, holes, smoothing. Lengths in mm, exact on anisotropic voxels.
import { type Grid, voxelVolumeMm3 } from "../../space/grid.ts";
import { bitEngine } from "../bitKernel.ts";
import { ballOffsets, type BitRows, bitsOfParts, both, complement, either } from "../bitRows.ts";
import { componentsOf } from "./components.ts";
import { squaredDistances } from "./distance.ts";
import { partOf, type TellShare } from "./progress.ts";
import type { Region } from "./region.ts";

type Spacing = readonly [number, number, number];

const packed = ({ bits, size }: Region): BitRows => complement(bitEngine().pack(bits, size, 0));
const bytesOf = (rows: BitRows): Uint8Array => bitEngine().unpack(rows);

/** Parts joined through 26 neighbours; what is kept of them. `chosen`: a voxel of the region, for keepAt and removeAt. */
export function islands(grid: Grid, region: Region, operation: "keepLargest" | "removeSmall" | "keepAt" | "removeAt", minMm3 = 0, chosen = -1, tell?: TellShare): Uint8Array {
  const rows = packed(region);
  tell?.(0.2);
  const parts = bitEngine().parts(rows, 26), { sizes } = parts, smallest = minMm3 / voxelVolumeMm3(grid);
  let largest = 1, picked = 0;
  for (let n = 2; n < sizes.length; n++) if (sizes[n] > sizes[largest]) largest = n;
  if (chosen >= 0) {
    const row = Math.floor(chosen / region.size[0]), x = chosen - row * region.size[0];
    for (let r = parts.first[row]; r < parts.first[row + 1]; r++) if (parts.edges[2 * r] <= x && x < parts.edges[2 * r + 1]) picked = parts.numbers[r];
  }
  tell?.(0.8);
  const keeps = (n: number) => operation === "keepLargest" ? n === largest : operation === "removeSmall" ? sizes[n] >= smallest : operation === "keepAt" ? n === picked : n !== picked;
  return bytesOf(bitsOfParts(region.size, parts, keeps, sizes.length - 1));
}

/** A ball of more rows than this is dearer, row by row, than a whole distance transform. */
const maxBallRows = 2500;

/** All voxels whose centre lies within `mm` of one of the mask. */
function grown(rows: BitRows, spacing: Spacing, mm: number, tell?: TellShare): BitRows {
  // A nanometre more, so that rounding does not leave out a voxel exactly on the limit.
  const reach = mm + 1e-6;
  if (reach / spacing[1] * (reach / spacing[2]) * 3.2 <= maxBallRows) return bitEngine().union(rows, ballOffsets(spacing, reach), tell);
  const limit = reach * reach, squared = squaredDistances(bytesOf(rows), rows.size, spacing, 1, tell), near = new Uint8Array(squared.length);
  for (let i = 0; i < near.length; i++) if (squared[i] <= limit) near[i] = 1;
  return bitEngine().pack(near, rows.size);
}

/** The voxels of the mask farther than `mm` from what lies outside it; the box's edge is no outside. */
const shrunk = (rows: BitRows, spacing: Spacing, mm: number, tell?: TellShare): BitRows => both(rows, grown(complement(rows), spacing, mm, tell), true);

const moved = (rows: BitRows, spacing: Spacing, mm: number, tell?: TellShare): BitRows => (mm > 0 ? grown(rows, spacing, mm, tell) : mm < 0 ? shrunk(rows, spacing, -mm, tell) : rows);

/** The volume's edge is no surface: a shrinking mask stays there. All voxels whose centre lies within `mm` of the mask (mm > 0), or of it those farther than −mm from its outside (mm < 0). */
export const margin = (grid: Grid, region: Region, mm: number, tell?: TellShare): Uint8Array => bytesOf(moved(packed(region), grid.spacing, mm, tell));

/** The mask's shell of a thickness: inside its surface, outside it, or half and half. */
export function hollow(grid: Grid, region: Region, thicknessMm: number, shell: "inside" | "medial" | "outside", tell?: TellShare): Uint8Array {
  const rows = packed(region);
  const inner = shell === "outside" ? rows : shrunk(rows, grid.spacing, shell === "inside" ? thicknessMm : thicknessMm / 2, partOf(tell, 0, shell === "inside" ? 1 : 0.5));
  const outer = shell === "inside" ? rows : grown(rows, grid.spacing, shell === "outside" ? thicknessMm : thicknessMm / 2, partOf(tell, shell === "outside" ? 0 : 0.5, 1));
  return bytesOf(both(outer, inner, true));
}

/** What of a mask's outside the region's edge does not reach through 6 neighbours. `most`: only parts of at most so many voxels. */
function enclosed(rows: BitRows, most = Infinity): BitRows {
  const [nx, ny, nz] = rows.size, parts = bitEngine().parts(complement(rows), 6), { first, edges, numbers, sizes } = parts, isOpen = new Uint8Array(sizes.length);
  for (let z = 0, row = 0; z < nz; z++) for (let y = 0; y < ny; y++, row++) {
    const isEdge = y === 0 || z === 0 || y === ny - 1 || z === nz - 1;
    for (let r = first[row]; r < first[row + 1]; r++) if (isEdge || edges[2 * r] === 0 || edges[2 * r + 1] === nx) isOpen[numbers[r]] = 1;
  }
  return bitsOfParts(rows.size, parts, (n) => isOpen[n] === 0 && sizes[n] <= most, sizes.length - 1);
}

/** The mask with every cavity filled that the outside does not reach through 6 neighbours. `largestMm3`: larger ones stay. */
export function fillHoles(grid: Grid, region: Region, largestMm3 = Infinity, tell?: TellShare): Uint8Array {
  const rows = packed(region);
  tell?.(0.2);
  return bytesOf(either(rows, enclosed(rows, largestMm3 / voxelVolumeMm3(grid))));
}

/** The mask with every hole filled that is closed (through 4 neighbours) within its slice across `axis`. `largestMm3`: larger ones, as voxels of one slice, stay. */
export function fillHolesInSlices(grid: Grid, { size, bits }: Region, axis: 0 | 1 | 2, largestMm3 = Infinity, tell?: TellShare): Uint8Array {
  const strides = [1, size[0], size[0] * size[1]], [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1], flat: [number, number, number] = [size[a] + 2, size[b] + 2, 1], filled = bits.slice();
  const slice = new Uint8Array(flat[0] * flat[1]), most = largestMm3 / voxelVolumeMm3(grid);
  for (let k = 0; k < size[axis]; k++) {
    tell?.(k / size[axis]);
    for (let v = 0; v < size[b]; v++) for (let u = 0; u < size[a]; u++) slice[u + 1 + (v + 1) * flat[0]] = bits[u * strides[a] + v * strides[b] + k * strides[axis]] !== 0 ? 1 : 0;
    // A rim of nothing around it: what reaches that is open.
    const { labels, sizes } = componentsOf(slice.map((bit) => 1 - bit), flat, 6), open = labels[0];
    for (let v = 0; v < size[b]; v++) for (let u = 0; u < size[a]; u++) {
      const part = labels[u + 1 + (v + 1) * flat[0]];
      if (part !== 0 && part !== open && sizes[part] <= most) filled[u * strides[a] + v * strides[b] + k * strides[axis]] = 1;
    }
  }
  return filled;
}

/**
 * Wrap: a solid of what the mask encloses. Openings narrower than `gapMm` are closed to find what lies inside; that is filled,
 * and folds and pores of the surface narrower than `detailMm` are covered. Wider ones are followed, and nothing of the mask goes.
 * The region must reach half of both beyond the mask.
 */
export function wrap({ spacing }: Grid, region: Region, gapMm: number, detailMm: number, tell?: TellShare): Uint8Array {
  const rows = packed(region), closed = (from: BitRows, mm: number, told?: TellShare) => either(shrunk(grown(from, spacing, mm, partOf(told, 0, 0.5)), spacing, mm, partOf(told, 0.5, 1)), from);
  const gapClosed = closed(rows, gapMm / 2, partOf(tell, 0, 0.4));
  tell?.(0.4);
  const inside = enclosed(gapClosed), covered = closed(either(rows, inside), detailMm / 2, partOf(tell, 0.5, 0.9));
  tell?.(0.9);
  return bytesOf(either(covered, enclosed(covered)));
}

/** Closing: gaps and holes narrower than 2·mm go, nothing else grows. The region must reach `mm` beyond the mask. */
export function closing({ spacing }: Grid, region: Region, mm: number, tell?: TellShare): Uint8Array {
  const rows = packed(region), wide = grown(rows, spacing, mm, partOf(tell, 0, 0.5));
  return bytesOf(either(shrunk(wide, spacing, mm, partOf(tell, 0.5, 1)), rows));
}

/** Opening: bridges and spikes thinner than 2·mm go, nothing else shrinks. */
export function opening({ spacing }: Grid, region: Region, mm: number, tell?: TellShare): Uint8Array {
  const rows = packed(region), narrow = shrunk(rows, spacing, mm, partOf(tell, 0, 0.5));
  return bytesOf(both(grown(narrow, spacing, mm, partOf(tell, 0.5, 1)), rows));
}

/** How far the median's window reaches to each side, in whole voxels an axis: along thick slices perhaps not at all. */
export const medianReach = ({ spacing }: Grid, mm: number): number[] => spacing.map((step) => Math.round(mm / step));

/** A voxel is in when more than half of those within `mm` of it (a box of whole voxels, cut at the volume's edge) are. */
export function median(grid: Grid, region: Region, mm: number, tell?: TellShare): Uint8Array {
  const { low, bits, size } = region, reach = medianReach(grid, mm);
  // How many voxels of the window lie in the volume, an axis.
  const widths = [0, 1, 2].map((axis) => Int32Array.from({ length: size[axis] }, (_, i) => {
    const at = low[axis] + i;
    return Math.min(grid.dims[axis] - 1, at + reach[axis]) - Math.max(0, at - reach[axis]) + 1;
  }));
  if (reach.every((r) => r === 1)) {
    const [x, y, z] = widths.map((list) => Uint8Array.from(list));
    return bytesOf(bitEngine().majority(packed(region), [x, y, z]));
  }
  let counts = Int32Array.from(bits);
  const strides = [1, size[0], size[0] * size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const next = new Int32Array(counts.length), n = size[axis], stride = strides[axis], r = reach[axis];
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    for (let v = 0; v < size[b]; v++) {
      tell?.((axis + v / size[b]) / 3);
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
  const smoothed = new Uint8Array(bits.length);
  for (let z = 0, i = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) for (let x = 0; x < size[0]; x++, i++) if (2 * counts[i] > widths[0][x] * widths[1][y] * widths[2][z]) smoothed[i] = 1;
  }
  return smoothed;
}

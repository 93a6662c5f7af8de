import type { Grid } from "../space/grid.ts";
import type { Mesh } from "../surface/mesh.ts";
import type { Picture } from "../surface/picture.ts";
import { sliceContours } from "../surface/sliceContours.ts";

/** What is cut for a picture: the CT, its labelmap, the label value of the host bone, and the implant. */
export interface SliceInputs { grid: Grid; hu: Int16Array; labels: Uint8Array; bone: number; implant: Mesh }

/** The planes of the key slices and the RAS axis that stands on each. */
export const slicePlanes = [{ name: "sagittal", axis: 0 }, { name: "coronal", axis: 1 }, { name: "axial", axis: 2 }] as const;
export type SlicePlane = (typeof slicePlanes)[number]["name"];

/** Window of the picture, HU: bone and what lies against it. */
const windowHu = { low: -400, high: 1600 } as const;
const longestEdge = 640;
const boneRgb = [245, 184, 74] as const, implantRgb = [79, 156, 249] as const, letterRgb = [230, 234, 242] as const;

/** Letters of the directions, five columns by seven rows, a row's bits from the left. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  R: [30, 17, 17, 30, 20, 18, 17], L: [16, 16, 16, 16, 16, 16, 31], A: [14, 17, 17, 31, 17, 17, 17],
  P: [30, 17, 17, 30, 16, 16, 16], S: [15, 16, 16, 14, 1, 1, 30], I: [14, 4, 4, 4, 4, 4, 14],
};

/** Letters at left, right, top and bottom: pictures are seen from the feet, from the front, and from the patient's left. */
const letters = { 0: ["A", "P", "S", "I"], 1: ["R", "L", "S", "I"], 2: ["R", "L", "A", "P"] } as const;

/**
 * A slice of the CT through a point, with the outline of the bone mask (amber) and of the implant (blue), and letters at
 * its edges: the patient's right is on the left in axial and coronal pictures, the front on the left in sagittal ones.
 * @param at RAS mm of the point along the plane's own axis
 */
export function drawSlice({ grid, hu, labels, bone, implant }: SliceInputs, axis: 0 | 1 | 2, at: number): Picture {
  const u = axis === 0 ? 1 : 0, v = axis === 2 ? 1 : 2, { dims, spacing, origin } = grid;
  const sizeU = dims[u] * spacing[u], sizeV = dims[v] * spacing[v], scale = longestEdge / Math.max(sizeU, sizeV);
  const width = Math.max(1, Math.floor(sizeU * scale)), height = Math.max(1, Math.floor(sizeV * scale));
  const rgba = new Uint8Array(4 * width * height).fill(255);
  const strides = [1, dims[0], dims[0] * dims[1]], slice = Math.min(dims[axis] - 1, Math.max(0, Math.round((at - origin[axis]) / spacing[axis])));
  /** Voxel of a pixel: both picture axes run against RAS (x to the right of the picture is the patient's left; down is back or feet). */
  const voxelAt = (x: number, y: number): number => {
    const i = dims[u] - 1 - Math.min(dims[u] - 1, Math.floor((x + 0.5) / scale / spacing[u])), j = dims[v] - 1 - Math.min(dims[v] - 1, Math.floor((y + 0.5) / scale / spacing[v]));
    return slice * strides[axis] + i * strides[u] + j * strides[v];
  };
  const isBone = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height && labels[voxelAt(x, y)] === bone;
  const paint = (x: number, y: number, rgb: readonly number[]): void => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    for (let c = 0; c < 3; c++) rgba[4 * (x + y * width) + c] = rgb[c];
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const grey = Math.floor(255 * Math.min(1, Math.max(0, (hu[voxelAt(x, y)] - windowHu.low) / (windowHu.high - windowHu.low))));
    const isRim = isBone(x, y) && !(isBone(x - 1, y) && isBone(x + 1, y) && isBone(x, y - 1) && isBone(x, y + 1));
    paint(x, y, isRim ? boneRgb : [grey, grey, grey]);
  }
  const px = (p: number): number => (origin[u] + (dims[u] - 0.5) * spacing[u] - p) * scale, py = (p: number): number => (origin[v] + (dims[v] - 0.5) * spacing[v] - p) * scale;
  for (const { points, isClosed } of sliceContours(implant, axis, at)) {
    for (let i = 0, n = points.length; i < n; i += 2) {
      if (i + 2 >= n && !isClosed) break;
      line(px(points[i]), py(points[i + 1]), px(points[(i + 2) % n]), py(points[(i + 3) % n]), (x, y) => { paint(x, y, implantRgb); paint(x + 1, y, implantRgb); paint(x, y + 1, implantRgb); });
    }
  }
  const [left, right, top, bottom] = letters[axis];
  const letter = (name: string, x: number, y: number): void => {
    for (let r = 0; r < 14; r++) for (let c = 0; c < 10; c++) if ((glyphs[name][r >> 1] >> (4 - (c >> 1))) & 1) paint(x + c, y + r, letterRgb);
  };
  letter(left, 8, (height >> 1) - 7);
  letter(right, width - 18, (height >> 1) - 7);
  letter(top, (width >> 1) - 5, 8);
  letter(bottom, (width >> 1) - 5, height - 22);
  return { width, height, rgba };
}

/** Every pixel of a straight line, in steps of at most half a pixel. */
function line(x0: number, y0: number, x1: number, y1: number, paint: (x: number, y: number) => void): void {
  const steps = Math.ceil(2 * Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 0.5));
  for (let i = 0; i <= steps; i++) paint(Math.floor(x0 + ((x1 - x0) * i) / steps), Math.floor(y0 + ((y1 - y0) * i) / steps));
}

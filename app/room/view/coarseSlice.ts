import type { CoarseVolume } from "./loadVolume.ts";

export type CoarsePlane = "axial" | "coronal" | "sagittal";
const centreHu = 300, widthHu = 1500;
/** Which axis runs to the right of the picture and which downwards; as in the room: the patient's right is at the left, the top of the head above. */
const axes: Readonly<Record<CoarsePlane, readonly [right: 0 | 1 | 2, down: 0 | 1 | 2, through: 0 | 1 | 2]>> = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };

/** One slice as grey pixels. +x (right) is drawn at the left, +y (front) and +z (up) at the top; a sagittal slice looks to the left of the picture. */
export function coarseSlice({ grid, hu }: CoarseVolume, plane: CoarsePlane, index: number): { width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> } {
  const [right, down, through] = axes[plane], strides = [1, grid.dims[0], grid.dims[0] * grid.dims[1]], width = grid.dims[right], height = grid.dims[down], rgba = new Uint8ClampedArray(4 * width * height);
  for (let v = 0, to = 0; v < height; v++) for (let u = 0; u < width; u++, to += 4) {
    const grey = (hu[index * strides[through] + (width - 1 - u) * strides[right] + (height - 1 - v) * strides[down]] - centreHu + widthHu / 2) / widthHu * 255;
    rgba[to] = rgba[to + 1] = rgba[to + 2] = grey;
    rgba[to + 3] = 255;
  }
  return { width, height, rgba };
}
/** How large a slice is in the patient, mm. */
coarseSlice.size = ({ grid: { dims, spacing } }: CoarseVolume, plane: CoarsePlane) => {
  const [right, down] = axes[plane];
  return { widthMm: dims[right] * spacing[right], heightMm: dims[down] * spacing[down] };
};

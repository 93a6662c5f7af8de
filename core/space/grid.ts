/** A position in voxel coordinates (voxel centres are integers). */
export type IjkPoint = readonly [number, number, number] & { readonly space: "ijk" };
/** A position in RAS millimetres: +x right, +y anterior, +z superior. */
export type RasPoint = readonly [number, number, number] & { readonly space: "ras" };
/** A position in LPS millimetres, DICOM's and mesh files' world. */
export type LpsPoint = readonly [number, number, number] & { readonly space: "lps" };

export const ijkPoint = (i: number, j: number, k: number): IjkPoint => [i, j, k] as unknown as IjkPoint;
export const rasPoint = (x: number, y: number, z: number): RasPoint => [x, y, z] as unknown as RasPoint;
export const lpsPoint = (x: number, y: number, z: number): LpsPoint => [x, y, z] as unknown as LpsPoint;

/**
 * The canonical grid: axis-aligned RAS, x fastest. Voxel (i,j,k) has its centre at
 * `origin + spacing * (i,j,k)` and lies at index `i + j*nx + k*nx*ny`.
 */
export interface Grid {
  /** Voxels along x, y, z. */
  readonly dims: readonly [number, number, number];
  /** Millimetres between voxel centres, all > 0. */
  readonly spacing: readonly [number, number, number];
  /** RAS mm of the centre of voxel (0,0,0). */
  readonly origin: readonly [number, number, number];
}

/** RAS mm of a voxel position. */
export function ijkToRas(grid: Grid, p: IjkPoint): RasPoint {
  const { origin: o, spacing: s } = grid;
  return rasPoint(o[0] + s[0] * p[0], o[1] + s[1] * p[1], o[2] + s[2] * p[2]);
}

/** Voxel position (not rounded) of a RAS point in mm. */
export function rasToIjk(grid: Grid, p: RasPoint): IjkPoint {
  const { origin: o, spacing: s } = grid;
  return ijkPoint((p[0] - o[0]) / s[0], (p[1] - o[1]) / s[1], (p[2] - o[2]) / s[2]);
}

/** SP2: the one place where RAS and LPS meet outside the file formats. */
export const rasToLps = (p: RasPoint): LpsPoint => lpsPoint(-p[0], -p[1], p[2]);
export const lpsToRas = (p: LpsPoint): RasPoint => rasPoint(-p[0], -p[1], p[2]);

/** How many voxels the grid has. */
export const voxelCount = (grid: Grid): number => grid.dims[0] * grid.dims[1] * grid.dims[2];

/** Volume of one voxel in mm³. */
export const voxelVolumeMm3 = (grid: Grid): number => grid.spacing[0] * grid.spacing[1] * grid.spacing[2];

/** The 4×4 affine IJK → RAS, row-major, as JOBS.md's `grid.affine`. */
export function affineOf(grid: Grid): number[][] {
  const { origin: o, spacing: s } = grid;
  return [[s[0], 0, 0, o[0]], [0, s[1], 0, o[1]], [0, 0, s[2], o[2]], [0, 0, 0, 1]];
}

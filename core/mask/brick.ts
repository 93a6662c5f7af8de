import type { Grid } from "../space/grid.ts";

/** Edge of a brick in voxels. */
export const BRICK = 32;
/** Voxels of a brick; its content is a `Uint8Array` of that length, one label value a voxel. */
export const brickVoxels = BRICK * BRICK * BRICK;
/** Rows of a brick along x; local row `y + z*32`. */
export const brickRows = BRICK * BRICK;
/** Greatest brick index that the wire format can name. */
export const maxBrickIndex = 0xffffff;
/** Greatest label value; 0 is «nothing». */
export const maxLabelValue = 127;

/** How many bricks lie along x, y, z; those at the far faces may stick out of the grid. */
export function brickDims(grid: Grid): [number, number, number] {
  const [nx, ny, nz] = grid.dims;
  return [Math.ceil(nx / BRICK), Math.ceil(ny / BRICK), Math.ceil(nz / BRICK)];
}

/** How many bricks cover the grid. */
export function brickCount(grid: Grid): number {
  const [nbx, nby, nbz] = brickDims(grid);
  return nbx * nby * nbz;
}

/** Index of the brick at brick coordinates: `bx + by*nbx + bz*nbx*nby`. */
export function brickIndex(grid: Grid, bx: number, by: number, bz: number): number {
  const [nbx, nby] = brickDims(grid);
  return bx + by * nbx + bz * nbx * nby;
}

/** Brick coordinates of a brick index. */
export function brickCoordinates(grid: Grid, index: number): [number, number, number] {
  const [nbx, nby] = brickDims(grid);
  const slab = nbx * nby;
  const bz = Math.floor(index / slab);
  const by = Math.floor((index - bz * slab) / nbx);
  return [index - bz * slab - by * nbx, by, bz];
}

/** First voxel (i, j, k) of a brick. */
export function brickOrigin(grid: Grid, index: number): [number, number, number] {
  const [bx, by, bz] = brickCoordinates(grid, index);
  return [bx * BRICK, by * BRICK, bz * BRICK];
}

/** Voxels of a brick that lie inside the grid along x, y, z: 1…32. */
export function brickExtent(grid: Grid, index: number): [number, number, number] {
  const [x, y, z] = brickOrigin(grid, index);
  const [nx, ny, nz] = grid.dims;
  return [Math.min(BRICK, nx - x), Math.min(BRICK, ny - y), Math.min(BRICK, nz - z)];
}

/** Local index `x + y*32 + z*1024` inside a brick. */
export const localIndex = (x: number, y: number, z: number): number => x + y * BRICK + z * brickRows;

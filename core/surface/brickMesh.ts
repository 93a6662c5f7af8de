/**
 * The surface inside one brick: of the cells whose low corner lies in it. It depends on the voxels of the brick and an
 * apron alone, so it may be kept under their hash (`brickInputHash`), for any place of the brick.
 */
export interface BrickMesh {
  /** How many of the vertices are the brick's own; they come first. Own ones and others each lie in the order of their cells. */
  owned: number;
  /** Of each vertex: ((z+1)·33 + y+1)·33 + x+1 of its cell in the brick (−1: the brick before), × 4 + its number in the cell. */
  keys: Uint32Array;
  /** x, y, z of each vertex in 1/4096 voxel from the brick's first voxel; equal in every brick that has the vertex. */
  places: Int32Array;
  /** Four vertices a quad, outward, in the order of cells; 32 bits each only where there are more than 65,536 vertices. */
  quads: Uint16Array | Uint32Array;
}

/** A brick through which no surface passes. */
export const emptyBrickMesh: BrickMesh = { owned: 0, keys: new Uint32Array(0), places: new Int32Array(0), quads: new Uint16Array(0) };

/** Cells along each axis that a brick's vertices lie in: its own, and one before. */
export const keySide = 33;

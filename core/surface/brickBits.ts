import { BRICK, brickCoordinates, brickDims, brickRows } from "../mask/brick.ts";
import type { Grid } from "../space/grid.ts";
import { type BitBox, emptyBitBox } from "./bitBox.ts";
import type { NetsEngine } from "./netsTwin.ts";

/** Voxels around a brick on which its surface depends: two, and one more for each pass of the relaxation. */
export const apronOf = (passes: number): number => 2 + passes;

/**
 * The voxels of one segment as bits, brick by brick, and which bricks' surfaces a change of them reaches. Bricks of the
 * surface lie at −1…n−1 along each axis: cells reach out of the grid by one. A brick is named by its place, see `coordinates`.
 */
export class BrickBits {
  readonly grid: Grid;
  readonly #value: number;
  readonly #engine: NetsEngine;
  readonly #apron: number;
  readonly #dims: [number, number, number];
  readonly #bits = new Map<number, Uint32Array>();
  readonly #dirty = new Set<number>();
  #spare: Uint32Array = new Uint32Array(brickRows);
  /** Bits of the brick gathered last, with its apron. */
  readonly box: BitBox;

  /** @param making the mesher, and the passes of the relaxation, on which the reach of a change depends */
  constructor(grid: Grid, value: number, { engine, passes }: { engine: NetsEngine; passes: number }) {
    this.#engine = engine;
    this.grid = grid;
    this.#value = value;
    this.#apron = apronOf(passes);
    const [nx, ny, nz] = brickDims(grid);
    this.#dims = [nx + 2, ny + 2, nz + 2];
    const edge = BRICK + 2 * this.#apron;
    this.box = emptyBitBox([edge, edge, edge], [0, 0, 0]);
  }

  /** Place of a brick at brick coordinates from −1 on. */
  placeOf(bx: number, by: number, bz: number): number {
    return bx + 1 + this.#dims[0] * (by + 1 + this.#dims[1] * (bz + 1));
  }

  /** Brick coordinates of a place. */
  coordinates(at: number): [number, number, number] {
    const [nx, ny] = this.#dims;
    return [(at % nx) - 1, (Math.floor(at / nx) % ny) - 1, Math.floor(at / (nx * ny)) - 1];
  }

  /** Says that the surface in a brick is not known any more, though its voxels are the same. */
  touch(at: number): void { this.#dirty.add(at); }

  /** Tells the content of a brick (undefined: empty). */
  setBrick(index: number, content: Uint8Array | undefined): void {
    const [bx, by, bz] = brickCoordinates(this.grid, index), at = this.placeOf(bx, by, bz), before = this.#bits.get(at);
    if (!before && content === undefined) return;
    const now = this.#spare, isAny = content !== undefined && this.#engine.bitsOf(content, this.#value, now);
    if (!before && !isAny) return;
    if (!isAny) now.fill(0);
    let columns = 0, lowY = 32, highY = -1, lowZ = 32, highZ = -1;
    for (let row = 0; row < brickRows; row++) {
      const change = now[row] ^ (before ? before[row] : 0);
      if (change === 0) continue;
      const y = row & 31;
      columns |= change;
      if (y < lowY) lowY = y;
      if (y > highY) highY = y;
      if (lowZ === 32) lowZ = row >> 5;
      highZ = row >> 5;
    }
    if (columns === 0) return;
    if (!isAny) this.#bits.delete(at);
    else {
      this.#bits.set(at, now);
      this.#spare = before ?? new Uint32Array(brickRows);
    }
    // The brick before reads the first voxels of this one, the brick after the last ones.
    const apron = this.#apron, far = BRICK - apron, lowX = 31 - Math.clz32(columns & -columns), highX = 31 - Math.clz32(columns);
    const [nx, ny, nz] = this.#dims;
    const fromX = lowX < apron ? -1 : 0, toX = highX >= far ? 1 : 0, fromY = lowY < apron ? -1 : 0, toY = highY >= far ? 1 : 0, fromZ = lowZ < apron ? -1 : 0, toZ = highZ >= far ? 1 : 0;
    for (let z = bz + fromZ; z <= bz + toZ; z++) for (let y = by + fromY; y <= by + toY; y++) for (let x = bx + fromX; x <= bx + toX; x++) {
      if (x < nx - 2 && y < ny - 2 && z < nz - 2) this.#dirty.add(this.placeOf(x, y, z));
    }
  }

  /** Places whose surface changes reached since this was asked last, ascending. */
  takeDirty(): number[] {
    const places = [...this.#dirty].sort((a, b) => a - b);
    this.#dirty.clear();
    return places;
  }

  /** Gathers a brick's bits with its apron into `box`, which then says where it lies; false where there are none. */
  gather(at: number): boolean {
    const apron = this.#apron, { words, size: [edge], first } = this.box, [nx, ny] = this.#dims, far = BRICK - apron, rim = (1 << apron) - 1;
    this.coordinates(at).forEach((n, axis) => { first[axis] = BRICK * n - apron; });
    words.fill(0);
    let any = 0;
    for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) {
      const middleAt = at + nx * (dy + ny * dz);
      const left = this.#bits.get(middleAt - 1), middle = this.#bits.get(middleAt), right = this.#bits.get(middleAt + 1);
      if (!left && !middle && !right) continue;
      const zFrom = dz < 0 ? far : 0, zTo = dz > 0 ? apron : BRICK, yFrom = dy < 0 ? far : 0, yTo = dy > 0 ? apron : BRICK;
      for (let z = zFrom; z < zTo; z++) for (let y = yFrom, row = BRICK * z + y, to = 2 * ((z + BRICK * dz + apron) * edge + yFrom + BRICK * dy + apron); y < yTo; y++, row++, to += 2) {
        const l = left ? left[row] : 0, m = middle ? middle[row] : 0, r = right ? right[row] : 0;
        const low = (l >>> far) | (m << apron), high = (m >>> far) | ((r & rim) << apron);
        words[to] = low;
        words[to + 1] = high;
        any |= low | high;
      }
    }
    return any !== 0;
  }
}

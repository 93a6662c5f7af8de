import { BRICK, brickCoordinates, brickDims, brickRows } from "../mask/brick.ts";
import type { Grid } from "../space/grid.ts";
import type { BitBox } from "./bitBox.ts";
import type { CellBox, DirtyBrick } from "./brickRegions.ts";
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
  readonly #dirty = new Map<number, CellBox>();
  #spare: Uint32Array = new Uint32Array(brickRows);
  #words = new Uint32Array(0);

  /** @param making the mesher, and the passes of the relaxation, on which the reach of a change depends */
  constructor(grid: Grid, value: number, { engine, passes }: { engine: NetsEngine; passes: number }) {
    this.#engine = engine;
    this.grid = grid;
    this.#value = value;
    this.#apron = apronOf(passes);
    const [nx, ny, nz] = brickDims(grid);
    this.#dims = [nx + 2, ny + 2, nz + 2];
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

  /** All cells of a brick. */
  cellsOf(at: number): CellBox {
    const [x, y, z] = this.coordinates(at);
    return { low: [BRICK * x, BRICK * y, BRICK * z], high: [BRICK * x + BRICK - 1, BRICK * y + BRICK - 1, BRICK * z + BRICK - 1] };
  }

  /** Says that the surface in cells of a brick is not known any more, though its voxels are the same; in all of them, where none are told. */
  touch(at: number, cells: CellBox = this.cellsOf(at)): void {
    const known = this.#dirty.get(at);
    if (!known) { this.#dirty.set(at, cells); return; }
    for (let i = 0; i < 3; i++) {
      if (cells.low[i] < known.low[i]) known.low[i] = cells.low[i];
      if (cells.high[i] > known.high[i]) known.high[i] = cells.high[i];
    }
  }

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
    // The surface of a cell depends on the voxels up to an apron away; the brick before reads the first ones of this one, the brick after the last ones.
    const apron = this.#apron, [nx, ny, nz] = this.#dims, ox = BRICK * bx, oy = BRICK * by, oz = BRICK * bz;
    const fromX = ox + 31 - Math.clz32(columns & -columns) - apron, toX = ox + 31 - Math.clz32(columns) + apron;
    const fromY = oy + lowY - apron, toY = oy + highY + apron, fromZ = oz + lowZ - apron, toZ = oz + highZ + apron;
    for (let z = fromZ >> 5; z <= toZ >> 5 && z < nz - 2; z++) for (let y = fromY >> 5; y <= toY >> 5 && y < ny - 2; y++) for (let x = fromX >> 5; x <= toX >> 5 && x < nx - 2; x++) {
      this.touch(this.placeOf(x, y, z), {
        low: [Math.max(fromX, BRICK * x), Math.max(fromY, BRICK * y), Math.max(fromZ, BRICK * z)],
        high: [Math.min(toX, BRICK * x + BRICK - 1), Math.min(toY, BRICK * y + BRICK - 1), Math.min(toZ, BRICK * z + BRICK - 1)],
      });
    }
  }

  /** Bricks whose surface changes reached since this was asked last, ascending, each with the cells that they reached. */
  takeDirty(): DirtyBrick[] {
    const dirty = [...this.#dirty].sort(([a], [b]) => a - b).map(([at, cells]) => ({ at, cells }));
    this.#dirty.clear();
    return dirty;
  }

  /** The bits of cells with the apron on which their surface depends, valid until the next call. */
  gather({ low, high }: CellBox): BitBox {
    const apron = this.#apron, first: BitBox["first"] = [low[0] - apron, low[1] - apron, low[2] - apron];
    const size: BitBox["size"] = [high[0] - low[0] + 1 + 2 * apron, high[1] - low[1] + 1 + 2 * apron, high[2] - low[2] + 1 + 2 * apron];
    const wordsPerRow = Math.ceil(size[0] / 32), length = wordsPerRow * size[1] * size[2], [nx, ny, nz] = this.#dims;
    if (this.#words.length < length) this.#words = new Uint32Array(2 * length);
    const words = this.#words.subarray(0, length).fill(0), shift = first[0] & 31, brickX = first[0] >> 5;
    /** Bits of a row's last word that lie in the box. */
    const last = size[0] % 32 === 0 ? -1 : (1 << (size[0] % 32)) - 1;
    for (let bz = first[2] >> 5; 32 * bz < first[2] + size[2]; bz++) for (let by = first[1] >> 5; 32 * by < first[1] + size[1]; by++) {
      if (bz < 0 || by < 0 || bz >= nz - 2 || by >= ny - 2) continue;
      const zFrom = Math.max(0, first[2] - BRICK * bz), zTo = Math.min(BRICK, first[2] + size[2] - BRICK * bz);
      const yFrom = Math.max(0, first[1] - BRICK * by), yTo = Math.min(BRICK, first[1] + size[1] - BRICK * by);
      const toRow = BRICK * by - first[1], toLayer = BRICK * bz - first[2];
      const bitsAt = (bx: number) => bx < 0 || bx >= nx - 2 ? undefined : this.#bits.get(this.placeOf(bx, by, bz));
      let here = bitsAt(brickX);
      for (let w = 0; w < wordsPerRow; w++) {
        const next = bitsAt(brickX + w + 1), mask = w === wordsPerRow - 1 ? last : -1;
        if (here || (shift > 0 && next)) for (let z = zFrom; z < zTo; z++) for (let y = yFrom, row = BRICK * z + yFrom, to = ((toLayer + z) * size[1] + toRow + yFrom) * wordsPerRow + w; y < yTo; y++, row++, to += wordsPerRow) {
          words[to] = ((here ? here[row] >>> shift : 0) | (next && shift > 0 ? next[row] << (32 - shift) : 0)) & mask;
        }
        here = next;
      }
    }
    return { words, wordsPerRow, size, first };
  }
}

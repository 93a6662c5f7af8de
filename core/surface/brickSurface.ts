import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { BRICK, brickCoordinates, brickDims, brickRows } from "../mask/brick.ts";
import type { Grid } from "../space/grid.ts";
import { type BitBox, brickBits, emptyBitBox } from "./bitBox.ts";
import { assembleBricks, type PlacedBrick } from "./brickAssembly.ts";
import type { Mesh } from "./mesh.ts";
import { netsEngine } from "./netsKernel.ts";
import { unitsPerVoxel } from "./netsTable.ts";
import type { Nets, NetsEngine } from "./netsTwin.ts";
import { marginsOf, passesOf } from "./surfaceNets.ts";

/**
 * The surface inside one brick: of the cells whose low corner lies in it. It depends on the voxels of the brick and an
 * apron alone, so it may be kept under their hash (`brickInputHash`), for any place of the brick.
 */
export interface BrickMesh {
  /** How many of the vertices are the brick's own; they come first, in the order of their cells. */
  owned: number;
  /** Of each vertex: ((z+1)·33 + y+1)·33 + x+1 of its cell in the brick (−1: the brick before), × 4 + its number in the cell. */
  keys: Uint32Array;
  /** x, y, z of each vertex in 1/4096 voxel from the brick's first voxel; equal in every brick that has the vertex. */
  places: Int32Array;
  /** Four vertices a quad, outward, in the order of cells. */
  quads: Uint16Array;
}

/** Voxels around a brick on which its surface depends: two, and one more for each pass of the relaxation. */
export const apronOf = (passes: number): number => 2 + passes;

const empty: BrickMesh = { owned: 0, keys: new Uint32Array(0), places: new Int32Array(0), quads: new Uint16Array(0) };

/** Keeps of the net of brick and apron what is the brick's own. */
function ownPart({ vertexCount, quadCount, cells, places, quads }: Nets, apron: number): BrickMesh {
  if (quadCount === 0) return empty;
  const name = new Int32Array(vertexCount);
  let owned = 0;
  for (let v = 0, c = 0; v < vertexCount; v++, c += 4) {
    // Inside the brick when each of the three is 0…31.
    name[v] = ((cells[c] - apron) | (cells[c + 1] - apron) | (cells[c + 2] - apron)) >>> 5 === 0 ? owned++ : -1;
  }
  let keptQuads = 0;
  // A quad belongs to the cell of its third vertex.
  for (let q = 0; q < 4 * quadCount; q += 4) {
    if (name[quads[q + 2]] < 0) continue;
    keptQuads++;
    if (name[quads[q]] === -1) name[quads[q]] = -2;
    if (name[quads[q + 1]] === -1) name[quads[q + 1]] = -2;
    if (name[quads[q + 3]] === -1) name[quads[q + 3]] = -2;
  }
  let count = owned;
  for (let v = 0; v < vertexCount; v++) if (name[v] === -2) name[v] = count++;
  const mesh: BrickMesh = { owned, keys: new Uint32Array(count), places: new Int32Array(3 * count), quads: new Uint16Array(4 * keptQuads) };
  const shift = apron * unitsPerVoxel;
  for (let v = 0, inCell = 0; v < vertexCount; v++) {
    const c = 4 * v;
    inCell = v > 0 && cells[c] === cells[c - 4] && cells[c + 1] === cells[c - 3] && cells[c + 2] === cells[c - 2] ? inCell + 1 : 0;
    const to = name[v];
    if (to < 0) continue;
    mesh.keys[to] = (((cells[c + 2] - apron + 1) * 33 + cells[c + 1] - apron + 1) * 33 + cells[c] - apron + 1) * 4 + inCell;
    mesh.places[3 * to] = places[c] - shift;
    mesh.places[3 * to + 1] = places[c + 1] - shift;
    mesh.places[3 * to + 2] = places[c + 2] - shift;
  }
  for (let q = 0, to = 0; q < 4 * quadCount; q += 4) if (name[quads[q + 2]] < owned && name[quads[q + 2]] >= 0) for (let i = 0; i < 4; i++) mesh.quads[to++] = name[quads[q + i]];
  return mesh;
}

/** Names the input of a brick's mesh: bits of brick and apron, passes and margins. Equal names, equal meshes. */
export function brickInputHash(box: BitBox, passes: number, margins: readonly number[]): string {
  const hash = sha256.create();
  hash.update(Uint8Array.of(1, passes, ...margins.flatMap((m) => [m & 255, m >> 8])));
  hash.update(new Uint8Array(box.words.buffer, box.words.byteOffset, box.words.byteLength));
  return bytesToHex(hash.digest());
}

/** Meshes kept by the hash of their input; a caller may bound it or keep it on disk. */
export interface BrickCache { get(hash: string): BrickMesh | undefined; set(hash: string, mesh: BrickMesh): unknown }

/**
 * The surface of one segment, kept brick by brick: a change of voxels re-meshes only the bricks that it reaches. The
 * assembled mesh is byte for byte that of `surfaceOf` (without a volume) on the whole mask.
 */
export class BrickSurface {
  readonly grid: Grid;
  readonly #value: number;
  readonly #passes: number;
  readonly #engine: NetsEngine;
  readonly #cache: BrickCache | undefined;
  readonly #margins;
  /** Bricks lie at −1…n−1 along each axis: cells reach out of the grid by one. */
  readonly #dims: [number, number, number];
  readonly #bits = new Map<number, Uint32Array>();
  readonly #meshes = new Map<number, BrickMesh>();
  readonly #dirty = new Set<number>();
  readonly #box: BitBox;

  constructor(grid: Grid, value: number, { smooth = 0, engine = netsEngine(), cache }: { smooth?: number; engine?: NetsEngine; cache?: BrickCache } = {}) {
    this.grid = grid;
    this.#value = value;
    this.#passes = passesOf(smooth);
    this.#engine = engine;
    this.#cache = cache;
    this.#margins = marginsOf(grid);
    const [nx, ny, nz] = brickDims(grid);
    this.#dims = [nx + 2, ny + 2, nz + 2];
    const edge = BRICK + 2 * apronOf(this.#passes);
    this.#box = emptyBitBox([edge, edge, edge], [0, 0, 0]);
  }

  /** Place of a brick at brick coordinates from −1 on. */
  #at(bx: number, by: number, bz: number): number {
    return bx + 1 + this.#dims[0] * (by + 1 + this.#dims[1] * (bz + 1));
  }

  /** Tells the content of a brick (undefined: empty). Bricks are re-meshed at `refresh`. */
  setBrick(index: number, content: Uint8Array | undefined): void {
    const [bx, by, bz] = brickCoordinates(this.grid, index), at = this.#at(bx, by, bz), before = this.#bits.get(at);
    const now = new Uint32Array(brickRows), isAny = content !== undefined && brickBits(content, this.#value, now);
    if (!before && !isAny) return;
    const low = [32, 32, 32], high = [-1, -1, -1];
    for (let row = 0; row < brickRows; row++) {
      const change = now[row] ^ (before ? before[row] : 0);
      if (change === 0) continue;
      const y = row & 31, z = row >> 5;
      low[0] = Math.min(low[0], 31 - Math.clz32(change & -change)); high[0] = Math.max(high[0], 31 - Math.clz32(change));
      low[1] = Math.min(low[1], y); high[1] = Math.max(high[1], y);
      low[2] = Math.min(low[2], z); high[2] = Math.max(high[2], z);
    }
    if (high[0] < 0) return;
    if (!isAny) this.#bits.delete(at);
    else this.#bits.set(at, now);
    const apron = apronOf(this.#passes);
    // The brick before reads the first voxels of this one, the brick after the last ones.
    const from = low.map((n) => (n < apron ? -1 : 0)), to = high.map((n) => (n >= BRICK - apron ? 1 : 0));
    for (let dz = from[2]; dz <= to[2]; dz++) for (let dy = from[1]; dy <= to[1]; dy++) for (let dx = from[0]; dx <= to[0]; dx++) {
      const x = bx + dx, y = by + dy, z = bz + dz;
      if (x < this.#dims[0] - 2 && y < this.#dims[1] - 2 && z < this.#dims[2] - 2) this.#dirty.add(this.#at(x, y, z));
    }
  }

  #coordinates(at: number): [number, number, number] {
    const [nx, ny] = this.#dims;
    return [(at % nx) - 1, (Math.floor(at / nx) % ny) - 1, Math.floor(at / (nx * ny)) - 1];
  }

  /** Bits of a brick with its apron; false where there are none. */
  #gather(bx: number, by: number, bz: number): boolean {
    const apron = apronOf(this.#passes), { words, size: [edge] } = this.#box;
    words.fill(0);
    let any = false;
    for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) {
      const left = this.#bits.get(this.#at(bx - 1, by + dy, bz + dz)), middle = this.#bits.get(this.#at(bx, by + dy, bz + dz)), right = this.#bits.get(this.#at(bx + 1, by + dy, bz + dz));
      if (!left && !middle && !right) continue;
      any = true;
      const zFrom = dz < 0 ? BRICK - apron : 0, zTo = dz > 0 ? apron : BRICK, yFrom = dy < 0 ? BRICK - apron : 0, yTo = dy > 0 ? apron : BRICK;
      for (let z = zFrom; z < zTo; z++) for (let y = yFrom, row = BRICK * z + y; y < yTo; y++, row++) {
        const l = left ? left[row] : 0, m = middle ? middle[row] : 0, r = right ? right[row] : 0;
        const to = 2 * ((z + BRICK * dz + apron) * edge + y + BRICK * dy + apron);
        words[to] = (l >>> (BRICK - apron)) | (m << apron);
        words[to + 1] = (m >>> (BRICK - apron)) | ((r & ((1 << apron) - 1)) << apron);
      }
    }
    return any;
  }

  /** Re-meshes the bricks that changes reached. @returns their coordinates (−1 on) and meshes; empty ones are gone */
  refresh(): PlacedBrick[] {
    const changed: PlacedBrick[] = [];
    for (const at of [...this.#dirty].sort((a, b) => a - b)) {
      const brick = this.#coordinates(at);
      let mesh = empty;
      if (this.#gather(...brick)) {
        const name = this.#cache && brickInputHash(this.#box, this.#passes, this.#margins), known = name && this.#cache?.get(name);
        if (known) mesh = known;
        else {
          const nets = this.#engine.netsOf(this.#box, this.#margins);
          if (nets.quadCount > 0) this.#engine.relax(nets, this.#passes, this.#margins);
          mesh = ownPart(nets, apronOf(this.#passes));
          if (name) this.#cache?.set(name, mesh);
        }
      }
      if (mesh.keys.length === 0) this.#meshes.delete(at);
      else this.#meshes.set(at, mesh);
      changed.push({ brick, mesh });
    }
    this.#dirty.clear();
    return changed;
  }

  /** All bricks that hold a part of the surface. */
  bricks(): PlacedBrick[] {
    return [...this.#meshes].sort(([a], [b]) => a - b).map(([at, mesh]) => ({ brick: this.#coordinates(at), mesh }));
  }

  /** The whole surface, RAS mm. */
  mesh(): Mesh {
    this.refresh();
    return assembleBricks(this.grid, this.bricks());
  }
}

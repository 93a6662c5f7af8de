import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Grid } from "../space/grid.ts";
import type { BitBox } from "./bitBox.ts";
import { apronOf, BrickBits } from "./brickBits.ts";
import { assembleBricks, type PlacedBrick } from "./brickAssembly.ts";
import { BrickCutter, type RegionNet } from "./brickCut.ts";
import { type BrickMesh, emptyBrickMesh } from "./brickMesh.ts";
import { type CellBox, regionsOf } from "./brickRegions.ts";
import { type FollowedVolume, interpolate } from "./interpolate.ts";
import type { Mesh } from "./mesh.ts";
import { netsEngine } from "./netsKernel.ts";
import type { Margins, NetsEngine } from "./netsTwin.ts";
import { marginsOf, passesOf } from "./surfaceNets.ts";

export type { BrickMesh } from "./brickMesh.ts";

/**
 * Names the input of a brick's mesh: bits of brick and apron, passes and margins; where it follows a CT also which one, its
 * iso-value and the brick's place, for the HU there. Equal names, equal meshes: the first byte goes up where they would not be.
 */
export function brickInputHash(box: Pick<BitBox, "words" | "first">, passes: number, margins: readonly number[], followed?: FollowedVolume): string {
  const hash = sha256.create();
  hash.update(Uint8Array.of(followed ? 4 : 3, passes, ...margins.flatMap((m) => [m & 255, m >> 8])));
  if (followed) hash.update(utf8ToBytes(`${followed.volume} ${followed.iso} ${box.first.join(" ")}\n`));
  hash.update(new Uint8Array(box.words.buffer, box.words.byteOffset, box.words.byteLength));
  return bytesToHex(hash.digest());
}

/** How the bricks of one segment's surface are made. `followed`: the CT that they follow where they can; none: the mask alone. */
export interface BrickMaking { engine: NetsEngine; grid: Grid; passes: number; margins: Margins; followed?: FollowedVolume | undefined }

/** The net of cells and of what lies round them, exact in these and in the cells just before; valid until the mesher's or the bits' next call. */
export function netOfRegion({ engine, grid, passes, margins, followed }: BrickMaking, bits: BrickBits, cells: CellBox): RegionNet {
  const box = bits.gather(cells), nets = engine.netsOf(box, margins);
  if (nets.quadCount > 0) {
    if (followed) interpolate(nets, box, grid, followed, margins);
    engine.relax(nets, passes, margins, apronOf(passes));
  }
  return { nets, box, cells };
}

/** What `BrickMaking` is made of: smooth 0…1 (0), the mesher (the fastest), and the CT that is followed, if any. */
export interface BrickOptions { smooth?: number; engine?: NetsEngine; followed?: FollowedVolume | undefined }
export const makingOf = (grid: Grid, { smooth = 0, engine = netsEngine(), followed }: BrickOptions): BrickMaking => ({ engine, grid, passes: passesOf(smooth), margins: marginsOf(grid), followed });

/** Meshes kept by the hash of their input; a caller may bound it or keep it on disk. */
export interface BrickCache { get(hash: string): BrickMesh | undefined; set(hash: string, mesh: BrickMesh): unknown }

/**
 * The surface of one segment, kept brick by brick: a change of voxels re-meshes only the bricks that it reaches. The
 * assembled mesh is byte for byte that of `surfaceOf` on the whole mask, following the same CT.
 */
export class BrickSurface {
  readonly grid: Grid;
  readonly #making: BrickMaking;
  readonly #cache: BrickCache | undefined;
  readonly #bits: BrickBits;
  readonly #cutter = new BrickCutter();
  readonly #meshes = new Map<number, BrickMesh>();

  constructor(grid: Grid, value: number, { cache, ...options }: BrickOptions & { cache?: BrickCache } = {}) {
    this.grid = grid;
    this.#making = makingOf(grid, options);
    this.#cache = cache;
    this.#bits = new BrickBits(grid, value, this.#making);
  }

  /** Tells the content of a brick (undefined: empty). Bricks are re-meshed at `refresh`. */
  setBrick(index: number, content: Uint8Array | undefined): void { this.#bits.setBrick(index, content); }

  /** Re-meshes the cells that changes reached. @returns the bricks that they lie in, their coordinates (−1 on) and meshes; empty ones are gone */
  refresh(): PlacedBrick[] {
    const dirty = this.#bits.takeDirty(), { passes, margins, followed } = this.#making, made = new Map<number, BrickMesh>(), names = new Map<number, string>();
    if (this.#cache) for (const { at } of dirty) {
      const name = brickInputHash(this.#bits.gather(this.#bits.cellsOf(at)), passes, margins, followed), known = this.#cache.get(name);
      if (known) made.set(at, known);
      names.set(at, name);
    }
    for (const { cells, bricks } of regionsOf(dirty.filter(({ at }) => !made.has(at)), apronOf(passes))) {
      const net = netOfRegion(this.#making, this.#bits, cells);
      for (const { at } of bricks) made.set(at, this.#cutter.cut(net, this.#bits.coordinates(at), this.#meshes.get(at)).mesh);
    }
    for (const [at, mesh] of made) {
      const name = names.get(at);
      if (name) this.#cache?.set(name, mesh);
      if (mesh.keys.length === 0) this.#meshes.delete(at);
      else this.#meshes.set(at, mesh);
    }
    return dirty.map(({ at }) => ({ brick: this.#bits.coordinates(at), mesh: made.get(at) ?? emptyBrickMesh }));
  }

  /** All bricks that hold a part of the surface. */
  bricks(): PlacedBrick[] {
    return [...this.#meshes].sort(([a], [b]) => a - b).map(([at, mesh]) => ({ brick: this.#bits.coordinates(at), mesh }));
  }

  /** The whole surface, RAS mm. */
  mesh(): Mesh {
    this.refresh();
    return assembleBricks(this.grid, this.bricks());
  }
}

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Grid } from "../space/grid.ts";
import type { BitBox } from "./bitBox.ts";
import { apronOf, BrickBits } from "./brickBits.ts";
import { assembleBricks, type PlacedBrick } from "./brickAssembly.ts";
import { type FollowedVolume, interpolate } from "./interpolate.ts";
import type { Mesh } from "./mesh.ts";
import { netsEngine } from "./netsKernel.ts";
import type { BrickMesh, Margins, Nets, NetsEngine } from "./netsTwin.ts";
import { marginsOf, passesOf } from "./surfaceNets.ts";

export type { BrickMesh } from "./netsTwin.ts";

const empty: BrickMesh = { owned: 0, keys: new Uint32Array(0), places: new Int32Array(0), quads: new Uint16Array(0) };

/**
 * Names the input of a brick's mesh: bits of brick and apron, passes and margins; where it follows a CT also which one, its
 * iso-value and the brick's place, for the HU there. Equal names, equal meshes: the first byte goes up where they would not be.
 */
export function brickInputHash(box: Pick<BitBox, "words" | "first">, passes: number, margins: readonly number[], followed?: FollowedVolume): string {
  const hash = sha256.create();
  hash.update(Uint8Array.of(followed ? 2 : 1, passes, ...margins.flatMap((m) => [m & 255, m >> 8])));
  if (followed) hash.update(utf8ToBytes(`${followed.volume} ${followed.iso} ${box.first.join(" ")}\n`));
  hash.update(new Uint8Array(box.words.buffer, box.words.byteOffset, box.words.byteLength));
  return bytesToHex(hash.digest());
}

/** How the bricks of one segment's surface are made. `followed`: the CT that they follow where they can; none: the mask alone. */
export interface BrickMaking { engine: NetsEngine; grid: Grid; passes: number; margins: Margins; followed?: FollowedVolume | undefined }

function netsOfBrick({ engine, grid, passes, margins, followed }: BrickMaking, box: BitBox): Nets {
  const nets = engine.netsOf(box, margins);
  if (nets.quadCount === 0) return nets;
  if (followed) interpolate(nets, box, grid, followed, margins);
  engine.relax(nets, passes, margins, apronOf(passes));
  return nets;
}

/** What `BrickMaking` is made of: smooth 0…1 (0), the mesher (the fastest), and the CT that is followed, if any. */
export interface BrickOptions { smooth?: number; engine?: NetsEngine; followed?: FollowedVolume | undefined }
export const makingOf = (grid: Grid, { smooth = 0, engine = netsEngine(), followed }: BrickOptions): BrickMaking => ({ engine, grid, passes: passesOf(smooth), margins: marginsOf(grid), followed });

/** The surface inside the brick whose bits and apron a box holds. */
export const meshBrick = (making: BrickMaking, box: BitBox): BrickMesh => {
  const nets = netsOfBrick(making, box);
  return nets.quadCount === 0 ? empty : making.engine.ownPart(nets, apronOf(making.passes)).mesh;
};

/** The same with a normal for each vertex (x, y, z in 1/127, and 0): that of all faces around it, those of other bricks too. */
export function meshBrickShaded(making: BrickMaking, box: BitBox): { mesh: BrickMesh; normals: Int8Array } {
  const nets = netsOfBrick(making, box), [sx, sy, sz] = making.grid.spacing;
  if (nets.quadCount === 0) return { mesh: empty, normals: new Int8Array(0) };
  const { mesh, nameOf } = making.engine.ownPart(nets, apronOf(making.passes)), count = mesh.keys.length, normals = new Int8Array(4 * count);
  const { quads, places, quadCount } = nets, sums = new Float32Array(3 * count);
  for (let q = 0; q < 4 * quadCount; q += 4) {
    const a = nameOf[quads[q]], b = nameOf[quads[q + 1]], c = nameOf[quads[q + 2]], d = nameOf[quads[q + 3]];
    if ((a & b & c & d) < 0) continue;
    const p = 4 * quads[q], r = 4 * quads[q + 2], s = 4 * quads[q + 1], t = 4 * quads[q + 3];
    const ux = (places[r] - places[p]) * sx, uy = (places[r + 1] - places[p + 1]) * sy, uz = (places[r + 2] - places[p + 2]) * sz;
    const vx = (places[t] - places[s]) * sx, vy = (places[t + 1] - places[s + 1]) * sy, vz = (places[t + 2] - places[s + 2]) * sz;
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
    if (a >= 0) { sums[3 * a] += x; sums[3 * a + 1] += y; sums[3 * a + 2] += z; }
    if (b >= 0) { sums[3 * b] += x; sums[3 * b + 1] += y; sums[3 * b + 2] += z; }
    if (c >= 0) { sums[3 * c] += x; sums[3 * c + 1] += y; sums[3 * c + 2] += z; }
    if (d >= 0) { sums[3 * d] += x; sums[3 * d + 1] += y; sums[3 * d + 2] += z; }
  }
  for (let v = 0, at = 0; v < count; v++, at += 3) {
    const x = sums[at], y = sums[at + 1], z = sums[at + 2], scale = 127 / Math.max(1e-20, Math.sqrt(x * x + y * y + z * z));
    normals[4 * v] = x * scale; normals[4 * v + 1] = y * scale; normals[4 * v + 2] = z * scale;
  }
  return { mesh, normals };
}

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
  readonly #meshes = new Map<number, BrickMesh>();

  constructor(grid: Grid, value: number, { cache, ...options }: BrickOptions & { cache?: BrickCache } = {}) {
    this.grid = grid;
    this.#making = makingOf(grid, options);
    this.#cache = cache;
    this.#bits = new BrickBits(grid, value, this.#making);
  }

  /** Tells the content of a brick (undefined: empty). Bricks are re-meshed at `refresh`. */
  setBrick(index: number, content: Uint8Array | undefined): void { this.#bits.setBrick(index, content); }

  #meshOf(): BrickMesh {
    const { box } = this.#bits, { passes, margins, followed } = this.#making;
    if (!this.#cache) return meshBrick(this.#making, box);
    const name = brickInputHash(box, passes, margins, followed), known = this.#cache.get(name);
    if (known) return known;
    const mesh = meshBrick(this.#making, box);
    this.#cache.set(name, mesh);
    return mesh;
  }

  /** Re-meshes the bricks that changes reached. @returns their coordinates (−1 on) and meshes; empty ones are gone */
  refresh(): PlacedBrick[] {
    return this.#bits.takeDirty().map((at) => {
      const mesh = this.#bits.gather(at) ? this.#meshOf() : empty;
      if (mesh.keys.length === 0) this.#meshes.delete(at);
      else this.#meshes.set(at, mesh);
      return { brick: this.#bits.coordinates(at), mesh };
    });
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

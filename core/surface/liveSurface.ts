import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Grid } from "../space/grid.ts";
import { brickPositions } from "./brickAssembly.ts";
import type { BitBox } from "./bitBox.ts";
import { apronOf, BrickBits } from "./brickBits.ts";
import { encodeBrickMesh } from "./brickCode.ts";
import { BrickCutter } from "./brickCut.ts";
import { type BrickEntry, encodeBrickManifest } from "./brickManifest.ts";
import type { BrickMesh } from "./brickMesh.ts";
import { type DirtyBrick, regionsOf } from "./brickRegions.ts";
import { type BrickMaking, type BrickOptions, brickInputHash, makingOf, netOfRegion } from "./brickSurface.ts";
import { normalSums, writeNormal } from "./netNormals.ts";

/** Bytes of a vertex for the painter: x, y, z RAS mm (float32), normal (int8 × 3, 0), room for a colour (uint8 × 4). */
export const vertexBytes = 20;

/** One brick as it is painted; no vertices: the brick shows nothing any more. */
export interface PaintedBrick {
  /** Names the brick's place in the surface. */
  at: number;
  vertices: Uint8Array<ArrayBuffer>;
  /** Three vertices a triangle. */
  triangles: Uint32Array<ArrayBuffer>;
}

/** Bricks of which the surface is kept once they are named: some megabytes, more than a hand draws in. */
const mostKept = 64;

/** The bits that a brick's surface was made of, the surface, and its normals: four numbers a vertex, x, y, z in 1/127 and a spare one. */
interface Shown { box: Pick<BitBox, "words" | "first">; mesh: BrickMesh; normals: Int8Array }

function paint(grid: Grid, brick: [number, number, number], at: number, { mesh, normals }: Shown): PaintedBrick {
  const positions = brickPositions(grid, { brick, mesh }), count = mesh.keys.length, vertices = new Uint8Array(vertexBytes * count);
  const floats = new Float32Array(vertices.buffer), words = new Int32Array(vertices.buffer), normalWords = new Int32Array(normals.buffer);
  for (let v = 0; v < count; v++) {
    floats[5 * v] = positions[3 * v]; floats[5 * v + 1] = positions[3 * v + 1]; floats[5 * v + 2] = positions[3 * v + 2];
    words[5 * v + 3] = normalWords[v];
  }
  const { quads } = mesh, triangles = new Uint32Array(6 * (quads.length / 4));
  for (let q = 0, t = 0; q < quads.length; q += 4, t += 6) {
    triangles[t] = quads[q]; triangles[t + 1] = quads[q + 1]; triangles[t + 2] = quads[q + 2];
    triangles[t + 3] = quads[q]; triangles[t + 4] = quads[q + 2]; triangles[t + 5] = quads[q + 3];
  }
  return { at, vertices, triangles };
}

/**
 * The surface of one segment as a page follows it while people draw: bricks to paint, and afterwards, when there is time,
 * the hash of the list of all bricks. Where it equals the artifact `bricks`, what is painted is that artifact.
 */
export class LiveSurface {
  readonly grid: Grid;
  readonly #making: BrickMaking;
  readonly #bits: BrickBits;
  readonly #entries = new Map<number, BrickEntry>();
  /** What is shown and has no name yet: hashing waits. */
  readonly #unnamed = new Map<number, Shown>();
  /** The bricks named last: where one goes on drawing in them, only what changed is made anew. */
  readonly #named = new Map<number, Shown>();
  readonly #cutter = new BrickCutter();

  constructor(grid: Grid, value: number, options: BrickOptions) {
    this.grid = grid;
    this.#making = makingOf(grid, options);
    this.#bits = new BrickBits(grid, value, this.#making);
  }

  /** Tells the content of a brick (undefined: empty). */
  setBrick(index: number, content: Uint8Array | undefined): void { this.#bits.setBrick(index, content); }

  #shownOf(at: number): Shown | undefined { return this.#unnamed.get(at) ?? this.#named.get(at); }

  /** Re-meshes the bricks that changes reached, `most` at a time. @returns what to paint; `isDone`: nothing is left */
  refresh(most = Infinity): { bricks: PaintedBrick[]; isDone: boolean } {
    const dirty = this.#bits.takeDirty(), bricks: PaintedBrick[] = [], changed: (DirtyBrick & { box: Shown["box"] })[] = [];
    for (const { at, cells } of dirty.slice(0, most)) {
      const before = this.#shownOf(at), whole = this.#bits.cellsOf(at), { words, first } = this.#bits.gather(whole);
      if (before && words.every((word, i) => word === before.box.words[i])) continue;
      // A brick that shows something of which the mesh was let go is made whole.
      changed.push({ at, cells: before || !this.#entries.has(at) ? cells : whole, box: { words: words.slice(), first } });
    }
    for (const { at, cells } of dirty.slice(most)) this.#bits.touch(at, cells);
    for (const region of regionsOf(changed, apronOf(this.#making.passes))) {
      const net = netOfRegion(this.#making, this.#bits, region.cells), sums = normalSums(net, this.grid);
      for (const { at, box } of region.bricks) {
        const before = this.#shownOf(at), isShown = before !== undefined || this.#entries.has(at), brick = this.#bits.coordinates(at);
        const { mesh, sources } = this.#cutter.cut(net, brick, before?.mesh), normals = new Int8Array(4 * sources.length);
        for (let v = 0; v < sources.length; v++) {
          const source = sources[v];
          if (source >= 0) writeNormal(sums, 3 * source, normals, 4 * v);
          else if (before) for (let i = 0; i < 3; i++) normals[4 * v + i] = before.normals[4 * ~source + i];
        }
        this.#entries.delete(at);
        this.#unnamed.delete(at);
        this.#named.delete(at);
        if (mesh.keys.length > 0) {
          const shown = { box, mesh, normals };
          this.#unnamed.set(at, shown);
          bricks.push(paint(this.grid, brick, at, shown));
        } else if (isShown) bricks.push({ at, vertices: new Uint8Array(0), triangles: new Uint32Array(0) });
      }
    }
    return { bricks, isDone: dirty.length <= most };
  }

  /** Names bricks that have no name yet, `most` at a time. @returns whether all have one */
  name(most = Infinity): boolean {
    let left = most;
    const { passes, margins, followed } = this.#making;
    for (const [at, shown] of this.#unnamed) {
      if (left-- <= 0) return false;
      const { box, mesh } = shown;
      const bytes = encodeBrickMesh(mesh), input = brickInputHash(box, passes, margins, followed);
      this.#entries.set(at, { brick: this.#bits.coordinates(at), input, mesh: bytesToHex(sha256(bytes)), byteLength: bytes.length });
      this.#unnamed.delete(at);
      this.#named.set(at, shown);
      const [oldest] = this.#named.keys();
      if (this.#named.size > mostKept) this.#named.delete(oldest);
    }
    return true;
  }

  /** Hash of the list of bricks, as the artifact `bricks` has it, after all are named. */
  listHash(): string {
    this.name();
    return bytesToHex(sha256(encodeBrickManifest({ grid: this.grid, bricks: [...this.#entries].sort(([a], [b]) => a - b).map(([, entry]) => entry) })));
  }
}

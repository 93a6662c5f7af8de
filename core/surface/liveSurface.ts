import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Grid } from "../space/grid.ts";
import { brickPositions } from "./brickAssembly.ts";
import type { BitBox } from "./bitBox.ts";
import { BrickBits } from "./brickBits.ts";
import { encodeBrickMesh } from "./brickCode.ts";
import { type BrickEntry, encodeBrickManifest } from "./brickManifest.ts";
import { type BrickMaking, type BrickMesh, type BrickOptions, brickInputHash, makingOf, meshBrickShaded } from "./brickSurface.ts";

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

function paint(grid: Grid, brick: [number, number, number], at: number, mesh: BrickMesh, normals: Int8Array): PaintedBrick {
  const positions = brickPositions(grid, { brick, mesh }), count = mesh.keys.length, vertices = new Uint8Array(vertexBytes * count);
  const floats = new Float32Array(vertices.buffer), signed = new Int8Array(vertices.buffer);
  for (let v = 0; v < count; v++) {
    floats[5 * v] = positions[3 * v]; floats[5 * v + 1] = positions[3 * v + 1]; floats[5 * v + 2] = positions[3 * v + 2];
    for (let i = 0; i < 3; i++) signed[vertexBytes * v + 12 + i] = normals[4 * v + i];
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
  /** What is shown and has no name yet, with the bits that it was made of: hashing them waits too. */
  readonly #unnamed = new Map<number, { box: Pick<BitBox, "words" | "first">; mesh: BrickMesh }>();

  constructor(grid: Grid, value: number, options: BrickOptions) {
    this.grid = grid;
    this.#making = makingOf(grid, options);
    this.#bits = new BrickBits(grid, value, this.#making);
  }

  /** Tells the content of a brick (undefined: empty). */
  setBrick(index: number, content: Uint8Array | undefined): void { this.#bits.setBrick(index, content); }

  /** Re-meshes the bricks that changes reached, `most` at a time. @returns what to paint; `isDone`: nothing is left */
  refresh(most = Infinity): { bricks: PaintedBrick[]; isDone: boolean } {
    const places = this.#bits.takeDirty(), bricks: PaintedBrick[] = [], { box } = this.#bits;
    for (const at of places.slice(0, most)) {
      const unnamed = this.#unnamed.get(at), isShown = unnamed !== undefined || this.#entries.has(at);
      const isAny = this.#bits.gather(at);
      if (isAny && unnamed && box.words.every((word, i) => word === unnamed.box.words[i])) continue;
      const made = isAny ? meshBrickShaded(this.#making, box) : null;
      this.#entries.delete(at);
      this.#unnamed.delete(at);
      if (made && made.mesh.keys.length > 0) {
        this.#unnamed.set(at, { box: { words: box.words.slice(), first: [...box.first] }, mesh: made.mesh });
        bricks.push(paint(this.grid, this.#bits.coordinates(at), at, made.mesh, made.normals));
      } else if (isShown) bricks.push({ at, vertices: new Uint8Array(0), triangles: new Uint32Array(0) });
    }
    for (const at of places.slice(most)) this.#bits.touch(at);
    return { bricks, isDone: places.length <= most };
  }

  /** Names bricks that have no name yet, `most` at a time. @returns whether all have one */
  name(most = Infinity): boolean {
    let left = most;
    const { passes, margins, followed } = this.#making;
    for (const [at, { box, mesh }] of this.#unnamed) {
      if (left-- <= 0) return false;
      const bytes = encodeBrickMesh(mesh), input = brickInputHash(box, passes, margins, followed);
      this.#entries.set(at, { brick: this.#bits.coordinates(at), input, mesh: bytesToHex(sha256(bytes)), byteLength: bytes.length });
      this.#unnamed.delete(at);
    }
    return true;
  }

  /** Hash of the list of bricks, as the artifact `bricks` has it, after all are named. */
  listHash(): string {
    this.name();
    return bytesToHex(sha256(encodeBrickManifest({ grid: this.grid, bricks: [...this.#entries].sort(([a], [b]) => a - b).map(([, entry]) => entry) })));
  }
}

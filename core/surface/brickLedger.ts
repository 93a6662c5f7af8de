import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Labelmap } from "../mask/labelmap.ts";
import type { Grid } from "../space/grid.ts";
import { assembleBricks } from "./brickAssembly.ts";
import { apronOf, BrickBits } from "./brickBits.ts";
import { decodeBrickMesh, encodeBrickMesh } from "./brickCode.ts";
import { type BrickEntry, type BrickManifest, BrickManifestError, decodeBrickManifest, encodeBrickManifest } from "./brickManifest.ts";
import { BrickCutter } from "./brickCut.ts";
import type { BrickMesh } from "./brickMesh.ts";
import { type DirtyBrick, regionsOf } from "./brickRegions.ts";
import { type BrickMaking, type BrickOptions, brickInputHash, makingOf, netOfRegion } from "./brickSurface.ts";
import type { Mesh } from "./mesh.ts";

/** A brick's mesh and its encoded bytes with their hash. */
export interface MadeBrick { mesh: BrickMesh; hash: string; bytes: Uint8Array }

/** All inside or all outside: nothing to store, and nothing of such a brick is asked for. */
const isEmpty = (mesh: BrickMesh): boolean => mesh.keys.length === 0;

/**
 * The bricks of one segment's surface by name: which there are, what each was made of and the hash of its mesh. It keeps
 * bits and names, no mesh, and is brought from one labelmap to the next by their difference.
 */
export class BrickLedger {
  readonly grid: Grid;
  readonly #making: BrickMaking;
  readonly #bits: BrickBits;
  readonly #cutter = new BrickCutter();
  readonly #entries = new Map<number, BrickEntry>();
  #filled = new Set<number>();

  constructor(grid: Grid, value: number, options: BrickOptions = {}) {
    this.grid = grid;
    this.#making = makingOf(grid, options);
    this.#bits = new BrickBits(grid, value, this.#making);
  }

  /** Brings the voxels to those of a labelmap on the same grid. */
  setLabelmap({ bricks }: Labelmap): void {
    for (const index of this.#filled) if (!bricks.has(index)) this.#bits.setBrick(index, undefined);
    for (const [index, content] of bricks) this.#bits.setBrick(index, content);
    this.#filled = new Set(bricks.keys());
  }

  /**
   * Names every brick that changes reached and meshes those whose name is not among the known ones, nor is a brick's entry
   * from before: what is known is stored, what was once made here need not be.
   * @returns what was meshed
   */
  refresh(known: ReadonlyMap<string, BrickEntry>): MadeBrick[] {
    for (const [at, { input, mesh }] of this.#entries) if (known.get(input)?.mesh !== mesh) this.#bits.touch(at);
    const made: MadeBrick[] = [], { passes, margins, followed } = this.#making, missing: (DirtyBrick & { input: string })[] = [];
    for (const { at } of this.#bits.takeDirty()) {
      this.#entries.delete(at);
      const cells = this.#bits.cellsOf(at), box = this.#bits.gather(cells);
      if (!box.words.some((word) => word !== 0)) continue;
      const input = brickInputHash(box, passes, margins, followed), entry = known.get(input);
      if (entry) this.#entries.set(at, { ...entry, brick: this.#bits.coordinates(at) });
      else missing.push({ at, cells, input });
    }
    for (const { cells, bricks } of regionsOf(missing, apronOf(passes))) {
      const net = netOfRegion(this.#making, this.#bits, cells);
      for (const { at, input } of bricks) {
        const brick = this.#bits.coordinates(at), { mesh } = this.#cutter.cut(net, brick);
        if (isEmpty(mesh)) continue;
        const bytes = encodeBrickMesh(mesh), hash = bytesToHex(sha256(bytes));
        made.push({ mesh, hash, bytes });
        this.#entries.set(at, { brick, input, mesh: hash, byteLength: bytes.length });
      }
    }
    return made;
  }

  /** The list of all bricks after the last `refresh`. */
  manifest(): BrickManifest {
    return { grid: this.grid, bricks: [...this.#entries].sort(([a], [b]) => a - b).map(([, entry]) => entry) };
  }
}

/** Entries of a list by what they were made of. */
export const knownBricks = (manifest: BrickManifest | undefined): Map<string, BrickEntry> => new Map((manifest?.bricks ?? []).map((entry) => [entry.input, entry]));

/** A list's canonical bytes, and the meshes it names that `before` did not: the node `bricks`. */
export function bricksOf(ledger: BrickLedger, labelmap: Labelmap, before?: BrickManifest): { manifest: Uint8Array; made: MadeBrick[]; count: number } {
  ledger.setLabelmap(labelmap);
  const made = ledger.refresh(knownBricks(before)), manifest = ledger.manifest();
  return { manifest: encodeBrickManifest(manifest), made, count: manifest.bricks.length };
}

/** One mesh of the bricks of a list: the node `surface`. @param partOf bytes of a brick by hash. @throws BrickManifestError, BrickCodeError */
export function surfaceOfBricks(list: Uint8Array, partOf: (hash: string) => Uint8Array | undefined): Mesh {
  const { grid, bricks } = decodeBrickManifest(list);
  return assembleBricks(grid, bricks.map(({ brick, mesh: hash }) => {
    const bytes = partOf(hash);
    if (!bytes) throw new BrickManifestError(`brick ${brick.join()} is not there`);
    return { brick, mesh: decodeBrickMesh(bytes) };
  }));
}

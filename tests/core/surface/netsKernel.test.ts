import { describe, expect, it } from "vitest";
import { emptyBitBox } from "../../../core/surface/bitBox.ts";
import { apronOf } from "../../../core/surface/brickBits.ts";
import { interpolate } from "../../../core/surface/interpolate.ts";
import { NetsKernel } from "../../../core/surface/netsKernel.ts";
import { netsTable } from "../../../core/surface/netsTable.ts";
import { apronRings, NetsTwin, type Nets } from "../../../core/surface/netsTwin.ts";
import { meshOfNets } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

const plain = ({ vertexCount, quadCount, cells, places, quads }: Nets) => ({ cells: [...cells.subarray(0, 4 * vertexCount)], places: [...places.subarray(0, 4 * vertexCount)], quads: [...quads.subarray(0, 4 * quadCount)] });

describe("the mesher's kernel", () => {
  it("JB4: is its twin bit for bit, meshing, holding, relaxing and writing out, for every density and odd sizes", () => {
    const kernel = new NetsKernel(), twin = new NetsTwin(), margins = [5, 6, 2] as const;
    for (let seed = 1; seed <= 24; seed++) {
      const next = randomOf(seed), size: [number, number, number] = [3 + Math.floor(next() * 70), 3 + Math.floor(next() * 12), 3 + Math.floor(next() * 12)];
      const box = emptyBitBox(size, [-1, -1, -1]), share = next();
      for (let z = 1; z < size[2] - 1; z++) for (let y = 1; y < size[1] - 1; y++) for (let x = 1; x < size[0] - 1; x++) {
        if (next() < share) box.words[(z * size[1] + y) * box.wordsPerRow + (x >> 5)] |= 1 << (x & 31);
      }
      const grid = { dims: size, spacing: [0.48, 0.5, 1.5] as const, origin: [-120.5, -77, 116] as const };
      const hu = Int16Array.from({ length: size[0] * size[1] * size[2] }, () => Math.floor(next() * 2000) - 1000);
      const a = kernel.netsOf(box, margins), b = twin.netsOf(box, margins);
      expect({ seed, ...plain(a) }).toEqual({ seed, ...plain(b) });
      if (seed % 2 === 0) expect(interpolate(a, box, grid, { hu, iso: 100 }, margins)).toBe(interpolate(b, box, grid, { hu, iso: 100 }, margins));
      kernel.relax(a, 7, margins);
      twin.relax(b, 7, margins);
      expect({ seed, ...plain(a) }).toEqual({ seed, ...plain(b) });
      expect(kernel.viewOf(a, box.first, grid)).toEqual(meshOfNets(b, box, grid));
    }
  });

  it("JB4: relaxes a brick with its apron as the twin does, though each pass goes over no more than it needs", () => {
    const kernel = new NetsKernel(), twin = new NetsTwin(), margins = [5, 6, 2] as const;
    for (const [seed, passes, share] of [[1, 0, 0.5], [2, 1, 0.5], [3, 6, 0.02], [4, 6, 0.9]]) {
      const next = randomOf(seed), apron = apronOf(passes), edge = 32 + 2 * apron, box = emptyBitBox([edge, edge, edge], [0, 0, 0]), inBox = edge % 32;
      for (let i = 0; i < box.words.length; i++) for (let bit = 0; bit < ((i + 1) % box.wordsPerRow === 0 && inBox > 0 ? inBox : 32); bit++) if (next() < share) box.words[i] |= 1 << bit;
      const a = kernel.netsOf(box, margins), b = twin.netsOf(box, margins);
      kernel.relax(a, passes, margins, apron);
      twin.relax(b, passes, margins);
      const isNear = (v: number) => [0, 1, 2].every((axis) => b.cells[4 * v + axis] >= apron - apronRings && b.cells[4 * v + axis] < apron + 32 + apronRings);
      expect(b.vertexCount).toBeGreaterThan(1000);
      for (let v = 0; v < b.vertexCount; v++) if (isNear(v)) for (let i = 0; i < 4; i++) if (a.places[4 * v + i] !== b.places[4 * v + i]) expect({ seed, v, i, is: a.places[4 * v + i] }).toEqual({ seed, v, i, is: b.places[4 * v + i] });
      for (let z = 0; z < edge - 1; z++) expect(a.rows.subarray(2 * edge * z, 2 * edge * (z + 1))).toEqual(b.rows.subarray(2 * edge * z, 2 * edge * (z + 1)));
    }
  });

  it("JB4: tells a brick's voxels of one value apart as the twin does, one voxel at a time", () => {
    const kernel = new NetsKernel(), twin = new NetsTwin(), next = randomOf(9), bits = new Uint32Array(1024), wanted = new Uint32Array(1024);
    for (const [value, values] of [[1, 2], [127, 128], [128, 256], [255, 256], [0, 3], [7, 5]]) for (const shift of [0, 1]) {
      const content = new Uint8Array(32768 + shift).subarray(shift).map(() => Math.floor(next() * values)), isAny = content.includes(value);
      expect([kernel.bitsOf(content, value, bits), twin.bitsOf(content, value, wanted)]).toEqual([isAny, isAny]);
      expect(bits).toEqual(wanted);
      expect(content.findIndex((v, i) => (v === value) !== ((bits[i >> 5] >>> (i & 31) & 1) === 1))).toBe(-1);
    }
  });

  it("thresholds a volume as one voxel at a time", () => {
    const kernel = new NetsKernel(), twin = new NetsTwin(), next = randomOf(3), margins = [5, 5, 5] as const;
    const size: [number, number, number] = [71, 9, 8], volume = kernel.volumeRoom(71 * 9 * 8), box = emptyBitBox(size, [0, 0, 0]);
    volume.fill(-1000);
    for (let z = 1; z < 7; z++) for (let y = 1; y < 8; y++) for (let x = 1; x < 70; x++) {
      const hu = Math.floor(next() * 65536) - 32768;
      volume[x + 71 * (y + 9 * z)] = hu;
      if (hu >= 226 && hu <= 3071 * 5) box.words[(z * 9 + y) * box.wordsPerRow + (x >> 5)] |= 1 << (x & 31);
    }
    expect(plain(kernel.netsOfVolume(size, 226, 3071 * 5, margins))).toEqual(plain(twin.netsOf(box, margins)));
  });

  it("SF2: gives sheets that share a cell boxes that do not overlap, and starts each vertex in its own", () => {
    const { sheetCount, firstSheet, sheets } = netsTable();
    const side = (sheet: number, at: number) => (sheets[8 * sheet + 4] >> (3 * at)) & 7;
    for (let kind = 0; kind < sheetCount.length; kind++) for (let s = 0; s < sheetCount[kind]; s++) {
      const a = firstSheet[kind] + s;
      for (let axis = 0; axis < 3; axis++) {
        expect(sheets[8 * a + axis]).toBeGreaterThanOrEqual(1024 * side(a, axis));
        expect(sheets[8 * a + axis]).toBeLessThanOrEqual(1024 * side(a, 3 + axis));
      }
      for (let b = firstSheet[kind]; b < a; b++) expect([0, 1, 2].some((axis) => side(a, 3 + axis) <= side(b, axis) || side(b, 3 + axis) <= side(a, axis))).toBe(true);
    }
  });
});

import { describe, expect, it } from "vitest";
import { BRICK, brickRows } from "../../../core/mask/brick.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { apronOf, BrickBits } from "../../../core/surface/brickBits.ts";
import { BrickCutter } from "../../../core/surface/brickCut.ts";
import { type CellBox, mostCells, regionsOf } from "../../../core/surface/brickRegions.ts";
import { makingOf, netOfRegion } from "../../../core/surface/brickSurface.ts";
import { NetsKernel } from "../../../core/surface/netsKernel.ts";
import { NetsTwin } from "../../../core/surface/netsTwin.ts";
import { randomOf } from "./shapes.ts";

const grid: Grid = { dims: [96, 64, 64], spacing: [0.5, 0.5, 1], origin: [0, 0, 0] };
const holds = ({ low, high }: CellBox, cells: CellBox) => [0, 1, 2].every((i) => low[i] <= cells.low[i] && high[i] >= cells.high[i]);
const cellsIn = ({ low, high }: CellBox) => [0, 1, 2].reduce((n, i) => n * (high[i] - low[i] + 1), 1);

describe("what is meshed together", () => {
  it("holds the cells of each brick once, joins neighbours, leaves far ones apart, and is bounded", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = randomOf(seed), dirty = Array.from({ length: 1 + Math.floor(next() * 60) }, (_, at) => {
        const low = [0, 1, 2].map(() => Math.floor(next() * 200)) as CellBox["low"];
        return { at, cells: { low, high: low.map((n) => n + Math.floor(next() * 32)) as CellBox["high"] } };
      });
      const regions = regionsOf(dirty, 8);
      expect(regions.flatMap(({ bricks }) => bricks.map(({ at }) => at)).sort((a, b) => a - b)).toEqual(dirty.map(({ at }) => at));
      for (const { cells, bricks } of regions) {
        expect(bricks.every((brick) => holds(cells, brick.cells))).toBe(true);
        expect(cellsIn(cells)).toBeLessThanOrEqual(mostCells);
      }
    }
    const bits = new BrickBits({ dims: [512, 512, 320], spacing: [1, 1, 1], origin: [0, 0, 0] }, 1, { engine: new NetsTwin(), passes: 6 });
    const brick = (x: number, y: number, z: number) => ({ at: bits.placeOf(x, y, z), cells: bits.cellsOf(bits.placeOf(x, y, z)) });
    expect(regionsOf([brick(1, 1, 1), brick(2, 1, 1), brick(1, 2, 1), brick(2, 2, 1)], 8)).toHaveLength(1);
    expect(regionsOf([brick(1, 1, 1), brick(9, 9, 9)], 8)).toHaveLength(2);
    const all = Array.from({ length: 512 }, (_, i) => brick(i % 8, Math.floor(i / 8) % 8, Math.floor(i / 64)));
    expect(regionsOf(all, 8).length).toBeLessThan(40);
    expect(regionsOf(all, 8).every(({ cells }) => cellsIn(cells) <= mostCells)).toBe(true);
  });
});

describe("a brick cut out of a region's net", () => {
  it("SF1 JB4: is byte for byte the brick meshed anew, whatever changed in it before, by the kernel and its twin", () => {
    for (const [seed, smooth, share] of [[1, 0, 0.5], [2, 0.5, 0.03], [3, 0.5, 0.97], [4, 0.25, 0.5], [5, 0, 0.01], [6, 0.5, 0.0005]]) {
      const next = randomOf(seed), kept = makingOf(grid, { smooth, engine: new NetsKernel() }), other = makingOf(grid, { smooth, engine: new NetsTwin() });
      const bits = new BrickBits(grid, 1, kept), cutter = new BrickCutter(), again = new BrickCutter(), contents = Array.from({ length: 12 }, () => new Uint8Array(BRICK * brickRows)), meshes = new Map<number, ReturnType<BrickCutter["cut"]>["mesh"]>();
      for (const content of contents) for (let i = 0; i < content.length; i++) content[i] = next() < share ? 1 : 0;
      contents.forEach((content, index) => bits.setBrick(index, content));
      for (let round = 0; round < 4; round++) {
        const dirty = bits.takeDirty();
        for (const { cells, bricks } of regionsOf(dirty, apronOf(kept.passes))) {
          const net = netOfRegion(kept, bits, cells);
          for (const { at } of bricks) meshes.set(at, cutter.cut(net, bits.coordinates(at), meshes.get(at)).mesh);
        }
        for (const { at } of dirty) {
          const { mesh } = again.cut(netOfRegion(other, bits, bits.cellsOf(at)), bits.coordinates(at)), is = meshes.get(at);
          expect({ seed, round, at, owned: is?.owned, count: is?.keys.length, quads: is?.quads.length, bytes: is?.quads.BYTES_PER_ELEMENT }).toEqual({ seed, round, at, owned: mesh.owned, count: mesh.keys.length, quads: mesh.quads.length, bytes: mesh.quads.BYTES_PER_ELEMENT });
          expect(new Set([...mesh.quads].filter((v) => v >= mesh.owned)).size).toBe(mesh.keys.length - mesh.owned);
          for (const part of ["keys", "places", "quads"] as const) expect(is?.[part].findIndex((number, i) => number !== mesh[part][i]), `${seed} ${round} ${at} ${part}`).toBe(-1);
        }
        // A small box of voxels turns to one value, at the brick's sides and corners too.
        const index = Math.floor(next() * 12), from = [0, 1, 2].map(() => next() < 0.3 ? 0 : Math.floor(next() * 31)), to = from.map((n) => Math.min(32, n + 1 + Math.floor(next() * 6))), value = next() < 0.5 ? 1 : 0;
        for (let z = from[2]; z < to[2]; z++) for (let y = from[1]; y < to[1]; y++) contents[index].fill(value, 1024 * z + 32 * y + from[0], 1024 * z + 32 * y + to[0]);
        bits.setBrick(index, contents[index]);
      }
    }
  });
});

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { BrickLedger, bricksOf } from "../../../core/surface/brickLedger.ts";
import { LiveSurface, vertexBytes } from "../../../core/surface/liveSurface.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

const grid: Grid = { dims: [70, 66, 40], spacing: [0.5, 0.5, 1.25], origin: [-17, 3, 9] };

/** Values on both sides of 100 everywhere, in no order. */
const wave = Int16Array.from({ length: 70 * 66 * 40 }, (_, i) => ((i * 7919) % 401) - 100);

describe("the surface while somebody draws", () => {
  it.each([{ what: "the mask alone" }, { what: "a CT", followed: { hu: wave, iso: 100, volume: "c".repeat(64) } }])("SF3 SF4: what is painted after any strokes is the whole mask's surface, and its list has the artifact's hash; it follows $what", ({ followed }) => {
    const next = randomOf(4), dense = new Uint8Array(70 * 66 * 40), live = new LiveSurface(grid, 5, { smooth: 0.5, followed }), painted = new Map<number, { vertices: Uint8Array; triangles: Uint32Array }>();
    let before = new Set<number>();
    for (let round = 0; round < 6; round++) {
      const [cx, cy, cz, r] = [next() * 70, next() * 66, next() * 40, 6 + next() * 9], value = round % 3 === 2 ? 0 : 5;
      for (let z = 0, i = 0; z < 40; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 70; x++, i++) if ((x - cx) * (x - cx) + (y - cy) * (y - cy) + 4 * (z - cz) * (z - cz) < r * r) dense[i] = value;
      const labelmap = fromDense(grid, dense);
      for (const index of new Set([...before, ...labelmap.bricks.keys()])) live.setBrick(index, labelmap.bricks.get(index));
      before = new Set(labelmap.bricks.keys());
      for (let isDone = false; !isDone;) {
        const some = live.refresh(3);
        isDone = some.isDone;
        for (const { at, vertices, triangles } of some.bricks) if (triangles.length + vertices.length === 0) painted.delete(at); else painted.set(at, { vertices, triangles });
      }
      expect(live.refresh()).toEqual({ bricks: [], isDone: true });
      const whole = surfaceOf(labelmap, 5, { smooth: 0.5, ...followed && { volume: followed } }), cornersOf = (positions: (v: number) => ArrayLike<number>, triangles: Uint32Array) => Array.from({ length: triangles.length / 3 }, (_, t) => [0, 1, 2].map((i) => Array.from(positions(triangles[3 * t + i])).join()).join(" "));
      const shown = [...painted.values()].flatMap(({ vertices, triangles }) => { const floats = new Float32Array(vertices.buffer); return cornersOf((v) => floats.subarray(5 * v, 5 * v + 3), triangles); });
      expect(shown.sort()).toEqual(cornersOf((v) => whole.positions.subarray(3 * v, 3 * v + 3), whole.triangles).sort());
      expect(live.listHash()).toBe(createHash("sha256").update(bricksOf(new BrickLedger(grid, 5, { smooth: 0.5, followed }), labelmap).manifest).digest("hex"));
    }
  });

  it("SF3: of a brick that was erased whole nothing is left when one draws in it again, named or not", () => {
    for (const isNamed of [false, true]) {
      const live = new LiveSurface(grid, 5, { smooth: 0.5 }), content = new Uint8Array(32768);
      const draw = (from: number, to: number, value: number) => {
        for (let z = from; z < to; z++) for (let y = from; y < to; y++) content.fill(value, 1024 * z + 32 * y + from, 1024 * z + 32 * y + to);
        live.setBrick(0, content);
        const { bricks } = live.refresh();
        if (isNamed) live.name();
        return bricks.reduce((sum, { triangles }) => sum + triangles.length, 0);
      };
      expect(draw(3, 5, 5)).toBeGreaterThan(0);
      draw(3, 5, 0);
      const small = draw(26, 28, 5), alone = new LiveSurface(grid, 5, { smooth: 0.5 });
      alone.setBrick(0, content);
      expect(small).toBe(alone.refresh().bricks.reduce((sum, { triangles }) => sum + triangles.length, 0));
      expect(live.listHash()).toBe(alone.listHash());
    }
  });

  it("has one normal for a place that several bricks paint, and it points outward", () => {
    const live = new LiveSurface(grid, 1, { smooth: 0.5 }), dense = new Uint8Array(70 * 66 * 40), middle = [34, 32, 20], normals = new Map<string, number[]>();
    for (let z = 0, i = 0; z < 40; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 70; x++, i++) if ((x - 34) * (x - 34) + (y - 32) * (y - 32) + 6.25 * (z - 20) * (z - 20) < 400) dense[i] = 1;
    for (const [index, content] of fromDense(grid, dense).bricks) live.setBrick(index, content);
    let shared = 0;
    for (const { vertices } of live.refresh().bricks) {
      const floats = new Float32Array(vertices.buffer), signed = new Int8Array(vertices.buffer);
      for (let v = 0; v < vertices.length / vertexBytes; v++) {
        const p = [...floats.subarray(5 * v, 5 * v + 3)], n = [...signed.subarray(vertexBytes * v + 12, vertexBytes * v + 15)], known = normals.get(p.join());
        if (known) { shared++; for (const i of [0, 1, 2]) expect(Math.abs(known[i] - n[i])).toBeLessThanOrEqual(1); }
        normals.set(p.join(), n);
        const out = p.map((mm, i) => mm - grid.origin[i] - grid.spacing[i] * middle[i]);
        expect(out[0] * n[0] + out[1] * n[1] + out[2] * n[2]).toBeGreaterThan(0);
      }
    }
    expect(shared).toBeGreaterThan(50);
  });
});

import { describe, expect, it } from "vitest";
import { boxMm, derivationOf, faceAt, faceMm, faceOn, freshPrepare, planesOfTurn, turnShown, wholeBox } from "../../../app/room/prepare/prepare.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { derivation } from "../../../core/volume/derivation.ts";
import { crop } from "../../../core/volume/derive.ts";

const grid: Grid = { dims: [40, 50, 30], spacing: [0.5, 0.75, 1.5], origin: [-10, 5, 100] };

describe("the box to crop to", () => {
  it("has its faces between voxels; a place on screen takes the face there and back", () => {
    const box = { low: [4, 6, 2] as const, high: [30, 40, 25] as const };
    expect([faceMm(grid, box, 0, "low"), faceMm(grid, box, 0, "high")]).toEqual([-8.25, 5.25]);
    expect(boxMm(grid, box)).toEqual([13.5, 26.25, 36]);
    for (const axis of [0, 1, 2]) for (const end of ["low", "high"] as const) {
      expect(faceAt(grid, box, axis, end, faceMm(grid, box, axis, end))).toEqual(box);
      expect(faceAt(grid, box, axis, end, faceMm(grid, box, axis, end) + 0.4 * grid.spacing[axis])).toEqual(box);
      expect(faceAt(grid, box, axis, end, faceMm(grid, box, axis, end) + grid.spacing[axis])[end][axis]).toBe(box[end][axis] + 1);
    }
  });

  it("stays in the volume and keeps three voxels, so that the server always takes it", () => {
    const hu = new Int16Array(40 * 50 * 30);
    for (const axis of [0, 1, 2]) for (const end of ["low", "high"] as const) for (const voxel of [-99, 0, 7, 22, 999, 3.4]) {
      const box = faceOn(grid, wholeBox(grid), axis, end, voxel);
      expect(() => crop({ grid, hu }, box.low, box.high)).not.toThrow();
      expect(derivation.safeParse(derivationOf({ ...freshPrepare(grid), box })).success).toBe(true);
    }
  });
});

describe("the plane to turn to", () => {
  it("is shown for angles, for landmarks, and not before it is found", () => {
    const fresh = { ...freshPrepare(grid), kind: "reorient" as const };
    expect(turnShown(grid, fresh)).toEqual({ problem: null });
    const byAngles = { ...fresh, way: "angles" as const, angles: { yawDeg: 5, rollDeg: -3, pitchDeg: 0, asideMm: 2 } }, shown = turnShown(grid, byAngles);
    if (!("turn" in shown)) throw new Error("no turn");
    const { middle, level } = planesOfTurn(grid, shown.turn), at = middle.normal.reduce((sum, n, axis) => sum + n * (grid.origin[axis] + (grid.dims[axis] - 1) / 2 * grid.spacing[axis]), 0);
    expect(middle.offset - at).toBeCloseTo(2, 12);
    expect(Math.atan2(middle.normal[1], middle.normal[0]) * 180 / Math.PI).toBeCloseTo(5, 9);
    expect(middle.normal.reduce((sum, n, axis) => sum + n * level.normal[axis], 0)).toBeCloseTo(0, 12);
    expect(derivation.safeParse(derivationOf(byAngles)).success).toBe(true);
    const few = { ...fresh, way: "landmarks" as const, landmarks: { nasion: rasPoint(0, 40, 120) } };
    expect(turnShown(grid, few)).toEqual({ problem: expect.stringContaining("three points") });
    const enough = { ...few, landmarks: { ...few.landmarks, porionRight: rasPoint(30, 10, 110), porionLeft: rasPoint(-30, 10, 110) } };
    expect(turnShown(grid, enough)).toMatchObject({ turn: { yawDeg: 0, rollDeg: 0 } });
    expect(derivation.parse(derivationOf(enough))).toMatchObject({ op: "reorient", plane: { by: "landmarks", landmarks: [{ name: "nasion", at: [0, 40, 120] }, { name: "porionRight" }, { name: "porionLeft" }] } });
  });
});

import { describe, expect, it } from "vitest";
import { rasPoint } from "../../../core/space/grid.ts";
import { panned, wheelSteps, windowed, zoomedAt } from "../../../app/room/view/stageMoves.ts";
import { canvasToRas, middleOf, type SliceState, type Tile } from "../../../app/room/view/tileGeometry.ts";

const grid = { dims: [40, 60, 20], spacing: [0.5, 0.5, 3], origin: [-10, -20, 100] } as const;
const state: SliceState = { crosshair: rasPoint(1, 2, 121), center: middleOf(grid), zoom: 1.7, convention: "radiological" };

describe("moves of the views", () => {
  it("zooming keeps what is under the pointer, in every plane, and stops at its ends", () => {
    for (const plane of ["axial", "coronal", "sagittal"] as const) {
      const tile: Tile = { plane, left: 10, top: 20, width: 300, height: 200 };
      const p = canvasToRas(grid, tile, state, 77, 93);
      for (const factor of [0.8, 1.3, 100]) {
        const after = { ...state, ...zoomedAt(grid, tile, state, factor, p) };
        const q = canvasToRas(grid, tile, after, 77, 93);
        for (const axis of [0, 1, 2]) expect(q[axis]).toBeCloseTo(p[axis], 9);
        expect(after.zoom).toBeLessThanOrEqual(24);
      }
    }
  });
  it("panning puts what was taken hold of where the hand is", () => {
    const tile: Tile = { plane: "coronal", left: 0, top: 0, width: 300, height: 200 };
    const [from, to] = [canvasToRas(grid, tile, state, 50, 60), canvasToRas(grid, tile, state, 90, 30)];
    const after = { ...state, center: panned(state.center, from, to) };
    const there = canvasToRas(grid, tile, after, 90, 30);
    for (const axis of [0, 2]) expect(there[axis]).toBeCloseTo(from[axis], 9);
  });
  it("a window never closes, and a notch of the wheel is one slice", () => {
    const [low, high] = windowed([0, 80], -1000, 0);
    expect(high - low).toBeGreaterThanOrEqual(2);
    expect(windowed([-160, 840], 10, 0)).toEqual([-180, 860]);
    expect(wheelSteps(40)).toEqual({ steps: 1, rest: 0 });
    expect(wheelSteps(-100)).toEqual({ steps: -1, rest: -20 });
    expect(wheelSteps(15)).toEqual({ steps: 0, rest: 15 });
    expect(wheelSteps(4000).steps).toBe(8);
  });
});

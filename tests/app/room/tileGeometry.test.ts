import { describe, expect, it } from "vitest";
import { rasPoint } from "../../../core/space/grid.ts";
import { canvasToRas, fieldOfView, middleOf, orientationLetters, panesOf, planes, rasToCanvas, type SliceState, sliceIndex, onSlice, type Tile } from "../../../app/room/view/tileGeometry.ts";

const grid = { dims: [40, 60, 20], spacing: [0.5, 0.5, 3], origin: [-10, -20, 100] } as const;
const state = (convention: SliceState["convention"]): SliceState => ({ crosshair: rasPoint(1, 2, 121), center: middleOf(grid), zoom: 1.7, convention });
const tile = (plane: Tile["plane"]): Tile => ({ plane, left: 130, top: 40, width: 300, height: 220 });

describe("SP2: left is left, from the pointer to the patient", () => {
  it("radiological: the patient's right is at the left; a sagittal slice looks to the left", () => {
    const seen = planes.map((plane) => orientationLetters(grid, tile(plane), state("radiological")));
    expect(seen).toEqual([
      { left: "R", right: "L", top: "A", bottom: "P" },
      { left: "R", right: "L", top: "S", bottom: "I" },
      { left: "A", right: "P", top: "S", bottom: "I" },
    ]);
  });
  it("neurological mirrors across only", () => {
    expect(orientationLetters(grid, tile("axial"), state("neurological"))).toEqual({ left: "L", right: "R", top: "A", bottom: "P" });
  });
  it("a point left of the middle of an axial tile has a greater x (RAS: right)", () => {
    const s = state("radiological");
    expect(canvasToRas(grid, tile("axial"), s, 200, 100)[0]).toBeGreaterThan(s.center[0]);
  });
  it("canvas → RAS → canvas is the identity, and the slice axis is the crosshair's", () => {
    for (const convention of ["radiological", "neurological"] as const) {
      for (const plane of planes) {
        const p = canvasToRas(grid, tile(plane), state(convention), 177, 93);
        const [x, y] = rasToCanvas(grid, tile(plane), state(convention), p);
        expect(x).toBeCloseTo(177, 9);
        expect(y).toBeCloseTo(93, 9);
      }
    }
    expect(canvasToRas(grid, tile("axial"), state("radiological"), 177, 93)[2]).toBe(121);
  });
  it("the field of view is what the tile's corners map to", () => {
    const t = tile("coronal");
    const { min, max } = fieldOfView(grid, t, state("radiological"));
    const corner = canvasToRas(grid, t, state("radiological"), t.left, t.top);
    expect(corner[0]).toBeCloseTo(max[0], 9);
    expect(corner[2]).toBeCloseTo(max[1], 9);
    expect(min[0]).toBeLessThan(max[0]);
  });
});

describe("slices and panes", () => {
  it("a slice number and its position agree", () => {
    for (let k = 0; k < 20; k++) expect(sliceIndex(grid, "axial", onSlice(grid, "axial", rasPoint(0, 0, 0), k))).toBe(k);
  });
  it("the four panes cover the stage", () => {
    const area = Object.values(panesOf("four", 800, 600)).reduce((sum, r) => sum + r.width * r.height, 0);
    expect(area).toBe(800 * 600);
  });
});

import { expect, it } from "vitest";
import { coloredPaths } from "../../../app/room/view/ImplantOutlines.tsx";
import { legendOf } from "../../../app/room/view/useImplantMaps.ts";
import { fitColors } from "../../../core/checks/mapColors.ts";
import { RoomStore } from "../../../app/room/roomStore.ts";
import { rasPoint, type Grid } from "../../../core/space/grid.ts";

it("an outline in the colours of a map has a path for each colour, and every piece of the line once", () => {
  const grid: Grid = { dims: [20, 20, 20], spacing: [1, 1, 1], origin: [0, 0, 0] }, state = new RoomStore(grid, rasPoint(9.5, 9.5, 9.5)).get();
  const tile = { plane: "axial", left: 0, top: 0, width: 200, height: 200 } as const;
  const square = { points: Float64Array.from([2, 2, 8, 2, 8, 8, 2, 8]), vertices: Uint32Array.from([0, 0, 1, 1]), isClosed: true };
  const rgba = Uint8Array.from([204, 51, 92, 255, 62, 180, 140, 255]);
  const paths = coloredPaths([square], rgba, grid, tile, state);
  expect([...paths.keys()]).toEqual(["rgb(204,51,92)", "rgb(62,180,140)"]);
  expect([...paths.values()].map((d) => [d.match(/M/g)?.length, d.match(/L/g)?.length])).toEqual([[1, 2], [1, 2]]);
  expect([...coloredPaths([{ ...square, isClosed: false }], rgba, grid, tile, state).values()].map((d) => d.match(/L/g)?.length)).toEqual([2, 1]);
});

it("of several plates the legend says preview as soon as one map is one, whichever plate comes first", () => {
  const map = (isPreview: boolean) => ({ ...fitColors(Float32Array.of(0.5), 0.5), key: "k", meshKey: "m", isPreview });
  expect(legendOf(new Map())).toBeNull();
  for (const [one, other] of [[false, true], [true, false], [false, false]]) expect(legendOf(new Map([["a", map(one)], ["b", map(other)]]))).toEqual({ legend: map(one).legend, isPreview: one || other });
});

import { expect, it } from "vitest";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { compositeBrick, isStriped, proposalOffset, proposalRuns, proposed } from "../../../core/mask/proposal.ts";
import { rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { type BrickRuns, encodeStroke, type Layer } from "../../../core/mask/stroke.ts";
import { rasPoint, type Grid } from "../../../core/space/grid.ts";
import { denseLabels } from "../../../core/mask/labelmap.ts";

const grid: Grid = { dims: [50, 40, 36], spacing: [1, 1, 1], origin: [0, 0, 0] };
const ball = (x: number, y: number, z: number, radiusMm: number) => rasterizeBrush(grid, { shape: "ball", radiusMm, plane: 2, points: [rasPoint(x, y, z)] });
let counter = 0;
function write(fold: MaskFold, value: number, bricks: BrickRuns[], layer: Layer): void {
  counter++;
  fold.addStroke(encodeStroke({ id: { clientId: 1, counter }, lamport: counter, layer, value, isFinal: true, content: { kind: "runs", bricks } }));
}
const dense = (fold: MaskFold, layer: Layer) => denseLabels(fold.labelmap(layer));

it("a proposal changes nothing of the anatomy until it is accepted; accepted, it is the anatomy but for locked segments", () => {
  const fold = new MaskFold(grid);
  write(fold, 1, ball(20, 20, 18, 6), "anatomy");
  write(fold, 3, ball(34, 20, 18, 5), "anatomy");
  const before = dense(fold, "anatomy");
  write(fold, 2, ball(28, 20, 18, 8), "proposal");
  expect(dense(fold, "anatomy")).toEqual(before);

  const wanted = dense(fold, "proposal"), found = proposed(fold, (value) => value === 3);
  expect(found.map(({ value }) => value)).toEqual([2]);
  expect(found[0].voxels).toBe(wanted.reduce((sum, value, i) => sum + (value === 2 && before[i] !== 3 ? 1 : 0), 0));
  for (const { value, bricks } of found) write(fold, value, bricks, "anatomy");
  write(fold, 0, proposalRuns(fold), "proposal");
  expect(dense(fold, "anatomy")).toEqual(before.map((value, i) => (wanted[i] === 2 && value !== 3 ? 2 : value)));
  expect(dense(fold, "proposal").some((value) => value !== 0)).toBe(false);
});

it("accepts and discards inside a brush only", () => {
  const fold = new MaskFold(grid);
  write(fold, 5, ball(25, 20, 18, 9), "proposal");
  const inside = dense(fold, "proposal").reduce((sum, value) => sum + (value === 5 ? 1 : 0), 0);
  const upper = (_brick: number, local: number) => (local >> 10) >= 18;
  const [part] = proposed(fold, () => false, upper);
  expect(part.voxels).toBeGreaterThan(0);
  expect(part.voxels).toBeLessThan(inside);
  write(fold, 0, proposalRuns(fold, upper), "proposal");
  expect(dense(fold, "proposal").reduce((sum, value) => sum + (value === 5 ? 1 : 0), 0)).toBe(inside - part.voxels);
});

it("is painted as stripes of value + 128 over the anatomy, in every plane", () => {
  const anatomy = new Uint8Array(32768).fill(1), proposal = new Uint8Array(32768).fill(7);
  const painted = compositeBrick(anatomy, proposal) ?? new Uint8Array();
  for (let local = 0; local < painted.length; local++) expect(painted[local]).toBe(isStriped(local) ? 7 + proposalOffset : 1);
  for (const [a, b] of [[1, 32], [1, 1024], [32, 1024]]) {
    const seen = new Set<number>();
    for (let i = 0; i < 32; i++) for (let j = 0; j < 32; j++) seen.add(painted[i * a + j * b]);
    expect(seen).toEqual(new Set([1, 135]));
  }
  expect(compositeBrick(anatomy, undefined)).toBe(anatomy);
  expect(compositeBrick(undefined, undefined)).toBeUndefined();
});

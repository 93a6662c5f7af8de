import { expect, it } from "vitest";
import { maxOutlinePoints, presenceView } from "../../../core/protocol/room.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { outlineOf, viewOf } from "../../../app/room/session/usePresence.ts";
import type { OutlineDraft } from "../../../app/room/tools/outlineDraft.ts";

const drawn = (count: number, more: Partial<OutlineDraft> = {}): OutlineDraft => ({ pane: "coronal", shape: "freeForm", points: Array.from({ length: count }, (_, n) => rasPoint(-123.456 + n, 98.765, -67.891 + n / 3)), next: null, held: null, pressedAtMs: 0, ...more });

it("a shape under way is told as the room takes it, however long it is: thinned, with the hand's last point, within an entry's 4 KiB", () => {
  for (const count of [1, 2, maxOutlinePoints, maxOutlinePoints + 1, 5000]) {
    const view = viewOf({ pointer: null, crosshair: rasPoint(1.23, 4, 5), tool: "draw", segment: 3, outline: drawn(count) }), taken = presenceView.parse(view);
    expect(taken).toEqual(view);
    expect(JSON.stringify(view).length).toBeLessThan(4096);
    const points = taken.outline?.points ?? [];
    expect(points.length).toBeGreaterThan(Math.min(count, maxOutlinePoints) / 2 - 1);
    expect(points.at(-1)).toEqual([Math.round((-123.456 + count - 1) * 10) / 10, 98.8, Math.round((-67.891 + (count - 1) / 3) * 10) / 10]);
  }
});

it("a circle or rectangle of other than two points, which only a forged entry has, is not taken: nobody can draw it", () => {
  const point = [1, 2, 3];
  for (const shape of ["circle", "rectangle"]) {
    for (const [count, isTaken] of [[1, false], [2, true], [3, false]] as const) {
      expect(presenceView.safeParse({ outline: { pane: "axial", shape, points: Array.from({ length: count }, () => point) } }).success).toBe(isTaken);
    }
  }
  expect(presenceView.safeParse({ outline: { pane: "axial", shape: "polygon", points: [point] } }).success).toBe(true);
});

it("a cut on the surfaces is told as a line in the room, laid over what is seen where it is drawn; the edge under the pointer is nobody else's", () => {
  expect(outlineOf(null)).toBeUndefined();
  expect(outlineOf(drawn(9, { shape: "edge" }))).toBeUndefined();
  expect(outlineOf(drawn(9, { pane: "surface" }))).toBeUndefined();
  const line = outlineOf(drawn(9, { pane: "surface", shape: "circle" }), () => [[1.23, 4, 5.67], [2, 3, 4]]);
  expect(line).toEqual({ pane: "surface", shape: "freeForm", points: [[1.2, 4, 5.7], [2, 3, 4]] });
  expect(presenceView.parse({ outline: line }).outline).toEqual(line);
  expect(presenceView.safeParse({ outline: { ...line, shape: "circle" } }).success).toBe(false);
});

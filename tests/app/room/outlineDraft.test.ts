import { describe, expect, it } from "vitest";
import { begun, closed, moved, type OutlineDraft, pressed, type Reach, released, thinned, withoutLast } from "../../../app/room/tools/outlineDraft.ts";

const reach: Reach = { px: 9, toPixels: (p) => [p[0], p[1]] }, start = { pane: "surface" as const, shape: "polygon" as const };
const clicked = (draft: OutlineDraft | null, p: [number, number], timeMs: number): OutlineDraft => {
  const down = draft ? pressed(draft, p, timeMs, reach) : { kind: "on" as const, draft: begun(start, p, timeMs, reach) };
  if (down.kind !== "on") throw new Error("it was closed");
  const up = released(down.draft, reach);
  if (up.kind !== "on") throw new Error("it was closed");
  return up.draft;
};
const triangle = () => clicked(clicked(clicked(null, [10, 10], 0), [60, 10], 1000), [60, 50], 2000);

describe("an outline under the hand", () => {
  it("a polygon grows click by click, and a second press on its last corner, its first corner or Enter closes it", () => {
    const draft = triangle();
    expect(draft.points).toEqual([[10, 10], [60, 10], [60, 50]]);
    // The double click: its first half sets the corner, its second closes.
    const fourth = clicked(draft, [12, 50], 3000), twice = pressed(fourth, [13, 51], 3200, reach);
    expect(twice.kind === "done" && twice.draft.points.length).toBe(4);
    expect(pressed(fourth, [13, 51], 4000, reach).kind).toBe("on");
    const onFirst = pressed(draft, [11, 12], 5000, reach);
    expect(onFirst.kind === "on" && released(onFirst.draft, reach).kind).toBe("done");
    expect(closed(draft).kind).toBe("done");
    expect(closed(clicked(null, [1, 1], 0)).kind).toBe("on");
  });
  it("corners can be moved before it is closed, the first too, and a trembling hand moves none", () => {
    const held = pressed(triangle(), [61, 11], 9000, reach);
    if (held.kind !== "on") return expect.fail("closed");
    expect(moved(held.draft, [[62, 13]], reach).points[1]).toEqual([60, 10]);
    const there = released(moved(held.draft, [[80, 5]], reach), reach);
    expect(there.kind === "on" && there.draft.points).toEqual([[10, 10], [80, 5], [60, 50]]);
    const first = pressed(triangle(), [10, 10], 9000, reach);
    if (first.kind !== "on") return expect.fail("closed");
    const up = released(moved(first.draft, [[0, 30]], reach), reach);
    expect(up.kind === "on" && up.draft.points[0]).toEqual([0, 30]);
  });
  it("Backspace takes the last corner back, down to none", () => {
    const two = withoutLast(triangle());
    expect(two?.points).toEqual([[10, 10], [60, 10]]);
    expect(withoutLast(withoutLast(two!)!)).toBeNull();
  });
  it("circle and rectangle follow the pointer and are nothing without a size; a free line needs three points", () => {
    for (const shape of ["circle", "rectangle"] as const) {
      const draft = begun({ ...start, shape }, [20, 20], 0, reach);
      expect(released(draft, reach).kind).toBe("nothing");
      const out = released(moved(draft, [[25, 21], [30, 28]], reach), reach);
      expect(out.kind === "done" && out.draft.points).toEqual([[20, 20], [30, 28]]);
    }
    const line = begun({ ...start, shape: "freeForm" }, [0, 0], 0, reach);
    expect(released(moved(line, [[5, 0]], reach), reach).kind).toBe("nothing");
    expect(released(moved(line, [[5, 0], [5, 9]], reach), reach).kind).toBe("done");
  });
  it("a freehand line loses points that lie close together, never its first", () => {
    expect(thinned([[0, 0], [0.2, 0], [0.9, 0], [1.3, 0], [1.4, 0]], 1)).toEqual([[0, 0], [1.3, 0]]);
  });
});

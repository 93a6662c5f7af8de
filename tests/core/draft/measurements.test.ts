import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { angleDeg, areaMm2, closedLine, freeName, lengthMm, measurementText, newMeasurementName } from "../../../core/draft/measurements.ts";
import { implantsOf, measurementsOf, PlanEditor } from "../../../core/draft/planDoc.ts";
import { orderBetween, pointParameter, pointsIn, pointValue } from "../../../core/draft/planPoints.ts";

const mm = fc.double({ min: -200, max: 200, noNaN: true }), point = fc.tuple(mm, mm, mm);

describe("measurements of a plan", () => {
  it("lengths, angles and areas are those of plain geometry", () => {
    expect(lengthMm([0, 0, 0], [3, 4, 12])).toBe(13);
    expect(angleDeg([1, 0, 0], [0, 0, 0], [0, 5, 0])).toBeCloseTo(90, 10);
    expect(angleDeg([1, 0, 0], [0, 0, 0], [-2, 1e-9, 0])).toBeCloseTo(180, 6);
    expect(angleDeg([0, 0, 0], [0, 0, 0], [1, 0, 0])).toBeNull();
    // A square of 10 mm in a coronal slice, an L of three of them, walked either way round.
    expect(areaMm2([[0, 7, 0], [10, 7, 0], [10, 7, 10], [0, 7, 10]])).toBe(100);
    expect(areaMm2([[0, 7, 0], [20, 7, 0], [20, 7, 10], [10, 7, 10], [10, 7, 20], [0, 7, 20]].reverse() as [number, number, number][])).toBe(300);
    expect(measurementText({ value: 12.345, unit: "mm" })).toBe("12.3 mm");
    expect(measurementText({ value: 89.96, unit: "°" })).toBe("90.0°");
  });

  it("are told apart by their names: a new one takes none that another has, of at most 60 characters", () => {
    const others = ["Length", "Length 3", "Angle"].map((name) => ({ name }));
    expect([newMeasurementName("ruler", others), newMeasurementName("ruler", [...others, { name: "Length 2" }]), newMeasurementName("area", others)]).toEqual(["Length 2", "Length 4", "Area"]);
    const long = "x".repeat(70), taken = [freeName(long, [])];
    for (let n = 2; n <= 11; n++) taken.push(freeName(long, taken));
    expect([new Set(taken).size, Math.max(...taken.map((name) => name.length)), taken[10].endsWith("x 11")]).toEqual([11, 60, true]);
  });

  it("do not change when all is moved and turned by a quarter, and an angle does not depend on its arms' lengths", () => {
    fc.assert(fc.property(fc.array(point, { minLength: 3, maxLength: 8 }), point, fc.double({ min: 0.1, max: 9, noNaN: true }), (points, by, times) => {
      const moved = points.map(([x, y, z]) => [by[0] - y, by[1] + x, by[2] + z] as const);
      expect(areaMm2(moved)).toBeCloseTo(areaMm2(points), 4);
      expect(lengthMm(moved[0], moved[1])).toBeCloseTo(lengthMm(points[0], points[1]), 8);
      const [a, b, c] = points, one = angleDeg(a, b, c), far = angleDeg([b[0] + times * (a[0] - b[0]), b[1] + times * (a[1] - b[1]), b[2] + times * (a[2] - b[2])], b, c);
      if (one !== null && far !== null && lengthMm(a, b) > 1e-3 && lengthMm(b, c) > 1e-3) expect(far).toBeCloseTo(one, 5);
    }), { numRuns: 200 });
  });

  it("PL3: stand in the plan beside the implants; two people move two points at once, both stay, each undoes only their own", () => {
    const docs = [new Y.Doc(), new Y.Doc()], [ana, ben] = docs.map((doc) => new PlanEditor(doc, () => null));
    const meet = () => { Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0])); Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(docs[1])); };
    ana.set("plate1", "family", "cranial");
    ana.set("ruler1", "family", "ruler");
    ana.set("ruler1", pointParameter("points", "a"), pointValue([0, 0, 0], 0));
    ana.set("ruler1", pointParameter("points", "b"), pointValue([10, 0, 0], 1));
    meet();
    for (const doc of docs) {
      expect([...implantsOf(doc).keys()]).toEqual(["plate1"]);
      expect(measurementsOf(doc)).toMatchObject([{ id: "ruler1", kind: "ruler", name: "Length", value: 10, unit: "mm" }]);
    }
    ana.set("ruler1", pointParameter("points", "a"), pointValue([0, 0, 10.00049], 0));
    ben.set("ruler1", pointParameter("points", "b"), pointValue([0, 0, 30], 1));
    meet();
    for (const doc of docs) expect(measurementsOf(doc)[0].value).toBe(20);
    expect(ana.undo().kind).toBe("done");
    meet();
    for (const doc of docs) expect(measurementsOf(doc)[0].value).toBe(30);
    ben.set("ruler1", "isRemoved", true);
    meet();
    expect(measurementsOf(docs[0])).toEqual([]);
    expect(ben.undo().kind).toBe("done");
    meet();
    expect(measurementsOf(docs[0])).toHaveLength(1);
  });

  it("PL3: points keep the order of their places, whoever put one between two others", () => {
    const at = (order: number) => pointValue([order, 0, 0], order), parameters = { "points/b": at(1), "points/a": at(0), "points/c": at(orderBetween(0, 1)), "points/d": null, "outline/x": at(0.2) };
    expect(pointsIn(parameters, "points").map(({ id }) => id)).toEqual(["a", "c", "b"]);
    expect([orderBetween(null, null), orderBetween(null, 0), orderBetween(4, null), orderBetween(4, 5)]).toEqual([0, -1, 5, 4.5]);
  });

  it("a line drawn by hand keeps its area when it is thinned to the corners that a plan takes", () => {
    const round = Array.from({ length: 720 }, (_, i) => [20 * Math.cos((i * Math.PI) / 360), 20 * Math.sin((i * Math.PI) / 360), 5] as const), thin = closedLine(round, 64);
    expect(thin).toHaveLength(64);
    expect(Math.abs(areaMm2(thin) / (Math.PI * 400) - 1)).toBeLessThan(0.003);
    expect(closedLine(thin, 64)).toEqual(thin);
  });

  it("PL3: what a measurement is made with goes and comes at once; one that a peer has changed since stays, and an implant that is not wanted goes too", () => {
    const docs = [new Y.Doc(), new Y.Doc()], [ana, ben] = docs.map((doc) => new PlanEditor(doc, (name) => (name === "family" ? "cranial" : null)));
    const meet = () => { Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0])); Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(docs[1])); };
    const make = (id: string) => ana.together(() => {
      ana.set(id, "family", "ruler");
      ana.set(id, pointParameter("points", "a"), pointValue([0, 0, 0], 0));
      ana.set(id, pointParameter("points", "b"), pointValue([10, 0, 0], 1));
    });
    make("ruler1");
    meet();
    expect(ana.undo().kind).toBe("done");
    meet();
    for (const doc of docs) { expect(measurementsOf(doc)).toEqual([]); expect(implantsOf(doc).size).toBe(0); }
    expect([ana.canUndo, ana.redo().kind]).toEqual([false, "done"]);
    meet();
    expect(measurementsOf(docs[1])).toMatchObject([{ value: 10 }]);
    ben.set("ruler1", pointParameter("points", "b"), pointValue([30, 0, 0], 1));
    meet();
    expect(ana.undo().kind).toBe("overwritten");
    meet();
    expect(measurementsOf(docs[0])).toMatchObject([{ value: 30 }]);
    ana.set("plate1", "family", "cranial");
    expect(ana.undo().kind).toBe("done");
    expect(implantsOf(docs[0]).size).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { readMeasurement } from "../../../core/draft/measurements.ts";
import { implantsOf, maxPlanValueBytes, measurementsOf, PlanEditor, type PlanValue, sectionsOf } from "../../../core/draft/planDoc.ts";
import { isSectionValue, planeOf, sectionMiddle, sectionText, sectionValue } from "../../../core/draft/sections.ts";
import { isParameterValue, isPlanParameter } from "../../../core/implant/plan.ts";
import { planeSection, type SectionPlane } from "../../../core/surface/planeSection.ts";
import { sphereMesh } from "../surface/shapes.ts";

const plane: SectionPlane = { at: [0, 0, 2], normal: [0, 0, 1] }, cut = planeSection(sphereMesh(20, 256), plane), key = "a".repeat(64);
const value = (of = cut): PlanValue => sectionValue({ source: "segment/3", key, plane }, of);

describe("sections of a plan", () => {
  it("PL6: stand beside implants and measurements and make nothing; tell surface, content, plane and what was measured; go and come in one act", () => {
    const doc = new Y.Doc(), editor = new PlanEditor(doc, () => null);
    editor.together(() => { editor.set("sect01", "family", "section"); editor.set("sect01", "name", "Bone"); editor.set("sect01", "section", value()); });
    expect([implantsOf(doc).size, measurementsOf(doc)]).toEqual([0, []]);
    const [section] = sectionsOf(doc);
    expect(section).toMatchObject({ id: "sect01", name: "Bone", source: "segment/3", key, plane, areaMm2: expect.closeTo(cut.areaMm2!, 2), lengthMm: expect.closeTo(cut.lengthMm, 2) });
    expect(Math.abs(section.areaMm2! / (Math.PI * 396) - 1)).toBeLessThan(0.002);
    expect(sectionText(section)).toBe(`${cut.areaMm2!.toFixed(1)} mm², outline ${cut.lengthMm.toFixed(1)} mm`);
    expect(sectionText({ ...section, areaMm2: null })).toContain("open");
    // What is seen of it lies on the line that was measured.
    for (const [x, y, z] of section.lines[0].points) expect([Math.abs(Math.hypot(x, y) - Math.sqrt(396)) < 0.2, z]).toEqual([true, 2]);
    const middle = sectionMiddle(section);
    expect([Math.hypot(middle[0], middle[1]) < 1, middle[2]]).toEqual([true, expect.closeTo(2, 9)]);
    editor.undo();
    expect(sectionsOf(doc)).toEqual([]);
    editor.redo();
    expect(sectionsOf(doc)).toHaveLength(1);
  });

  it("the longest outlines with few corners fit into a plan's value, however many and however fine they are", () => {
    const wild = { areaMm2: 123456.7891, lengthMm: 9.5, lines: Array.from({ length: 300 }, (_, n) => ({ isClosed: n % 3 > 0, points: Float64Array.from({ length: 3 * (50 + 7 * n) }, (_ignored, i) => -9000.123 + Math.sin(i * n) * 999) })) }, made = value(wild);
    expect(new TextEncoder().encode(JSON.stringify(made)).length).toBeLessThan(maxPlanValueBytes);
    expect(isSectionValue(made)).toBe(true);
    expect([isSectionValue(value({ areaMm2: null, lengthMm: 0, lines: [] })), isPlanParameter("section")]).toEqual([true, true]);
  });

  it("a value that is no section's does not stand in a plan: another source, numbers that are none, a normal without length, broken lines", () => {
    const good = value() as readonly PlanValue[], other = (at: number, to: PlanValue): PlanValue => good.map((part, i) => (i === at ? to : part));
    expect(isParameterValue("section", good)).toBe(true);
    for (const bad of [null, 5, "section", good.slice(0, 5), other(0, "segment/../1"), other(0, "volume/1"), other(1, ""), other(2, [0, 0, 0, 0, 0, 0]), other(2, [0, 0, 20_000, 0, 0, 1]), other(3, -1), other(4, null), other(5, [[true, 1, 2]]), other(5, [[1, 2, 3]]), other(5, Array.from({ length: 13 }, () => [true]))]) {
      expect([bad, isParameterValue("section", bad)]).toEqual([bad, false]);
    }
  });

  it("a ruler gives the plane across it in its middle, an angle and an area the plane of their points; points on a line give none", () => {
    const measured = (family: string, points: readonly (readonly [number, number, number])[]) => planeOf(readMeasurement("m00001", { family, ...Object.fromEntries(points.map((at, i) => [`points/p${i}`, [...at, i]])) })!);
    expect(measured("ruler", [[0, 0, 0], [0, 8, 6]])).toEqual({ at: [0, 4, 3], normal: [0, 0.8, 0.6] });
    expect(measured("angle", [[0, 0, 5], [3, 0, 5], [0, 3, 5]])).toEqual({ at: [1, 1, 5], normal: [0, 0, 1] });
    expect(measured("area", [[0, 7, 0], [10, 7, 0], [10, 7, 10], [0, 7, 10]])).toEqual({ at: [5, 7, 5], normal: [0, -1, 0] });
    expect([measured("angle", [[0, 0, 0], [1, 0, 0], [2, 0, 0]]), measured("ruler", [[1, 1, 1]]), measured("ruler", [[1, 1, 1], [1, 1, 1]])]).toEqual([null, null, null]);
  });
});

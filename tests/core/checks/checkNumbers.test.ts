import { describe, expect, it } from "vitest";
import { checkNumbers, directionWords } from "../../../core/checks/checkNumbers.ts";
import { fitOf } from "../../../core/checks/fit.ts";
import { printabilityOf } from "../../../core/checks/printability.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";

/** A box of 20 × 10 × 4 mm, the lowest corner at the origin. */
function box(): Mesh {
  const positions = Float32Array.from({ length: 24 }, (_, i) => [20, 10, 4][i % 3] * ((Math.floor(i / 3) >> i % 3) & 1));
  return { positions, triangles: Uint32Array.from([0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5]) };
}

describe("what a check measured, for people", () => {
  it("of a print: wall, overhang for its direction of build, size, volume and mass", () => {
    const { report } = printabilityOf(box(), "ti6al4v-lpbf");
    expect(checkNumbers("print", report.numbers)).toEqual(expect.arrayContaining([
      // Its whole underside lies on the plate.
      { name: "Overhang, flatter than 45°, built towards S", value: "200 mm²" }, { name: "Size", value: "20.0 × 10.0 × 4.0 mm" }, { name: "Volume", value: "0.80 mL" }, { name: "Mass", value: "3.5 g" },
    ]));
    const onEdge = printabilityOf(box(), "ti6al4v-lpbf", [1, 0, 0]).report.numbers;
    expect(checkNumbers("print", onEdge)).toContainEqual({ name: "Overhang, flatter than 45°, built towards R", value: "40 mm²" });
    expect(checkNumbers("print", printabilityOf(box(), "peek-machined").report.numbers)).toContainEqual({ name: "Overhang", value: "none counts: it is not printed in layers" });
  });
  it("of a fit: the gap along the rim; and of a report that holds none of it, nothing", () => {
    // What faces the wall of a box is the middle of its side: corners look askew.
    const { positions, triangles } = box(), middle = Float32Array.from([...positions, 20, 5, 2]), fan = Uint32Array.from([...triangles].slice(0, 30).concat([1, 3, 8, 3, 7, 8, 7, 5, 8, 5, 1, 8]));
    const wall: Mesh = { positions: positions.map((x, i) => (i % 3 === 0 ? x + 20.5 : x)), triangles };
    const rows = checkNumbers("fit", fitOf({ positions: middle, triangles: fan }, wall, 0.5).report.numbers);
    expect(rows).toEqual([
      { name: "Gap at the rim: least to most", value: "0.50 to 0.50 mm" }, { name: "Median, 95 %", value: "0.50 mm, 0.50 mm" }, { name: "Within ± 0.25 mm of the plan", value: "100.0 %" },
      { name: "Within ± 0.5 mm", value: "100.0 %" }, { name: "Touches bone", value: "0.0 mm²" }, { name: "Overlaps bone", value: "0.0 mm²" },
    ]);
    expect([checkNumbers("fit", {}), checkNumbers("print", {}), checkNumbers("soundness", {})]).toEqual([[], [], []]);
  });
  it("names a direction by its sides", () => {
    expect([directionWords([0, 0, 1]), directionWords([-0.6, 0, 0.8]), directionWords([0.05, -1, 0]), directionWords("z")]).toEqual(["S", "S and L", "P", null]);
  });
});

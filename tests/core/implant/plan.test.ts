import { describe, expect, it } from "vitest";
import { createHash } from "node:crypto";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import { materialProfiles } from "../../../core/implant/materials.ts";
import { buildDirectionOf, cranialPlan, isParameterValue, isPlanParameter, planDataOf, planParameters, readPlan, unusualValues } from "../../../core/implant/plan.ts";

const minimal = { family: "cranial", bone: 1, region: 2, thickness: "bone", marginMm: 0, bevelDeg: 0, perforation: null, fixation: null, material: "peek-machined" };

describe("the plan", () => {
  it("takes the minimal form of JOBS.md and fills in every default of the table", () => {
    const read = readPlan(minimal);
    if (!("plan" in read)) throw new Error("refused");
    expect(read.plan).toMatchObject(minimal);
    const bare = readPlan({ family: "cranial", bone: 3 });
    if (!("plan" in bare)) throw new Error("refused");
    for (const { key, default: byDefault } of planParameters) if (key !== "bone" && key !== "buildDirection") expect([key, bare.plan[key as keyof typeof bare.plan]]).toEqual([key, byDefault]);
  });

  it("has one flat key a parameter, the same ones in table and schema", () => {
    expect(planParameters.map(({ key }) => key).sort()).toEqual(Object.keys(cranialPlan.shape).sort());
    for (const { rule, source } of planParameters) expect([rule, source].every((text) => text.length > 0)).toBe(true);
  });

  it("gives a unit to what has one, and none to a count", () => {
    for (const { key, unit } of planParameters) expect([key, unit]).toEqual([key, key === "bevelDeg" ? "°" : key.endsWith("Mm") || ["thickness", "outline", "fixationPoints"].includes(key) ? "mm" : null]);
    const read = readPlan({ ...minimal, fixationCount: 11 });
    expect("faults" in read && read.faults[0].message).toBe("fixationCount: Tabs must be a number from 0 to 10");
  });

  it("refuses unknown keys by name", () => {
    const read = readPlan({ ...minimal, marginMM: 1, colour: "red" });
    expect("faults" in read && read.faults.map(({ key }) => key)).toEqual(["marginMM", "colour"]);
  });

  it("refuses every number outside its range, at its own key", () => {
    for (const { key, range } of planParameters) {
      if (!range || ["insertionAxis", "buildDirection"].includes(key)) continue;
      for (const value of [range[0] - 1, range[1] + 1, NaN, "4"]) {
        const read = readPlan({ ...minimal, [key]: value });
        expect(["faults" in read && read.faults[0].key, value]).toEqual([key, value]);
      }
    }
  });

  it("PL3: takes points from their own keys, in their order, without those that were taken out; region and outline exclude each other", () => {
    const parameters = {
      family: "cranial", bone: 1, name: "Plate", "outline/b": [1, 2, 3, 2], "outline/a": [4, 5, 6, 1], "outline/c": [7, 8, 9, 1.5], "outline/gone": null, "fixationPoints/x": [0, 0, 1, 0],
    };
    const data = planDataOf(parameters);
    expect(data).toEqual({ family: "cranial", bone: 1, outline: [[4, 5, 6], [7, 8, 9], [1, 2, 3]], fixationPoints: [[0, 0, 1]] });
    const read = readPlan(data), both = readPlan({ ...data, region: 2 }), two = readPlan({ ...data, outline: [[0, 0, 0], [1, 0, 0]] });
    expect("plan" in read && read.plan.outline).toHaveLength(3);
    expect("faults" in both && both.faults.map(({ key }) => key)).toEqual(["outline"]);
    expect("faults" in two && two.faults.map(({ key }) => key)).toEqual(["outline"]);
    for (const name of ["outline/p1", "fixationPoints/0", "points/zz"]) expect(isPlanParameter(name)).toBe(true);
    for (const name of ["outline", "outline/", "outline/A", "holes/p1", "fixationPoints"]) expect(isPlanParameter(name)).toBe(false);
    for (const value of [null, [1, 2, 3, 0]]) expect(isParameterValue("outline/p1", value)).toBe(true);
    for (const value of [4, [1, 2, 3], [1, 2, 20_000, 0], ["1", 2, 3, 0]]) expect(isParameterValue("outline/p1", value)).toBe(false);
  });

  it("takes a direction to build in, and where there is none a plan keeps the bytes that it had before plans could say one", () => {
    const of = (buildDirection?: unknown) => readPlan({ family: "cranial", bone: 3, ...buildDirection !== undefined && { buildDirection } });
    const plain = of(), up = of(null), tilted = of([0, -0.6, 0.6]);
    if (!("plan" in plain) || !("plan" in up) || !("plan" in tilted)) throw new Error("refused");
    expect(createHash("sha256").update(canonicalBytes(plain.plan)).digest("hex")).toBe("b3409c9376acc9a6e33babc1b9d213166e171f03095be8f27f7f2617102768ad");
    expect(canonicalBytes(up.plan)).toEqual(canonicalBytes(plain.plan));
    expect([buildDirectionOf(plain.plan), tilted.plan.buildDirection]).toEqual([[0, 0, 1], [0, -0.6, 0.6]]);
    expect(buildDirectionOf(tilted.plan).map((x) => x * x * Math.sign(x))).toEqual([0, expect.closeTo(-0.5, 9), expect.closeTo(0.5, 9)]);
    for (const wrong of [[0, 0, 0], [0, 2, 0], [0, 1], "up", 1]) {
      const read = of(wrong);
      expect("faults" in read && read.faults[0].key.split(".")[0]).toBe("buildDirection");
    }
  });

  it("tells what is unusual without refusing it", () => {
    const read = readPlan({ ...minimal, thickness: 2, marginMm: 0.5, bevelDeg: 7 });
    if (!("plan" in read)) throw new Error("refused");
    expect(unusualValues(read.plan).map(({ key }) => key)).toEqual(["thickness"]);
    // CR1, CR2: by the material. What is offered for one is usual for it.
    const of = (material: string, thickness: number) => unusualValues({ ...read.plan, material, thickness }).map(({ key, usual, source }) => [key, ...usual, source]);
    for (const { id, plateMm: [, offered] } of materialProfiles) expect([id, of(id, offered)]).toEqual([id, []]);
    expect([of("ti6al4v-lpbf", 4), of("ti6al4v-lpbf", 1.5), of("peek-fff", 0.6)]).toEqual([[["thickness", 0.6, 1.5, "unverified (CR2)"]], [], [["thickness", 3, 6, "CR1; 3 mm and 6 mm unverified"]]]);
  });
});

it("whatever stands in a parameter, what is wrong with it is said in words of the plan, with the limits", () => {
  const bad = [400, -400, 0.123456, "much", true, null, [], {}, [[1]], [[1, 2, 99_999]], [0, 0, 5], Number.NaN];
  for (const { key } of planParameters) for (const value of bad) {
    const read = readPlan({ family: "cranial", bone: 1, [key]: value });
    for (const { message } of "faults" in read ? read.faults : []) expect(message, `${key}: ${JSON.stringify(value)}`).not.toMatch(/too (big|small)|invalid|expected|<=|>=/i);
  }
  const thick = readPlan({ family: "cranial", bone: 1, thickness: 400 });
  expect("faults" in thick && thick.faults).toEqual([{ key: "thickness", message: "thickness: thickness is «bone» or a number from 0.4 to 12 mm" }]);
});

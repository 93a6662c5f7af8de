import { describe, expect, it } from "vitest";
import { judgeBrokenSlices, type BrokenSlice } from "../../../core/checks/brokenSlices.ts";
import { planSeries, type SliceGeometry } from "../../../core/checks/series.ts";
import { emptiedRemains, isEmptied, remainsOf } from "../../../core/volume/dicom/remains.ts";
import { dicomSlice, element } from "../../workers/import/dicomWriter.ts";

const geometry = (z: number, orientation = [1, 0, 0, 0, 1, 0]): SliceGeometry => ({ columns: 4, rows: 3, position: orientation[4] === 1 ? [10, 20, z] : [10, -z, 20], orientation, pixelSpacing: [1, 1] });
const planOf = (along: number[], orientation?: number[]) => {
  const made = planSeries(along.map((z) => geometry(z, orientation)), { useRegularPart: false, maxVoxels: 1e6 });
  if (!made.ok) throw new Error(made.refusal.message);
  return made.plan;
};
const broken = (rest: Partial<BrokenSlice>): BrokenSlice => ({ label: "f", isOfSeries: true, instanceNumber: null, position: null, ...rest });
const heights = [30, 32, 34, 36], numbers = [4, 3, 2, 1];

describe("slices lost with their files", () => {
  it("IM12 W3: a broken slice at an end is named with number and position, and blocks; which end it was comes from its position", () => {
    expect(judgeBrokenSlices(planOf(heights), numbers, [])).toEqual([]);
    const [top] = judgeBrokenSlices(planOf(heights), numbers, [broken({ instanceNumber: 0, position: [10, 20, 38] })]);
    expect(top).toMatchObject({ code: "broken-slices", severity: "blocked", value: 1, limit: 0, unit: "slices", files: ["f"] });
    expect(top.message).toBe("One slice is broken and not read: f (Instance Number 0, Image Position 10\\20\\38 mm). The volume is shorter towards the head for it: it ends at 36 mm along the slices' normal.");
    expect(judgeBrokenSlices(planOf(heights), numbers, [broken({ position: [10, 20, 28] })])[0].message).toMatch(/shorter towards the feet for it: it ends at 30 mm/);
    // Upright slices: along the normal is from the back to the front.
    const upright = [1, 0, 0, 0, 0, -1];
    expect(judgeBrokenSlices(planOf(heights, upright), numbers, [broken({ position: [10, -38, 20] })])[0].message).toMatch(/shorter towards the front/);
    expect(judgeBrokenSlices(planOf(heights, upright), numbers, [broken({ position: [10, -28, 20] })])[0].message).toMatch(/shorter towards the back/);
  });

  it("without a position the Instance Number tells the end, but only where the others follow theirs", () => {
    const lost = broken({ instanceNumber: 6 });
    expect(judgeBrokenSlices(planOf(heights), numbers, [lost])[0].message).toMatch(/\(Instance Number 6, by that number 26 mm along.*shorter towards the feet/);
    for (const odd of [[4, 2, 3, 1], [4, 3, null, 1], [1, 1, 1, 1]]) expect(judgeBrokenSlices(planOf(heights), odd, [lost])[0].message).toMatch(/cannot be told: no slice is missing between the others/);
    expect(judgeBrokenSlices(planOf([30, 32, 36, 38]), [1, 1, 1, 1], [lost])[0].message).toMatch(/to the gap between slices, or to an end/);
  });

  it("each end and the inside are findings of their own; another series' slices are none; one of a series that cannot be read blocks too", () => {
    const found = judgeBrokenSlices(planOf([30, 32, 36, 38]), numbers, [
      broken({ label: "a", position: [10, 20, 34] }), broken({ label: "b", position: [10, 20, 40] }), broken({ label: "c", position: [10, 20, 42] }), broken({ label: "d", isOfSeries: false, position: [10, 20, 28] }), broken({ label: "e", isOfSeries: null }),
    ]);
    expect(found.map(({ severity, value, files }) => [severity, value, files])).toEqual([["blocked", 1, ["a"]], ["blocked", 2, ["b", "c"]], ["blocked", 1, ["e"]]]);
    expect(found[0].message).toMatch(/between the others/);
    expect(found[2].message).toMatch(/of a series that cannot be read/);
  });
});

describe("what a broken file still tells", () => {
  it.each([["explicit", false], ["implicit", true]])("IM1: series, number and place are found in broken %s headers, cut or garbled, and nothing that is not there", (_, implicit) => {
    const whole = dicomSlice({ z: 38, index: 4, implicit, extra: [element(0x20, 0x13, "IS", "5", implicit)] }), told = { isDicom: true, seriesUids: ["1.2.8"], instanceNumber: 5, position: [10, 20, 38] };
    expect(remainsOf(whole)).toEqual(told);
    const garbled = whole.slice();
    garbled.fill(0x3f, 140, 190);
    expect(remainsOf(garbled)).toEqual(told);
    const at = Buffer.from(whole).indexOf("10\\20\\38");
    expect(remainsOf(whole.subarray(0, at + 4))).toEqual({ ...told, position: null });
    expect(remainsOf(whole.subarray(0, 140))).toEqual({ ...told, seriesUids: [], instanceNumber: null, position: null });
  });

  it("IM1: any bytes are looked through without a throw; an emptied file is known as one", () => {
    for (let length = 0; length < 300; length++) remainsOf(Uint8Array.from({ length }, (_, i) => [0x20, 0, 0x32, 0, 0x44, 0x53, 255, 255][(i * length + i) % 8]));
    expect([isEmptied(new Uint8Array(0)), isEmptied(new Uint8Array(132)), isEmptied(dicomSlice({ z: 0, index: 0 }).subarray(0, 132))]).toEqual([true, true, false]);
    expect(emptiedRemains.isDicom).toBe(true);
  });
});

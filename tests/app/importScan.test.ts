import { expect, it } from "vitest";
import { scan, unreadOf } from "../../app/cases/import/scan.ts";
import { dicomSlice, element } from "../workers/import/dicomWriter.ts";

/** What the page finds of a series with these gaps, its files out of order. */
async function oddEndOf(gapsMm: number[], more: { twice?: number; place?: (z: number) => { position: number[]; orientation: number[] } } = {}) {
  const heights = [0, ...gapsMm.map((_, k) => gapsMm.slice(0, k + 1).reduce((sum, mm) => sum + mm, 0))], files = heights.map((z, index) => dicomSlice({ z, index, place: more.place?.(z) }));
  if (more.twice !== undefined) files.push(files[more.twice]);
  const sources = files.reverse().map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) }));
  const { series } = await scan(sources, new Uint8Array(32), "2026-01-15", () => undefined);
  expect(series).toHaveLength(1);
  return series[0].oddEnd;
}

it("IM11: one slice at an odd distance at either end is seen before anything is sent; odd gaps elsewhere, two of them, doubled places and short series are not such an end", async () => {
  const end = { slices: 5, even: 4, gapMm: 1.5, oddMm: 1 };
  expect(await oddEndOf([1.5, 1.5, 1.5, 1])).toEqual(end);
  expect(await oddEndOf([1, 1.5, 1.5, 1.5])).toEqual(end);
  expect(await oddEndOf([1.5, 1.5, 1.5, 3])).toEqual({ ...end, oddMm: 3 });
  // Slices that stand upright, the odd one in front.
  expect(await oddEndOf([1.5, 1.5, 1.5, 1], { place: (mm) => ({ position: [5, -mm, 9], orientation: [1, 0, 0, 0, 0, -1] }) })).toEqual(end);
  for (const gapsMm of [[1.5, 1.5, 1.5, 1.5], [1.5, 1, 1.5, 1.5], [1, 1.5, 1.5, 1], [1.5, 1], [1.5, 1.5, 1.5, 1.505]]) expect(await oddEndOf(gapsMm), gapsMm.join(" ")).toBeNull();
  expect(await oddEndOf([1.5, 1.5, 1.5, 1], { twice: 1 })).toBeNull();
});

it("IM12 W3: what is known of a slice that cannot be read goes with the upload of its series, and of no other", async () => {
  const files = [0, 1, 2, 3].map((index) => dicomSlice({ z: 2 * index, index, extra: [element(0x20, 0x13, "IS", String(index + 1))] })), other = dicomSlice({ z: 9, index: 9, seriesUid: "1.2.9" });
  for (const bytes of [files[3], other]) bytes.fill(0x3f, Buffer.from(bytes).indexOf("CT") - 4, Buffer.from(bytes).indexOf("CT"));
  const sources = [...files, other, new Uint8Array(0)].map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) }));
  const made = await scan(sources, new Uint8Array(32), "2026-01-15", () => undefined);
  expect(made.broken.map(({ path }) => path)).toEqual(["3", "4", "5"]);
  expect(unreadOf(made, "1.2.8")).toEqual([{ isOfSeries: true, instanceNumber: 4, position: [10, 20, 6] }, { isOfSeries: null, instanceNumber: null, position: null }]);
});

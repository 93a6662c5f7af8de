import { expect, it } from "vitest";
import { headerOf } from "../../app/cases/import/headerOf.ts";
import { scan } from "../../app/cases/import/scan.ts";
import { readDicom } from "../../core/volume/dicom/reader.ts";
import { enhancedCt } from "../support/enhancedCt.ts";
import { dicomSlice, element, joined } from "../workers/import/dicomWriter.ts";

/** A file of which every read is counted; it says to be as large as a disk's, and is never to be read whole. */
function onDisk(bytes: Uint8Array, size = bytes.length) {
  const reads: number[] = [];
  return { reads, source: { path: "a", size, head: async (n: number) => { reads.push(n); return bytes.subarray(0, n); }, whole: async (): Promise<Blob> => ({ slice: (from: number, to: number) => new Blob([bytes.slice(from, to)]), arrayBuffer: () => { throw new Error("read whole"); } }) as unknown as Blob } };
}

it("an enhanced file whose header is longer than the first part is read by growing parts, never whole, however large it is", async () => {
  const slices = Array.from({ length: 2000 }, (_, index) => dicomSlice({ z: index, index, thickness: "1" })), whole = enhancedCt(slices, { isLegacy: false, isShared: false, order: slices.map((_, k) => k) });
  const { offset } = readDicom(whole).pixels ?? { offset: 0 };
  expect(offset).toBeGreaterThan(262_144);
  // As large as a study of a gigabyte.
  const { reads, source } = onDisk(whole, 2 ** 30);
  const head = await headerOf(source);
  expect([reads, readDicom(head).pixels?.offset]).toEqual([[262_144, 1_048_576], offset]);
  const made = await scan([onDisk(whole).source], new Uint8Array(32), "2026-01-15", () => undefined);
  expect(made.broken).toEqual([]);
  expect([made.series[0].images, made.series[0].preview !== null, made.series[0].slices[999].name]).toEqual([2000, true, "frame 1000 at z 999.0 mm"]);
  // A header that never ends is refused, and not read to its end.
  const endless = joined([dicomSlice({ z: 0, index: 0 }).subarray(0, 132), element(2, 0x10, "UI", "1.2.840.10008.1.2.1"), Uint8Array.of(9, 0, 16, 0, 0x55, 0x4e, 0, 0, 0, 0, 0, 0x30)]), long = onDisk(joined([endless, new Uint8Array(70 * 2 ** 20)]), 2 ** 30);
  await expect(headerOf(long.source)).rejects.toMatchObject({ code: "too-large" });
  expect(long.reads.at(-1)).toBe(64 * 2 ** 20);
});

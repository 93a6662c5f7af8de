import { expect, it } from "vitest";
import { scan, unreadOf } from "../../app/cases/import/scan.ts";
import { partOf } from "../../app/cases/import/seriesPart.ts";
import { byPatient, sayKernel, sayPatient, sayTitle, standardAtHand } from "../../app/cases/import/seriesChoice.ts";
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

it("IM16: a series with more voxels than a volume may have is offered in part: how many slices can be taken, and which files of it go", async () => {
  const made = (count: number, place?: (z: number) => { position: number[]; orientation: number[] }) => Array.from({ length: count }, (_, index) => dicomSlice({ z: 2 * index, index, columns: 4096, rows: 4096, place: place?.(2 * index) }));
  const scanned = async (files: Uint8Array[]) => (await scan(files.map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) })), new Uint8Array(32), "2026-01-15", () => undefined)).series[0];
  // 4096² × 16 are 2²⁸.
  expect((await scanned(made(16))).tooLong).toBeNull();
  const own = await scanned(made(20).reverse());
  expect(own.tooLong).toEqual({ most: 16, places: Array.from({ length: 20 }, (_, k) => 2 * k) });
  // Unless the person says otherwise, from the upper end; the files lie the other way round.
  expect(partOf(own, null)).toMatchObject({ members: Array.from({ length: 16 }, (_, k) => k), part: { first: 4, last: 19 }, range: { fromMm: 8, toMm: 38, unsent: 4 }, isTooLong: false });
  expect(partOf(own, { first: 0, last: 2 })).toMatchObject({ members: [17, 18, 19], range: { fromMm: 0, toMm: 4, unsent: 17 }, isTooLong: false });
  expect(partOf(own, { first: 0, last: 16 })).toMatchObject({ isTooLong: true });
  expect(partOf({ ...own, tooLong: null }, null)).toMatchObject({ members: own.members, range: null, isTooLong: false });
  // A tilted one grows by resampling: fewer of its slices fit.
  const tilted = await scanned(made(16, (z) => ({ position: [0, 0, z], orientation: [1, 0, 0, 0, 0.96, 0.28] })));
  expect(tilted.tooLong?.most).toBeLessThan(16);
});

it("IM15: a character set that is not understood is told of the series, and the patient's name is left as it reads", async () => {
  const scanned = async (charset: string) => {
    const files = [0, 1, 2].map((index) => dicomSlice({ z: 2 * index, index, extra: [element(8, 5, "CS", charset), element(8, 0x103e, "LO", Uint8Array.from("Sch\u00e4del", (letter) => letter.charCodeAt(0)))] }));
    return (await scan(files.map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) })), new Uint8Array(32), "2026-01-15", () => undefined)).series[0];
  };
  const [known, strange] = [await scanned("ISO_IR 100"), await scanned("ISO_IR 999")];
  expect([known.description, known.unreadSets, strange.description, strange.unreadSets, sayPatient(strange.patient).includes("understood")]).toEqual(["Sch\u00e4del", [], "Sch?del", ["ISO_IR 999"], false]);
});

it("a zip inside a zip is told by its name, with what to do", async () => {
  const bytes = new Uint8Array([0x50, 0x4b, 3, 4, ...new Uint8Array(200)]), source = { path: "outer.zip/inner.zip", size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([bytes]) };
  expect((await scan([source], new Uint8Array(32), "2026-01-15", () => undefined)).broken).toEqual([{ path: "outer.zip/inner.zip", why: "it is a zip inside a zip: unpack the outer one and give what is in it", remains: null }]);
});

it("IM12 W3: what is known of a slice that cannot be read goes with the upload of its series, and of no other", async () => {
  const files = [0, 1, 2, 3].map((index) => dicomSlice({ z: 2 * index, index, extra: [element(0x20, 0x13, "IS", String(index + 1))] })), other = dicomSlice({ z: 9, index: 9, seriesUid: "1.2.9" });
  for (const bytes of [files[3], other]) bytes.fill(0x3f, Buffer.from(bytes).indexOf("CT") - 4, Buffer.from(bytes).indexOf("CT"));
  const sources = [...files, other, new Uint8Array(0)].map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) }));
  const made = await scan(sources, new Uint8Array(32), "2026-01-15", () => undefined);
  expect(made.broken.map(({ path }) => path)).toEqual(["3", "4", "5"]);
  expect(unreadOf(made, "1.2.8")).toEqual([{ isOfSeries: true, instanceNumber: 4, position: [10, 20, 6] }, { isOfSeries: null, instanceNumber: null, position: null }]);
});

it("CT8: a card says whose scan and of when, its number and kernel; where a sharp one is picked, the standard one of the same study is named", async () => {
  const made = (uid: string, number: string, kernel: string, more: { name?: string; id?: string; date?: string; study?: string; count?: number; charset?: string } = {}) => Array.from({ length: more.count ?? 3 }, (_, index) => dicomSlice({
    z: 2 * index, index, seriesUid: uid, sopUid: `${uid}.${index}`, name: more.name ?? "M\u00fcller^Eva^K.", id: more.id ?? "77", birth: "19700203",
    extra: [element(8, 5, "CS", more.charset ?? "ISO_IR 192"), element(8, 0x20, "DA", more.date ?? "20251109"), element(8, 0x70, "LO", "SIEMENS"), element(8, 0x103e, "LO", "Head"), element(0x18, 0x1210, "SH", kernel), element(0x20, 0x0d, "UI", more.study ?? "1.9"), element(0x20, 0x11, "IS", number)],
  }));
  const files = [...made("1.2.20", "3", "H60s"), ...made("1.2.21", "2", "H31s", { count: 4 }), ...made("1.2.22", "5", "H31s", { study: "1.8", date: "20200117", count: 5 }), ...made("1.2.23", "2", "H31s", { name: "Other^Man", id: "5", study: "1.7" })];
  // One file of another patient among a series.
  files.push(...made("1.2.24", "9", "H31s"), dicomSlice({ z: 9, index: 9, seriesUid: "1.2.24", name: "Wrong^One" }));
  const sources = files.map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) }));
  const { series } = await scan(sources, new Uint8Array(32), "2026-01-15", () => undefined), of = (uid: string) => series.find(({ id }) => id === uid) ?? expect.fail(uid);
  expect(byPatient(series).map(({ patient, series: own }) => [sayPatient(patient), own.map(({ id }) => id).sort()])).toEqual([
    ["M\u00fcller, Eva K. \u00b7 ID 77 \u00b7 born 3 Feb 1970", ["1.2.20", "1.2.21", "1.2.22", "1.2.24"]], ["Other, Man \u00b7 ID 5 \u00b7 born 3 Feb 1970", ["1.2.23"]],
  ]);
  expect(["1.2.20", "1.2.22"].map((uid) => [sayTitle(of(uid)), of(uid).studyDate, sayKernel(of(uid))])).toEqual([["3 \u00b7 Head", "2025-11-09", "kernel H60s (sharp)"], ["5 \u00b7 Head", "2020-01-17", "kernel H31s (standard)"]]);
  expect([of("1.2.20").patients, of("1.2.24").patients]).toEqual([1, 2]);
  // Not the one of 2020, nor that of another patient, and not for teeth.
  expect(standardAtHand(series, of("1.2.20"), "cranial")?.id).toBe("1.2.21");
  expect([standardAtHand(series, of("1.2.20"), "dental"), standardAtHand(series, of("1.2.21"), "cranial")]).toEqual([null, null]);
  expect(standardAtHand(series.filter(({ id }) => id !== "1.2.21" && id !== "1.2.24"), of("1.2.20"), "cranial")).toBeNull();
});

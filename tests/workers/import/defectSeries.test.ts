import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultLimits, type ImportOptions } from "../../../workers/import/limits.ts";
import { decodeDicom } from "../../../workers/import/dicomSeries.ts";
import { ImportRefused } from "../../../workers/import/refused.ts";
import { collectFiles } from "../../../workers/import/sourceFiles.ts";
import { dicomSlice, element, phantomSlices, type SliceOptions } from "./dicomWriter.ts";

let dir = "", runs = 0;
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-x7-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

type Series = Omit<SliceOptions, "z" | "index"> & { gapsMm: number[]; cutBytes?: number };
const side = 24, air = 24, soft = 1064, bone = 1924;
/** A ball of skull and brain in air. @param at column of its middle @param metal columns that are metal */
const pixels = ({ at = 11.5, radius = 7, metal = 0 } = {}) => Uint16Array.from({ length: side * side }, (_, p) => {
  const x = p % side, y = Math.floor(p / side), r2 = (x - at) ** 2 + (y - 11.5) ** 2, base = r2 < (radius - 2) ** 2 ? soft : r2 < radius ** 2 ? bone : air + p % 2;
  return metal > 0 && Math.abs(x - at) < metal && Math.abs(y - 11.5) < metal ? 4050 : base;
});
const tags = ({ kernel = "Br40d", pitch = 0.8, date = "20251215", position = "HFS", maker = "SIEMENS" }: { kernel?: string; pitch?: number; date?: string; position?: string; maker?: string } = {}) => [
  element(8, 0x22, "DA", date), element(8, 0x70, "LO", maker), element(0x18, 0x1210, "SH", kernel), element(0x18, 0x5100, "CS", position),
  element(0x18, 0x9311, "FD", new Uint8Array(Float64Array.of(pitch).buffer)), element(0x20, 0x52, "UI", "1.2.5"),
];
const good: Series = { gapsMm: Array<number>(11).fill(0.8), columns: side, rows: side, stored: pixels(), pixelSpacing: [0.5, 0.5], thickness: "1", extra: tags() };

/** Codes and severities that are not «pass», or the refusal's code. */
async function verdict(files: string[], options: ImportOptions = {}): Promise<string[]> {
  const work = join(dir, `work${runs++}`);
  await mkdir(work, { recursive: true });
  try {
    const made = await decodeDicom(await collectFiles(files, work, defaultLimits, true), { asOf: "2026-01-15", ...options }, defaultLimits, work, () => undefined, () => undefined);
    return made.report.findings.filter(({ severity }) => severity !== "pass").map(({ code, severity }) => `${code} ${severity}`).sort();
  } catch (error) {
    if (error instanceof ImportRefused) return [error.code];
    throw error;
  }
}
const made = async (name: string, more: Partial<Series>) => [await phantomSlices(join(dir, name), { ...good, ...more })];
const slices = async (name: string, of: (k: number) => Partial<SliceOptions>) => {
  await mkdir(join(dir, name), { recursive: true });
  for (let k = 0; k < 12; k++) await writeFile(join(dir, name, `${k}.dcm`), dicomSlice({ ...good, z: 30 + 0.8 * k, index: k, ...of(k) }));
  return [join(dir, name)];
};

it("X7: 26 made series, each with one defect, give exactly the finding and severity that is due", async () => {
  const rows: [string, () => Promise<string[]>, ImportOptions, string[]][] = [
    ["a good one", () => made("good", {}), {}, []],
    ["thick slices", () => made("thick", { thickness: "1.5" }), {}, ["CT1 blocked"]],
    ["for the face", () => made("face", {}), { region: "face" }, ["CT2 attention"]],
    ["for a long bone", () => made("long", { thickness: "2.1" }), { region: "longBone" }, ["CT3 blocked"]],
    ["mixed thickness", () => slices("mixed", (k) => ({ thickness: k < 6 ? "1" : "0.9" })), {}, ["CT5 blocked"]],
    ["gaps between slices", () => made("gaps", { gapsMm: Array<number>(11).fill(1.05) }), {}, ["CT4 attention"]],
    ["wide gaps", () => made("wide", { gapsMm: Array<number>(11).fill(1.2) }), {}, ["CT4 blocked"]],
    ["a missing slice", () => made("missing", { gapsMm: [...Array<number>(5).fill(0.8), 1.6, ...Array<number>(5).fill(0.8)] }), {}, ["missing-slices blocked", "resampled attention"]],
    ["one odd gap", () => made("odd", { gapsMm: [...Array<number>(5).fill(0.8), 0.95, ...Array<number>(5).fill(0.8)] }), {}, ["resampled attention", "uneven-spacing blocked"]],
    ["an odd end", () => made("end", { gapsMm: [...Array<number>(10).fill(0.8), 0.5] }), {}, ["resampled attention", "uneven-end-slice attention"]],
    ["a duplicate position", () => made("double", { gapsMm: [...Array<number>(5).fill(0.8), 0, ...Array<number>(5).fill(0.8)] }), {}, ["duplicate-positions"]],
    ["a tilted gantry", () => made("tilt", { shiftMm: 0.2 }), {}, ["CT6 attention", "resampled attention"]],
    ["large pixels", () => made("pixel", { pixelSpacing: [0.8, 0.8] }), {}, ["CT7 blocked"]],
    ["a sharp kernel", () => made("sharp", { extra: tags({ kernel: "Br69d" }) }), {}, ["CT8 attention"]],
    ["a fast spiral", () => made("pitch", { extra: tags({ pitch: 1.6 }) }), {}, ["CT10 blocked"]],
    ["an old scan", () => made("old", { extra: tags({ date: "20250101" }) }), {}, ["CT11 blocked"]],
    // Its kernel is not in our tables.
    ["a cone beam", () => made("cbct", { extra: tags({ maker: "Planmeca", kernel: "Br40d" }) }), {}, ["CT12 attention", "CT8 blocked"]],
    ["two patients", () => slices("two", (k) => ({ name: k < 6 ? "A^B" : "C^D" })), {}, ["patient-mix-up blocked"]],
    ["two positions", () => slices("lying", (k) => ({ extra: tags({ position: k < 6 ? "HFS" : "FFS" }) })), {}, ["laterality blocked"]],
    ["a cut field of view", () => made("fov", { stored: pixels({ at: 5 }) }), {}, ["fov blocked"]],
    ["a patient who moved", () => slices("moved", (k) => ({ stored: pixels({ at: k < 6 ? 10 : 13 }) })), {}, ["motion blocked"]],
    ["metal", () => made("metal", { stored: pixels({ metal: 3 }) }), {}, ["metal attention"]],
    // 2024 HU too much: air counts as bone, bone as metal.
    ["a wrong rescale", () => made("rescale", { intercept: "1000" }), {}, ["CT9 blocked", "fov blocked", "hu-peaks blocked", "metal attention"]],
    ["copies of files", async () => { const [folder] = await made("copies", {}); await cp(join(folder, "3.dcm"), join(folder, "3b.dcm")); return [folder]; }, {}, ["duplicates attention"]],
    ["text burned in", () => made("burned", { extra: [...tags(), element(0x28, 0x301, "CS", "YES")] }), {}, ["burned-in attention"]],
    ["a cut file", () => made("cut", { cutBytes: 40 }), {}, ["truncated"]],
  ];
  expect(rows.length).toBeGreaterThanOrEqual(21);
  const found: [string, string[]][] = [];
  for (const [name, files, options] of rows) found.push([name, await verdict(await files(), options)]);
  expect(found).toEqual(rows.map(([name, , , codes]) => [name, codes]));
}, 120_000);

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Finding } from "../../../core/checks/ctQuality.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { looksLikeDicom, readDicom } from "../../../core/volume/dicom/reader.ts";
import { ImportRefused } from "../../../workers/import/refused.ts";
import { enhancedCt } from "../../support/enhancedCt.ts";
import { imported } from "../../support/judgeSeries.ts";
import { seeded } from "../../support/seeded.ts";
import { dicomSlice, element, sequence, type SliceOptions } from "./dicomWriter.ts";

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-headers-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

const side = 24;
const slices = (of: (k: number) => Partial<SliceOptions>, orientation = (_k: number) => [1, 0, 0, 0, 1, 0]) => Array.from({ length: 12 }, (_, k) => dicomSlice({
  z: 0, index: k, columns: side, rows: side, stored: new Uint16Array(side * side).fill(24), place: { position: [0, 0, 0.8 * k], orientation: orientation(k) }, ...of(k),
}));
async function found(files: Uint8Array[]): Promise<Finding[] | string> {
  const made = await imported(files.map((bytes, k) => ({ name: `${k}`, bytes })), dir);
  return made instanceof ImportRefused ? made.code : made.report.findings;
}
const one = async (files: Uint8Array[], code: string) => { const all = await found(files); return typeof all === "string" ? all : all.find((finding) => finding.code === code); };

it("CK9: directions that are off by more than 1e-4 are told with what that moves the far corner by; rounding is not", async () => {
  for (const [skew, stretch] of [[9e-4, 0], [0, 9e-4], [-5e-4, 5e-4]]) {
    const told = await one(slices(() => ({ pixelSpacing: [0.5, 0.5] }), () => [1, 0, 0, skew, 1 + stretch, 0]), "straightened");
    expect(told).toMatchObject({ severity: "attention", unit: "mm", limit: 0 });
    const mm = 23 * 0.5, far = Math.hypot(skew, stretch) * mm;
    expect(Math.abs(Number((told as Finding).value) - far)).toBeLessThan(1e-4);
  }
  expect(await one(slices(() => ({}), () => [1, 0, 0, 9e-5, 1, 0]), "straightened")).toBeUndefined();
  expect(await one(slices(() => ({}), () => [1, 0, 0, 1.2e-3, 1, 0]), "straightened")).toBe("not-a-volume");
});

it("CK9: values that are not HU block: an iodine map, an electron density; HU, unspecified and nothing told do not", async () => {
  const typed = (type: string | null) => slices(() => ({ extra: type === null ? [] : [element(0x28, 0x1054, "LO", type)] }));
  for (const type of ["MGML", "ED", "Z_EFF"]) expect(await one(typed(type), "not-hu")).toMatchObject({ severity: "blocked", value: type, limit: "HU" });
  for (const type of ["HU", "US", "hu", null]) expect([type, await one(typed(type), "not-hu")]).toEqual([type, undefined]);
});

it("CK9: a Modality LUT is refused by its tag", async () => {
  const lut = sequence(0x28, 0x3000, [[element(0x28, 0x3002, "US", new Uint8Array([2, 0, 0, 0, 16, 0])), element(0x28, 0x3006, "US", new Uint8Array(4))]]);
  expect(await found(slices(() => ({ extra: [lut] })))).toBe("unsupported-pixels");
});

it("CT10: pitch, tube voltage and the values' quantity of an enhanced CT are read from its functional groups, shared or frame by frame", async () => {
  const files = slices(() => ({}));
  for (const isShared of [true, false]) {
    const groups = [sequence(0x18, 0x9308, [[element(0x18, 0x9311, "FD", new Uint8Array(Float64Array.of(1.6).buffer))]]), sequence(0x18, 0x9325, [[element(0x18, 0x60, "DS", "120")]])];
    const bytes = enhancedCt(files, { isLegacy: false, isShared, order: files.map((_, k) => k), groups });
    expect(describeImage(readDicom(bytes))).toMatchObject({ pitch: 1.6, kvp: 120, frames: files.map(() => ({ rescaleType: "HU" })) });
    expect(await one([bytes], "CT10")).toMatchObject({ severity: "blocked", value: 1.6 });
  }
});

it("a file without a preamble may begin with the study's date or the modality; what only begins with the same bytes is no DICOM", async () => {
  const bare = (from: number, extra: Uint8Array[] = []) => slices(() => ({ extra })).map((bytes) => {
    const at = Buffer.from(bytes).indexOf(Buffer.from([8, 0, from, 0, 67, 83]));
    return bytes.slice(at);
  });
  const [modality] = [bare(0x60)], dated = modality.map((bytes) => new Uint8Array(Buffer.concat([element(8, 0x20, "DA", "20251215"), bytes])));
  for (const files of [modality, dated]) {
    expect(files.every((bytes) => looksLikeDicom(bytes.subarray(0, 132)))).toBe(true);
    expect(typeof await found(files)).toBe("object");
  }
  const implicit = (tag: number, text: string) => new Uint8Array(Buffer.concat([Buffer.from([8, 0, tag, 0, text.length, 0, 0, 0]), Buffer.from(text), Buffer.from([8, 0, 0x70, 0, 0, 0, 0, 0])]));
  expect([implicit(0x20, "20251215"), implicit(0x60, "CT"), implicit(0x20, "")].map((bytes) => looksLikeDicom(bytes))).toEqual([true, true, true]);
  const random = seeded(3);
  for (let n = 0; n < 5000; n++) {
    const bytes = Uint8Array.from({ length: 132 }, () => Math.floor(random() * 256));
    bytes.set([8, 0, [0x20, 0x30, 0x50, 0x60, 0x70][n % 5], 0]);
    expect(looksLikeDicom(bytes)).toBe(false);
  }
  expect([implicit(0x20, "2025-12-15x"), implicit(0x60, "ct"), implicit(0x61, "CT")].map((bytes) => looksLikeDicom(bytes))).toEqual([false, false, false]);
});

it("CK9: jitter of a series' directions and spacings, at the edge of any rounding, leaves one series of even gaps", async () => {
  const random = seeded(11);
  for (let n = 0; n < 40; n++) {
    // Where thousandths, and ten thousandths of a spacing, round up or down.
    const lean = (Math.floor(random() * 40) - 20 + 0.5) / 1000, mm = (4000 + Math.floor(random() * 2000) + 0.5) / 10_000, jitter = () => (random() - 0.5) * 4e-6;
    const files = slices(() => ({ pixelSpacing: [mm + jitter(), mm + jitter()] }), () => { const a = lean + jitter(), c = Math.sqrt(1 - a * a); return [c, a, 0, -a, c, 0]; });
    const spacing = await one(files, "spacing");
    expect([n, spacing]).toMatchObject([n, { severity: "pass" }]);
  }
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scan } from "../../../app/cases/import/scan.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import { importFiles } from "../../../workers/import/importFiles.ts";
import { codings } from "../../support/codings.ts";
import { enhancedCt } from "../../support/enhancedCt.ts";
import { write } from "../../support/letters.ts";
import { dicomSlice, element, type SliceOptions } from "./dicomWriter.ts";

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-text-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

const side = 64, count = 9;
/** Tissue with a scanner's noise, and a name in the slices told, its top left corner at column 6, row 40. */
function slices(written: readonly number[], more: Partial<SliceOptions> & { fall?: number } = {}): { path: string; bytes: Uint8Array }[] {
  let random = 5;
  const next = (n: number) => { random = Math.imul(random, 1664525) + 1013904223 >>> 0; return Math.floor(random / 2 ** 32 * n); };
  return Array.from({ length: count }, (_, k) => {
    const stored = Int16Array.from({ length: side * side }, (_v, p) => ((p % side - 32) ** 2 + (Math.floor(p / side) - 32) ** 2 < 700 ? 40 : -1000) + next(31) - 15);
    if (written.includes(k)) write(stored, side, "SMITH J", 6, 40, 1, 1500);
    return { path: `${k}.dcm`, bytes: dicomSlice({ z: k, yFall: (more.fall ?? 0) * k, index: k, columns: side, rows: side, stored, signed: true, intercept: "0", thickness: "1", pixelSpacing: [1, 1], extra: [element(0x20, 0x13, "IS", String(k))], ...more }) };
  });
}
async function imported(name: string, files: { path: string; bytes: Uint8Array }[]) {
  await mkdir(join(dir, name));
  for (const { path, bytes } of files) await writeFile(join(dir, name, path), bytes);
  const made = await importFiles({ paths: [join(dir, name)], options: { nameFiles: true } }, join(dir, `${name}-out`));
  return { found: made.report.findings.find(({ code }) => code === "burned-in"), picture: made.pictures.find(({ code }) => code === "burned-in") };
}
/** What the page says of the same files before anything is sent. */
async function inPage(files: { path: string; bytes: Uint8Array }[]) {
  const { series: [one] } = await scan(files.map(({ path, bytes }) => ({ path, size: bytes.length, head: async (n) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) })), new Uint8Array(32), "2026-01-15", () => undefined);
  return { asked: one.lookAtPixels, boxes: one.preview?.text ?? [] };
}

it("IM13 F20: text burned into slices that came past the page is pointed at as the page does it: which slices, where, with a picture; also where they are resampled", async () => {
  for (const [name, fall] of [["straight", 0], ["tilted", 0.2]] as const) {
    const files = slices([0, 8], { fall }), { found, picture } = await imported(name, files), page = await inPage(files);
    expect(found).toMatchObject({ severity: "attention", value: 2, limit: 0, unit: "slices", files: ["0.dcm", "8.dcm"] });
    expect(found?.message).toMatch(/^What looks like written text was found in 2 of the 9 slices looked at, first in 0\.dcm \(columns 7 to 47, rows 41 to 47\)/);
    expect(picture?.shows).toBe("What looks like text in slice 1 from its first end is framed.");
    expect((await readFile(picture?.path ?? "")).length).toBeGreaterThan(1000);
    expect(page.asked).toEqual(["what looks like written text was found in 2 of the 9 pictures looked at, and is marked"]);
    expect(page.boxes.map(({ left, top, right, bottom }) => [left, top, right, bottom].map((share) => share * side))).toEqual([[6, 40, 47, 47]]);
  }
  // Any slice, not some of them.
  expect((await imported("third", slices([3]))).found).toMatchObject({ value: 1, files: ["3.dcm"] });
  expect((await inPage(slices([3]))).asked).toEqual(["what looks like written text was found in 1 of the 9 pictures looked at, and is marked"]);
  expect((await imported("bare", slices([]))).found).toBeUndefined();
  expect((await inPage(slices([]))).asked).toEqual([]);
  // Frames of one file are looked at like files; one that is packed as a whole too.
  const whole = enhancedCt(slices([0, 8]).map(({ bytes }) => bytes), { isLegacy: false, isShared: true, order: [...Array(count).keys()] }), deflate = (await codings()).get("deflated");
  for (const bytes of [whole, deflate?.(whole, () => 0) ?? whole]) expect((await inPage([{ path: "all", bytes }])).asked).toEqual(["what looks like written text was found in 2 of the 9 pictures looked at, and is marked"]);
});

it("IM13 F20: what the header tells is joined with what is seen; a volume without slices is looked at too", async () => {
  const told = [element(0x28, 0x301, "CS", "YES")];
  expect((await imported("told", slices([], { extra: told }))).found).toMatchObject({ severity: "attention", value: null, message: expect.stringMatching(/^The images say.*\(0028,0301\): it may name/) });
  expect((await imported("both", slices([4], { extra: told }))).found?.message).toMatch(/^The images say.*\(0028,0301\), and what looks like written text was found in 1 of the 9/);
  const hu = new Int16Array(side * side * count), plane = new Int16Array(side * side);
  for (let at = 0; at < hu.length; at++) hu[at] = (at * 2654435761 >>> 7) % 31 - 1000;
  plane.set(hu.subarray(0, side * side));
  write(plane, side, "SMITH J", 6, 40, 1, 1500);
  // As it is seen from the feet: x and y run backwards.
  hu.set(plane.reverse(), 0);
  const { found } = await imported("volume", [{ path: "v.nii", bytes: encodeNifti({ grid: { dims: [side, side, count], spacing: [1, 1, 1], origin: [0, 0, 0] }, data: hu }) }]);
  expect(found).toMatchObject({ value: 1, files: ["plane 1 from the feet"], message: expect.stringContaining("(columns 7 to 47, rows 41 to 47)") });
});

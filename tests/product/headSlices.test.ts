import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { derive } from "../../core/volume/derive.ts";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";
import { importFiles } from "../../workers/import/importFiles.ts";

const head = resolve("../shared/data/head_ct_0051");
if (!existsSync(head)) console.log(`not run: ${head} is not there`);

/** The fields of one of these files, found by a reader of the test's own: implicit little endian, flat. */
function rawSlice(path: string): { z: number; x: number; y: number; hu: Int16Array } {
  const bytes = readFileSync(path), texts = new Map<number, string>();
  let at = 132, pixels: Buffer | null = null;
  while (bytes.readUInt16LE(at) === 2) at += 8 + (["OB", "UN"].includes(bytes.toString("latin1", at + 4, at + 6)) ? 4 + bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6));
  while (at + 8 <= bytes.length) {
    const tag = bytes.readUInt16LE(at) * 65_536 + bytes.readUInt16LE(at + 2), length = bytes.readUInt32LE(at + 4);
    if (tag === 0x7fe00010) { pixels = bytes.subarray(at + 8, at + 8 + length); break; }
    if (length < 256) texts.set(tag, bytes.toString("latin1", at + 8, at + 8 + length).trim());
    at += 8 + length;
  }
  const [x, y, z] = (texts.get(0x00200032) ?? "").split("\\").map(Number), slope = Number(texts.get(0x00281053)), intercept = Number(texts.get(0x00281052));
  if (!pixels) throw new Error("no pixels");
  return { x, y, z, hu: Int16Array.from({ length: 512 * 512 }, (_, p) => (pixels?.readInt16LE(2 * p) ?? 0) * slope + intercept) };
}

it.runIf(existsSync(head))("all 108 slices of the head at their header z: every voxel, the count of HU ≥ −300, and landmarks of skin and air at both ends", async () => {
  const dir = await mkdtemp(join(tmpdir(), "caseroom-slices-"));
  try {
    const made = await importFiles({ paths: [head] }, join(dir, "out")), { grid, hu } = canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(made.volume)))));
    const slices = readdirSync(head).filter((name) => name.endsWith(".dcm")).map((name) => rawSlice(join(head, name))).sort((a, b) => a.z - b.z);
    expect(slices.map(({ z }) => z)).toEqual([...Array.from({ length: 107 }, (_, k) => 116 + 1.5 * k), 276]);
    expect(made.source.slices.map((s) => s.position?.[2])).toEqual(slices.map(({ z }) => z));
    const [nx, ny] = grid.dims, mm = 0.4785156;
    // RAS of a header's corner; columns run to the left, rows to the back.
    for (const { x, y } of slices) expect([Math.abs(grid.origin[0] + 511 * grid.spacing[0] + x) < 1e-3, Math.abs(grid.origin[1] + 511 * grid.spacing[1] + y) < 1e-3]).toEqual([true, true]);
    /** HU at a place of the patient, linearly between planes, at the nearest pixel. */
    const at = (rx: number, ry: number, rz: number) => {
      const i = Math.round((rx - grid.origin[0]) / grid.spacing[0]), j = Math.round((ry - grid.origin[1]) / grid.spacing[1]), k = (rz - grid.origin[2]) / grid.spacing[2], k0 = Math.floor(k + 1e-9), f = k - k0;
      const v = (plane: number) => hu[i + nx * (j + ny * Math.min(grid.dims[2] - 1, plane))];
      return f < 1e-6 ? v(k0) : v(k0) * (1 - f) + v(k0 + 1) * f;
    };
    for (const [n, slice] of slices.entries()) {
      let inSlice = 0, inVolume = 0, differing = 0;
      for (let row = 0, p = 0; row < 512; row++) for (let column = 0; column < 512; column++, p++) {
        const plane = n < 107 ? n : 107, value = hu[511 - column + nx * (511 - row + ny * plane)];
        if (slice.hu[p] >= -300) inSlice++;
        if (value >= -300) inVolume++;
        if (value !== slice.hu[p]) differing++;
      }
      expect([slice.z, inVolume, differing]).toEqual([slice.z, inSlice, 0]);
    }
    // Landmarks: the foremost skin of the lowest slice and of the highest that holds any, and the air before them.
    for (const slice of [slices[0], slices.findLast(({ hu: own }) => own.some((v) => v >= -300)) ?? slices[106], slices[107]]) {
      const first = slice.hu.findIndex((v) => v >= -300), row = Math.floor((first < 0 ? 0 : first) / 512), column = first < 0 ? 256 : first % 512;
      const place = (r: number): [number, number, number] => [-(slice.x + column * mm), -(slice.y + r * mm), slice.z];
      for (const r of [row, Math.max(0, row - 8)]) {
        // Between 275.0 and 276.5 the topmost air is a mixture of two slices of air.
        expect(Math.abs(at(...place(r)) - slice.hu[r * 512 + column])).toBeLessThanOrEqual(slice.z === 276 ? 40 : 0);
      }
    }
    // The plane beyond the last slice repeats it, and the report says so.
    expect(grid.origin[2] + grid.spacing[2] * 107).toBeCloseTo(276.5, 4);
    expect(made.report.findings.find(({ code }) => code === "uneven-end-slice")?.message).toContain("The last plane lies 0.5 mm beyond the last slice and repeats it");
    // «Use the regular part» on the stored volume: what the option makes of the files, bit for bit.
    const geometry = made.report.provenance.originalGeometry as { positions: number[][]; orientation: number[]; tiltDeg: number }, run = made.report.provenance.evenRun as { slices: number; fromMm: number };
    const part = derive({ grid, hu: hu as Int16Array<ArrayBuffer> }, { op: "regularPart" }, { ...geometry, run });
    expect(part.grid.dims).toEqual([512, 512, 107]);
    expect(part.grid.origin).toEqual(grid.origin);
    expect(Buffer.compare(Buffer.from(part.hu.buffer), Buffer.from(hu.buffer, hu.byteOffset, part.hu.byteLength))).toBe(0);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 120_000);

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resample, type Resampling } from "../../../core/space/resampling.ts";
import { decodeNifti, encodeNifti } from "../../../core/volume/nifti.ts";
import { importFiles, type Imported } from "../../../workers/import/importFiles.ts";
import { defaultLimits } from "../../../workers/import/limits.ts";
import { newTally, PixelReader } from "../../../workers/import/pixels.ts";
import { readHeaders } from "../../../workers/import/readHeaders.ts";
import { collectFiles } from "../../../workers/import/sourceFiles.ts";
import { phantomSlices } from "./dicomWriter.ts";

const tilted = resolve("../shared/data/skull_phantom_tilt");
if (!existsSync(tilted)) console.log(`not run: ${tilted} is not there`);
let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-acquired-")); });
afterAll(async () => { await rm(dir, { recursive: true, force: true }); });

type Vector = [number, number, number];
interface Place { corners: Vector[]; rowDirection: Vector; columnDirection: Vector; columnMm: number; rowMm: number; resampling: Resampling }
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What an import kept, read by the format's own rules; the file is the one that its provenance names. */
async function keptBy({ acquired, report }: Imported) {
  if (!acquired) throw new Error("nothing was kept");
  const bytes = await readFile(acquired.path), end = bytes.indexOf("\n\n"), lines = bytes.subarray(0, end).toString("ascii").split("\n");
  expect(report.provenance.acquired).toEqual({ file: "acquired.nrrd", sha256: sha256(bytes) });
  expect(acquired.sha256).toBe(sha256(bytes));
  const fields = new Map(lines.slice(2).map((line) => line.split(/:[ =]/, 2) as [string, string]).map(([name]) => [name, lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 2) ?? ""]));
  expect([lines[0], fields.get("type"), fields.get("endian"), fields.get("encoding"), fields.get("kinds"), fields.get("space directions")?.endsWith(" none")]).toEqual(["NRRD0005", "int16", "little", "gzip", "space space list", true]);
  const plain = gunzipSync(bytes.subarray(end + 2)), [columns, rows, count] = (fields.get("sizes") ?? "").split(" ").map(Number), place = JSON.parse(fields.get("acquired") ?? "") as Place;
  expect([plain.length, place.corners.length]).toEqual([2 * columns * rows * count, count]);
  const hu = Int16Array.from({ length: plain.length / 2 }, (_, i) => plain.readInt16LE(2 * i));
  return { columns, rows, hu, ...place };
}

/** IM17: the kept slices, by the way that stands beside them, are the volume, byte for byte. */
async function expectSameVolume(made: Imported, kept: Awaited<ReturnType<typeof keptBy>>) {
  const stored = gunzipSync(await readFile(made.volume));
  expect(Buffer.compare(stored, encodeNifti({ grid: kept.resampling.grid, data: resample(kept, kept.resampling).hu }))).toBe(0);
  expect(kept.resampling.grid).toEqual(made.grid);
}

describe("IM17: the slices as acquired are kept where an import resampled", () => {
  it.each([["uneven", { gapsMm: [2, 2, 2, 3, 1.5] }], ["tilted", { gapsMm: [2, 2, 2], shiftMm: 0.3 }], ["oblique", { gapsMm: [2, 2, 2], obliqueBy: 0.1 }]] as const)("%s: each bit for bit, at its own place, and they make the volume again", async (name, options) => {
    const folder = await phantomSlices(join(dir, name), { ...options, gapsMm: [...options.gapsMm] }), made = await importFiles({ paths: [folder] }, join(dir, `${name}-out`)), kept = await keptBy(made), count = options.gapsMm.length + 1;
    // Source pixel (column i, row j, slice k) holds 100k + 10j + i - 1000 HU.
    expect([...kept.hu]).toEqual(Array.from({ length: count * 12 }, (_, p) => 100 * Math.floor(p / 12) + 10 * (Math.floor(p / 4) % 3) + p % 4 - 1000));
    const { positions } = made.report.provenance.originalGeometry as { positions: Vector[] };
    expect(kept.corners).toEqual(positions.map(([x, y, z]) => [0 - x, 0 - y, z]));
    await expectSameVolume(made, kept);
    const again = await importFiles({ paths: [folder] }, join(dir, `${name}-again`));
    expect(again.acquired?.sha256).toBe(made.acquired?.sha256);
  });

  it("a volume file that lies askew as well", async () => {
    const path = join(dir, "askew.nii"), [c, s] = [0.96, 0.28], data = Int16Array.from({ length: 6 * 5 * 4 }, (_, i) => i * 7 - 300), file = encodeNifti({ grid: { dims: [6, 5, 4], spacing: [1, 1, 1], origin: [0, 0, 0] }, data }), view = new DataView(file.buffer);
    [[c, -s, 0, 1], [s, c, 0, 2], [0, 0, 2, 3]].flat().forEach((x, i) => view.setFloat32(280 + 4 * i, x, true));
    await writeFile(path, file);
    expect(decodeNifti(file).affine[0][1]).toBeCloseTo(-s, 6);
    const made = await importFiles({ paths: [path] }, join(dir, "askew-out")), kept = await keptBy(made);
    expect(kept.hu).toEqual(data);
    await expectSameVolume(made, kept);
  });

  it("a series that is copied keeps nothing beside its volume, nor what an earlier import left in the folder", async () => {
    const out = join(dir, "even-out");
    await mkdir(out);
    await writeFile(join(out, "acquired.nrrd"), "old");
    const made = await importFiles({ paths: [await phantomSlices(join(dir, "even"), { gapsMm: [2, 2, 2] })] }, out);
    expect([made.acquired, made.report.provenance.acquired, (await readdir(out)).sort()]).toEqual([undefined, undefined, ["pictures", "report.json", "source.json", "volume.nii.gz"]]);
  });

  it.skipIf(!existsSync(tilted))("the tilted phantom: every slice as its own file decodes, and the volume again", async () => {
    const made = await importFiles({ paths: [tilted] }, join(dir, "phantom-out")), kept = await keptBy(made), area = kept.columns * kept.rows;
    const work = join(dir, "work"), reader = new PixelReader();
    await mkdir(work);
    const { images } = await readHeaders(await collectFiles([tilted], work, defaultLimits, true), work, () => undefined), files = new Map(images.map((image) => [image.sha256, image]));
    expect([made.source.slices.length, files.size]).toEqual([58, 58]);
    for (const [k, { sha256: hash, position }] of made.source.slices.entries()) {
      const from = files.get(hash), decoded = new Int16Array(area);
      if (!from) throw new Error("a slice of no file");
      await reader.into({ from, frame: from.image.frames[0] }, decoded, 0, 1, kept.columns, newTally());
      expect(Buffer.compare(Buffer.from(kept.hu.buffer, 2 * area * k, 2 * area), Buffer.from(decoded.buffer)), `slice ${k}`).toBe(0);
      expect(kept.corners[k]).toEqual(position);
    }
    await expectSameVolume(made, kept);
  }, 180_000);
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { looksLikeDicom, readDicom } from "../../../core/volume/dicom/reader.ts";
import { codings } from "../../support/codings.ts";
import { enhancedFiles } from "../../support/enhancedCt.ts";
import { printed, python } from "../../support/judges.ts";
import { madeSeries } from "../../support/madeSeries.ts";
import { seeded } from "../../support/seeded.ts";

const data = resolve("../shared/data"), least = 500;
/** Where every file is sound; what is hostile or broken has tests of its own. */
const folders = ["head_ct_0051", "skull_phantom_tilt", "abdomen_ct_j2k", "pelvis_visible_human_5slices", "compressed_transfer_syntaxes", "odd_geometry", "dicomdir_media", "seg_and_rt"];

/** Geometry of a file as one reader tells it; lengths mm, LPS. A list holds one entry for all frames, or one for each. */
interface Told { rows: number; columns: number; frames: number; positions: number[][]; orientations: number[][]; spacings: number[][]; rescales: number[][] }

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-readers-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

function ours(path: string): Told | null {
  const bytes = new Uint8Array(readFileSync(path));
  if (!looksLikeDicom(bytes.subarray(0, 132))) return null;
  const image = describeImage(readDicom(bytes));
  if (!image) return null;
  const { rows, columns, frames } = image;
  return { rows, columns, frames: frames.length, positions: frames.map((f) => f.position), orientations: frames.map((f) => f.orientation), spacings: frames.map((f) => f.pixelSpacing), rescales: frames.map((f) => [f.slope, f.intercept]) };
}

const pydicom = `
import json, sys, pydicom
from pydicom.config import settings
settings.reading_validation_mode = 0
def one(path):
    d = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    n = int(d.get('NumberOfFrames', 1) or 1)
    shared = d.get('SharedFunctionalGroupsSequence'); own = d.get('PerFrameFunctionalGroupsSequence')
    def at(k, group, tag):
        for holder in ([own[k]] if own else []) + ([shared[0]] if shared else []):
            items = holder.get(group)
            if items and tag in items[0]: return items[0].get(tag)
        return d.get(tag)
    def numbers(v): return None if v is None or v == '' else [float(x) for x in v] if hasattr(v, '__iter__') and not isinstance(v, str) else [float(v)]
    each = lambda group, tag: [numbers(at(k, group, tag)) for k in range(n)]
    slope, intercept = each('PixelValueTransformationSequence', 'RescaleSlope'), each('PixelValueTransformationSequence', 'RescaleIntercept')
    return {'rows': int(d.Rows), 'columns': int(d.Columns), 'frames': n, 'positions': each('PlanePositionSequence', 'ImagePositionPatient'),
        'orientations': each('PlaneOrientationSequence', 'ImageOrientationPatient'), 'spacings': each('PixelMeasuresSequence', 'PixelSpacing'),
        'rescales': [[(a or [1.0])[0], (b or [0.0])[0]] for a, b in zip(slope, intercept)]}
print(json.dumps([one(p) for p in open(sys.argv[1]).read().split('\\n') if p]))`;

/** What dcmtk prints of the tags that place an image, wherever they stand, in the order of the file. */
function dcmtk(paths: readonly string[]): Told[] | null {
  const tags = ["0028,0010", "0028,0011", "0028,0008", "0020,0032", "0020,0037", "0028,0030", "0028,1053", "0028,1052"], told: Told[] = [];
  const texts: string[] = [];
  for (let at = 0; at < paths.length; at += 100) {
    const some = paths.slice(at, at + 100), said = printed("dcmdump", "-q", "+L", "+s", "+F", ...tags.flatMap((tag) => ["+P", tag]), ...some);
    if (!said) return null;
    const each = said.text.split(/^# dcmdump \(\d+\/\d+\): .*$/m).slice(1);
    if (each.length !== some.length) throw new Error(`dcmdump told of ${each.length} of ${some.length} files: ${said.text.slice(0, 300)}`);
    texts.push(...each);
  }
  for (const text of texts) {
    const found = new Map<string, number[][]>();
    for (const [, tag, written] of text.matchAll(/^\s*\(([0-9a-f]{4},[0-9a-f]{4})\) \w\w (.*?)\s*#/gm)) {
      // Some writers pad numbers with zero bytes.
      const value = written.replace(/^\[(.*)\]$/, "$1").replaceAll("\0", "");
      if (!value.startsWith("(no value")) found.set(tag, [...found.get(tag) ?? [], value.split("\\").map(Number)]);
    }
    const of = (tag: string) => found.get(tag) ?? [], slopes = of("0028,1053"), intercepts = of("0028,1052");
    told.push({
      rows: of("0028,0010")[0]?.[0], columns: of("0028,0011")[0]?.[0], frames: of("0028,0008")[0]?.[0] ?? 1, positions: of("0020,0032"), orientations: of("0020,0037"), spacings: of("0028,0030"),
      rescales: slopes.length === 0 ? [[1, 0]] : slopes.map(([slope], k) => [slope, (intercepts[k] ?? intercepts[0] ?? [0])[0]]),
    });
  }
  return told;
}

/** The largest difference of two readers' numbers, mm (directions and rescale as they are); a list of one stands for every frame. */
function apart(a: Told, b: Told): number {
  if (a.rows !== b.rows || a.columns !== b.columns || a.frames !== b.frames) return Infinity;
  let most = 0;
  for (const key of ["positions", "orientations", "spacings", "rescales"] as const) for (let k = 0; k < a.frames; k++) {
    const own = a[key][k].filter((x) => !Number.isNaN(x)), other = (b[key].length > 1 ? b[key][k] : b[key][0]) ?? [];
    if (own.length !== other.length) return Infinity;
    for (let i = 0; i < own.length; i++) most = Math.max(most, Math.abs(own[i] - other[i]));
  }
  return most;
}

it("H: at least 500 valid files, of every transfer syntax, several makers, tilted, multi-frame: geometry as two independent readers have it, to 1e-6 mm", async () => {
  const paths: string[] = [], all = await codings(), names = [...all.keys()];
  for (let seed = 9001; paths.length < least; seed++) {
    const next = seeded(seed), series = madeSeries(seed), name = names[seed % names.length], code = all.get(name);
    // A process of dcmtk for each slice takes long: its codings are put on the multi-frame files.
    const files = [...enhancedFiles(series, next), ...series.files].map((file, at) => ({ ...file, at }));
    for (const { bytes, at } of files) {
      const isPlain = Buffer.from(bytes.subarray(132, 170)).includes("1.2.840.10008.1.2.1\0"), isMulti = at < 2 && Buffer.from(bytes).includes("1.2.840.10008.5.1.4.1.1.2.");
      if (!looksLikeDicom(bytes.subarray(0, 132))) continue;
      const path = join(dir, `${seed}-${at}`);
      await writeFile(path, code && isPlain && (isMulti || !name.includes("dcmtk")) ? code(bytes, next) : bytes);
      paths.push(path);
    }
  }
  const made = paths.length;
  if (existsSync(data)) for (const folder of folders) for (const entry of readdirSync(join(data, folder), { recursive: true, withFileTypes: true })) if (entry.isFile()) paths.push(join(entry.parentPath, entry.name));
  if (!existsSync(data)) console.log(`not read: ${data} is not there`);
  const read = paths.flatMap((path) => { const told = ours(path); return told ? [{ path, told }] : []; });
  await writeFile(join(dir, "list"), read.map(({ path }) => path).join("\n"));
  const said = python(pydicom, join(dir, "list")), second = dcmtk(read.map(({ path }) => path));
  if (said === null || second === null) return console.log("not judged: pydicom or dcmtk is not installed");
  const first = JSON.parse(said.split("\n").at(-1) ?? "[]") as Told[], frames = read.reduce((sum, { told }) => sum + told.frames, 0);
  for (const [k, { path, told }] of read.entries()) {
    const clean: Told = { ...first[k], positions: first[k].positions.map((v) => v ?? []), orientations: first[k].orientations.map((v) => v ?? []), spacings: first[k].spacings.map((v) => v ?? []) };
    expect([path, apart(told, clean) <= 1e-6, apart(told, second[k]) <= 1e-6], `pydicom ${JSON.stringify(clean).slice(0, 300)}, dcmtk ${JSON.stringify(second[k]).slice(0, 300)}, ours ${JSON.stringify(told).slice(0, 300)}`).toEqual([path, true, true]);
  }
  console.log(`${read.length} files (${made} made, ${read.length - made} real), ${frames} frames: pydicom and dcmtk place each where we do`);
  expect([read.length >= least, read.filter(({ path }) => path.startsWith(dir)).length]).toEqual([true, made]);
  if (existsSync(data)) expect(read.length - made).toBeGreaterThan(250);
}, 600_000);

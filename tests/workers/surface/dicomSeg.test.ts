import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Grid } from "../../../core/space/grid.ts";
import { placeMask, readMaskFile } from "../../../core/volume/maskFile.ts";
import { canonicalVolume, type DecodedNifti } from "../../../core/volume/nifti.ts";
import { segmentationFile, type SegForm } from "../../../server/platform/dicom/segmentation.ts";

// Odd edges: a frame of 7 × 5 bits ends inside a byte. A hand that is like none of its mirror images.
const grid: Grid = { dims: [7, 5, 6], spacing: [0.5, 0.75, 1.25], origin: [-7.25, 3, 11.5] };
const hand = new Uint8Array(210);
for (const [x, y, z, value] of [[1, 1, 1, 1], [2, 1, 1, 1], [3, 1, 1, 1], [1, 2, 1, 1], [1, 1, 2, 4], [1, 1, 3, 4], [1, 3, 1, 4], [6, 4, 5, 9]]) hand[x + 7 * y + 35 * z] = value;
const sourceOf = (change: object = {}) => new TextEncoder().encode(JSON.stringify({ seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [0, 1, 2, 3, 4, 5].map((k) => ({ sopUid: `1.2.3.4.${k + 1}`, position: [3.5, -6, 11.5 + 1.25 * k], sha256: "" })), ...change }));
const forms: readonly SegForm[] = ["binary", "labelmap"];
const fileOf = (form: SegForm, at: Grid = grid, labels: ArrayLike<number> = hand) => segmentationFile(at, labels, { source: sourceOf(), hashes: ["a".repeat(64)], form, at: null });

let dir = "";
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), "caseroom-seg-")); });
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

/** What is read back, on the grid, with the values that the file's numbers stand for. */
function readBack(bytes: Uint8Array, values: ReadonlyMap<number, number>): Uint8Array {
  const out = new Uint8Array(hand.length);
  for (const mask of readMaskFile(bytes, 1e6)) {
    const { labels, outside } = placeMask(mask, grid);
    expect(outside).toBe(0);
    for (let i = 0; i < out.length; i++) if (labels[i] === 1) out[i] = values.get(mask.value) ?? 255;
  }
  return out;
}

describe("DICOM SEG of a labelmap", () => {
  it.each(forms)("SP2: %s comes back at its place in the patient from a labelmap in each of the 48 orientations", (form) => {
    let right = 0;
    for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) for (let flips = 0; flips < 8; flips++) {
      const dims = order.map((axis) => grid.dims[axis]), affine = [0, 1, 2].map((axis) => [0, 0, 0, grid.origin[axis]]), data = new Uint8Array(hand.length);
      order.forEach((axis, c) => {
        const isFlipped = (flips >> c & 1) === 1;
        affine[axis][c] = isFlipped ? -grid.spacing[axis] : grid.spacing[axis];
        if (isFlipped) affine[axis][3] += grid.spacing[axis] * (dims[c] - 1);
      });
      for (let k = 0, to = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) for (let i = 0; i < dims[0]; i++, to++) {
        const p = [0, 0, 0];
        [i, j, k].forEach((n, c) => { p[order[c]] = flips >> c & 1 ? dims[c] - 1 - n : n; });
        data[to] = hand[p[0] + 7 * p[1] + 35 * p[2]];
      }
      const file: DecodedNifti = { version: 1, dims: [dims[0], dims[1], dims[2]], datatype: 2, affine: [...affine, [0, 0, 0, 1]], data, slope: 1, intercept: 0, orientation: "sform", hasUnits: true };
      const { grid: own, hu } = canonicalVolume(file), { bytes, segments } = fileOf(form, own, hu);
      expect(readBack(bytes, new Map(segments.map(({ number, value }) => [number, value])))).toEqual(hand);
      right++;
    }
    expect(right).toBe(48);
  });

  it("JB4 EX1: equal inputs give equal bytes; other inputs give other names; nothing random, nobody's name", () => {
    for (const form of forms) expect(fileOf(form).bytes).toEqual(fileOf(form).bytes);
    const text = new TextDecoder("latin1");
    const uids = (bytes: Uint8Array) => new Set(text.decode(bytes).match(/2\.25\.\d+/g));
    const one = uids(fileOf("binary").bytes), other = uids(segmentationFile(grid, hand, { source: sourceOf(), hashes: ["b".repeat(64)], form: "binary", at: null }).bytes);
    expect([...one].filter((uid) => other.has(uid))).toHaveLength(2); // The study, which is the series' own, and who wrote it.
  });

  it("dciodvfy finds no error in the binary one; pydicom reads frames, places and references of both, where installed", () => {
    for (const form of forms) writeFileSync(join(dir, `${form}.dcm`), fileOf(form).bytes);
    const judge = spawnSync("dciodvfy", [join(dir, "binary.dcm")], { encoding: "utf8" });
    if (judge.error) console.warn("dciodvfy is not installed: not judged");
    else expect({ status: judge.status, errors: `${judge.stdout}${judge.stderr}`.split("\n").filter((line) => line.includes("Error")) }).toEqual({ status: 0, errors: [] });
    const script = `
import pydicom, json, sys
for f in sys.argv[1:]:
    d = pydicom.dcmread(f); a = d.pixel_array; sh = d.SharedFunctionalGroupsSequence[0]; out = []
    for i, g in enumerate(d.PerFrameFunctionalGroupsSequence):
        p = [float(x) for x in g.PlanePositionSequence[0].ImagePositionPatient]; sp = [float(x) for x in sh.PixelMeasuresSequence[0].PixelSpacing]; o = [float(x) for x in sh.PlaneOrientationSequence[0].ImageOrientationPatient]
        n = int(g.SegmentIdentificationSequence[0].ReferencedSegmentNumber) if 'SegmentIdentificationSequence' in g else 0
        for r, c in zip(*a[i].nonzero()):
            q = [p[k] + c * sp[1] * o[k] + r * sp[0] * o[k + 3] for k in range(3)]
            out.append([round(-q[0], 3), round(-q[1], 3), round(q[2], 3), n or int(a[i][r, c]), g.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID])
    print(json.dumps([str(d.SOPClassUID), d.SegmentationType, str(d.ReferencedSeriesSequence[0].SeriesInstanceUID), len(d.ReferencedSeriesSequence[0].ReferencedInstanceSequence), sorted(out)]))
`;
    const pydicom = spawnSync("/usr/bin/python3", ["-c", script, ...forms.map((form) => join(dir, `${form}.dcm`))], { encoding: "utf8" });
    if (pydicom.status !== 0) return console.warn("pydicom is not installed: not judged");
    const lines = pydicom.stdout.trim().split("\n").map((line) => JSON.parse(line) as [string, string, string, number, [number, number, number, number, string][]]);
    for (const [i, form] of forms.entries()) {
      const [, type, series, images, voxels] = lines[i], numbers = new Map(fileOf(form).segments.map(({ value, number }) => [value, number])), wanted: typeof voxels = [];
      for (let z = 0, at = 0; z < 6; z++) for (let y = 0; y < 5; y++) for (let x = 0; x < 7; x++, at++) {
        if (hand[at] !== 0) wanted.push([-7.25 + 0.5 * x, 3 + 0.75 * y, 11.5 + 1.25 * z, numbers.get(hand[at]) ?? 0, `1.2.3.4.${z + 1}`]);
      }
      expect([type, series, images]).toEqual([form === "binary" ? "BINARY" : "LABELMAP", "1.2.3.4", 6]);
      expect(voxels.map((v) => v.join()).sort()).toEqual(wanted.map((v) => v.join()).sort());
    }
  });

  it("refuses in words: nothing to write, too many segments, values too great for a label map, a source without UIDs", () => {
    const refused = (act: () => unknown) => { try { act(); } catch (error) { return (error as { code?: string }).code ?? String(error); } return "taken"; };
    expect(refused(() => fileOf("binary", grid, new Uint8Array(210)))).toBe("empty-labels");
    expect(refused(() => fileOf("labelmap", grid, new Int16Array(210).fill(300)))).toBe("too-large-value");
    const wide: Grid = { ...grid, dims: [260, 1, 1] };
    expect(refused(() => fileOf("binary", wide, Int16Array.from({ length: 260 }, (_, i) => i + 1)))).toBe("too-many-segments");
    expect(refused(() => segmentationFile(grid, hand, { source: sourceOf({ seriesUid: null }), hashes: [], form: "binary", at: null }))).toBe("source");
  });
});

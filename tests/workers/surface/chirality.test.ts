import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import dcmjs from "dcmjs";
import { gunzipSync, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { encodeNrrd } from "../../../core/surface/format/nrrd.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { meshWriters } from "../../../core/surface/meshFile.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { canonicalVolume, type DecodedNifti } from "../../../core/volume/nifti.ts";
import { packedNifti } from "../../../core/volume/packedNifti.ts";
import { encapsulatedMesh } from "../../../server/platform/dicom/encapsulatedStl.ts";
import { segmentationFile } from "../../../server/platform/dicom/segmentation.ts";
import { python } from "../../support/judges.ts";

// X12: a phantom that is like none of its mirror images, in each of the 48 ways in which a file's axes can run along the
// patient's, through every writer and back by readers that share no code with ours. Where a voxel lies is told by the file's
// affine alone, so what is compared is the whole way: reading, turning to RAS, meshing, writing.
const fileDims: [number, number, number] = [7, 5, 6], mm = [0.5, 0.75, 1.25] as const, corner = [-17.25, 23.5, 41.125] as const, toleranceMm = 1e-3;
const hand = new Uint8Array(210);
for (const [x, y, z, value] of [[1, 1, 1, 1], [2, 1, 1, 1], [3, 1, 1, 1], [1, 2, 1, 1], [1, 1, 2, 2], [1, 1, 3, 2], [4, 3, 1, 3], [6, 4, 5, 4], [5, 4, 5, 4]]) hand[x + 7 * y + 35 * z] = value;
const values = [1, 2, 3, 4] as const;

type P = readonly [number, number, number];
interface Oriented { affine: readonly number[][]; voxels: ReadonlyMap<number, P[]>; grid: Grid; labels: Uint8Array; meshes: ReadonlyMap<number, Mesh> }

function orientedPhantoms(): Oriented[] {
  return [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].flatMap((order) => Array.from({ length: 8 }, (_, flips) => {
    const affine = [0, 1, 2].map((axis) => [0, 0, 0, corner[axis]]);
    order.forEach((axis, c) => { affine[axis][c] = flips >> c & 1 ? -mm[c] : mm[c]; });
    const file: DecodedNifti = { version: 1, dims: fileDims, datatype: 2, affine: [...affine, [0, 0, 0, 1]], data: hand, slope: 1, intercept: 0, orientation: "sform", hasUnits: true };
    const voxels = new Map<number, P[]>(values.map((value) => [value, []]));
    for (let k = 0, at = 0; k < 6; k++) for (let j = 0; j < 5; j++) for (let i = 0; i < 7; i++, at++) {
      if (hand[at]) voxels.get(hand[at])?.push(affine.map((row) => row[0] * i + row[1] * j + row[2] * k + row[3]) as unknown as P);
    }
    const { grid, hu } = canonicalVolume(file), labels = Uint8Array.from(hu), labelmap = fromDense(grid, labels);
    return { affine, voxels, grid, labels, meshes: new Map(values.map((value) => [value, surfaceOf(labelmap, value, { smooth: 0 })])) };
  }));
}
const phantoms = orientedPhantoms();
const source = new TextEncoder().encode(JSON.stringify({ seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [{ sopUid: "1.2.3.4.1", position: [0, 0, 0] }] }));
let dir = "";
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), "caseroom-chirality-")); });
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

/** Each reader gives triangles as a file's corners, LPS mm. */
const text = new TextDecoder("latin1");
const triples = (numbers: readonly number[]): P[] => Array.from({ length: numbers.length / 3 }, (_, i) => [numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]]);
function stlCorners(bytes: Uint8Array): P[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), found: P[] = [];
  for (let t = 0; t < view.getUint32(80, true); t++) for (let c = 0; c < 3; c++) found.push([0, 4, 8].map((at) => view.getFloat32(84 + 50 * t + 12 + 12 * c + at, true)) as unknown as P);
  return found;
}
const readers: Readonly<Record<string, (bytes: Uint8Array) => P[]>> = {
  stl: stlCorners,
  ply: (bytes) => {
    const head = text.decode(bytes.subarray(0, 600)), begin = head.indexOf("end_header\n") + 11, [vertices, faces] = ["vertex", "face"].map((what) => Number(new RegExp(`element ${what} (\\d+)`).exec(head)?.[1]));
    const view = new DataView(bytes.buffer, bytes.byteOffset), at = (v: number): P => [0, 4, 8].map((b) => view.getFloat32(begin + 12 * v + b, true)) as unknown as P;
    return Array.from({ length: faces }, (_, f) => [1, 5, 9].map((b) => at(view.getInt32(begin + 12 * vertices + 13 * f + b, true)))).flat();
  },
  obj: (bytes) => {
    const lines = text.decode(bytes).split("\n"), vertices = lines.filter((line) => line.startsWith("v ")).map((line) => line.slice(2).split(" ").map(Number) as unknown as P);
    return lines.filter((line) => line.startsWith("f ")).flatMap((line) => line.slice(2).split(" ").map((n) => vertices[Number(n) - 1]));
  },
  "3mf": (bytes) => {
    const model = text.decode(unzipSync(bytes)["3D/3dmodel.model"]), numbers = (pattern: RegExp) => [...model.matchAll(pattern)].flatMap(([, a, b, c]) => [Number(a), Number(b), Number(c)]);
    const vertices = triples(numbers(/<vertex x="([^"]+)" y="([^"]+)" z="([^"]+)"/g));
    return numbers(/<triangle v1="(\d+)" v2="(\d+)" v3="(\d+)"/g).map((v) => vertices[v]);
  },
  glb: (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset), length = view.getUint32(12, true), { nodes, accessors, bufferViews } = JSON.parse(text.decode(bytes.subarray(20, 20 + length))), m: number[] = nodes[0].matrix, data = 28 + length;
    // Metres, y up, out of the node's matrix; back to LPS mm by what glTF says of its axes: x left, y up, z towards the front.
    const at = (v: number): P => {
      const p = [0, 4, 8].map((b) => view.getFloat32(data + bufferViews[0].byteOffset + 12 * v + b, true)), [x, y, z] = [0, 1, 2].map((r) => m[r] * p[0] + m[4 + r] * p[1] + m[8 + r] * p[2] + m[12 + r]);
      return [1000 * x, -1000 * z, 1000 * y];
    };
    return Array.from({ length: accessors[1].count }, (_, i) => at(view.getUint32(data + bufferViews[1].byteOffset + 4 * i, true)));
  },
  "stl.dcm": (bytes) => {
    const { DicomMessage } = dcmjs.data as unknown as { DicomMessage: { readFile(bytes: ArrayBuffer): { dict: Record<string, { Value: unknown[] }> } } };
    const [document] = DicomMessage.readFile(Uint8Array.from(bytes).buffer).dict["00420011"].Value as ArrayBuffer[];
    return stlCorners(new Uint8Array(document));
  },
};
const write = (format: string, mesh: Mesh): Uint8Array => (format === "stl.dcm" ? encapsulatedMesh(mesh, { source, hashes: ["a"], role: "1", title: "R", at: null }) : meshWriters[format](mesh, "R"));
const signedVolume = (corners: readonly P[]): number => {
  let six = 0;
  for (let t = 0; t < corners.length; t += 3) { const [a, b, c] = [corners[t], corners[t + 1], corners[t + 2]]; six += a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]); }
  return six / 6;
};
/** The pieces' corners in the file's own indices, out of the one phantom whose axes are the patient's. */
const inFile = new Map(values.map((value): [number, P[]] => [value, triples([...phantoms[0].meshes.get(value)!.positions]).map((p) => p.map((x, c) => (x - corner[c]) / mm[c]) as unknown as P)]));
const isNear = (p: P, q: P): boolean => p.every((x, axis) => Math.abs(x - q[axis]) <= toleranceMm);

/** How many of the 48 a writer puts where the file's affine has them: each corner to the tolerance, none beside, faces outward. */
function placed(format: string, writer = write): number {
  return phantoms.filter(({ affine, meshes }) => values.every((value) => {
    const corners = readers[format](writer(format, meshes.get(value)!)).map(([x, y, z]): P => [0 - x, 0 - y, z]);
    const wanted = inFile.get(value)!.map((p) => affine.map((row) => row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]) as unknown as P);
    return wanted.every((p) => corners.some((q) => isNear(p, q))) && corners.every((q) => wanted.some((p) => isNear(p, q))) && signedVolume(corners) > 0;
  })).length;
}

describe("X12, SP2: left is left through every writer, 48 of 48, to 0.001 mm", () => {
  it.each(Object.keys(readers))("%s", (format) => { expect(placed(format)).toBe(48); });

  it("the phantom whose axes are the patient's has each piece round its own voxels", () => {
    for (const [value, corners] of inFile) for (const axis of [0, 1, 2]) {
      const own = phantoms[0].voxels.get(value)!.map((p) => (p[axis] - corner[axis]) / mm[axis]), [low, high] = [Math.min, Math.max].map((end) => end(...corners.map((p) => p[axis]))), [first, last] = [Math.min(...own), Math.max(...own)];
      for (const beyond of [first - low, high - last]) expect([beyond > 0.1, beyond <= 0.5 + toleranceMm]).toEqual([true, true]);
    }
  });

  it("sees a writer that mirrors, and one that is half a millimetre off", () => {
    const mirrored = (mesh: Mesh): Mesh => ({ positions: mesh.positions.map((x, i) => (i % 3 === 0 ? -x : x)), triangles: mesh.triangles.map((_, i, all) => all[i - i % 3 + [0, 2, 1][i % 3]]) });
    expect(placed("stl", (format, mesh) => write(format, mirrored(mesh)))).toBe(0);
    expect(placed("obj", (format, mesh) => write(format, { ...mesh, positions: mesh.positions.map((x) => x + 0.5) }))).toBe(0);
  });

  /** Voxels as a reader says them: RAS mm and the value. */
  const told = (points: ReadonlyMap<number, readonly P[]>) => [...points].flatMap(([value, list]) => list.map((p) => [...p.map((x) => x.toFixed(3)), value].join(" "))).sort();
  const isRight = (at: number, found: readonly (readonly [number, number, number, number])[]) => found.map(([x, y, z, value]) => [...[x, y, z].map((mm_) => (mm_ + 0).toFixed(3)), value].join(" ")).sort().join("\n") === told(phantoms[at].voxels).join("\n");
  const count = (all: readonly (readonly (readonly [number, number, number, number])[])[]) => all.filter((found, at) => isRight(at, found)).length;

  it("NIfTI, as nibabel reads it", () => {
    phantoms.forEach(({ grid, labels }, n) => writeFileSync(join(dir, `${n}.nii.gz`), packedNifti({ grid, data: labels })));
    const said = python(`
import nibabel, numpy, json, sys
out = []
for n in range(48):
    i = nibabel.load(f'{sys.argv[1]}/{n}.nii.gz'); d = numpy.asarray(i.dataobj); v = numpy.argwhere(d > 0)
    out.append([[*map(float, i.affine[:3, :3] @ p + i.affine[:3, 3]), int(d[tuple(p)])] for p in v])
print(json.dumps(out))`, dir);
    if (said !== null) expect(count(JSON.parse(said) as never)).toBe(48);
  });

  it("NRRD, by its own space directions and origin", () => {
    const all = phantoms.map(({ grid, labels }) => {
      const bytes = encodeNrrd(grid, labels, values.map((value) => ({ value, name: `S ${value}`, color: [1, 0, 0] as const }))), head = text.decode(bytes), end = head.indexOf("\n\n"), field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(head)?.[1] ?? "";
      const vectors = [...field("space directions").matchAll(/\(([^)]+)\)/g)].map(([, v]) => v.split(",").map(Number)), origin = field("space origin").slice(1, -1).split(",").map(Number), [nx, ny] = field("sizes").split(" ").map(Number);
      expect([field("space"), [...head.matchAll(/^Segment\d+_(?:Name|LabelValue):=(.*)$/gm)].map(([, v]) => v)]).toEqual(["left-posterior-superior", ["S 1", "1", "S 2", "2", "S 3", "3", "S 4", "4"]]);
      return [...gunzipSync(bytes.subarray(end + 2))].flatMap((value, at): [number, number, number, number][] => {
        if (value === 0) return [];
        const ijk = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)], lps = [0, 1, 2].map((a) => origin[a] + ijk.reduce((sum, n, c) => sum + n * vectors[c][a], 0));
        return [[-lps[0], -lps[1], lps[2], value]];
      });
    });
    expect(count(all)).toBe(48);
  });

  it.each(["binary", "labelmap"] as const)("DICOM SEG, %s, as pydicom reads it", (form) => {
    phantoms.forEach(({ grid, labels }, n) => writeFileSync(join(dir, `${n}.${form}.dcm`), segmentationFile(grid, labels, { source, hashes: ["a"], form, at: null }).bytes));
    const said = python(`
import pydicom, json, sys
out = []
for n in range(48):
    d = pydicom.dcmread(f'{sys.argv[1]}/{n}.{sys.argv[2]}.dcm'); a = d.pixel_array; a = a if a.ndim == 3 else a[None]; sh = d.SharedFunctionalGroupsSequence[0]; own = []
    sp = [float(x) for x in sh.PixelMeasuresSequence[0].PixelSpacing]; o = [float(x) for x in sh.PlaneOrientationSequence[0].ImageOrientationPatient]
    for i, g in enumerate(d.PerFrameFunctionalGroupsSequence):
        p = [float(x) for x in g.PlanePositionSequence[0].ImagePositionPatient]; s = int(g.SegmentIdentificationSequence[0].ReferencedSegmentNumber) if 'SegmentIdentificationSequence' in g else 0
        for r, c in zip(*a[i].nonzero()):
            q = [p[k] + float(c) * sp[1] * o[k] + float(r) * sp[0] * o[k + 3] for k in range(3)]; own.append([-q[0], -q[1], q[2], s or int(a[i][r, c])])
    out.append(own)
print(json.dumps(out))`, dir, form);
    if (said !== null) expect(count(JSON.parse(said) as never)).toBe(48);
  });
});

import { zlibSync, gzipSync, unzlibSync, gunzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { canonicalVolume } from "../../../core/volume/nifti.ts";
import { decodeMetaImage } from "../../../core/volume/metaImage.ts";
import { decodeNrrd } from "../../../core/volume/nrrd.ts";

const unpack = (packed: Uint8Array, kind: "gzip" | "zlib") => kind === "gzip" ? gunzipSync(packed) : unzlibSync(packed);
/** Every way in which three file axes can run along the patient's: axis of each, and its sign. */
const orientations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].flatMap((axes) => Array.from({ length: 8 }, (_, bits) => axes.map((axis, i) => ({ axis, sign: bits >> i & 1 ? -1 : 1 }))));
const dims = [3, 4, 5], mm = [0.5, 0.7, 1.25], corner = [11, -22.5, 33.25];
const voxels = Int16Array.from({ length: 60 }, (_, i) => i * 7 - 100);
const bytesOf = (values: Int16Array) => new Uint8Array(values.buffer);
/** LPS step along each file axis. */
const stepsOf = (axes: { axis: number; sign: number }[]) => axes.map(({ axis, sign }, i) => [0, 1, 2].map((a) => (a === axis ? sign * mm[i] : 0)));
const joined = (head: string, data: Uint8Array) => new Uint8Array(Buffer.concat([Buffer.from(head), data]));

function expectPlaced(file: ReturnType<typeof decodeNrrd>, steps: number[][], signs: number[]): void {
  const { grid, hu } = canonicalVolume(file), [nx, ny] = grid.dims;
  for (let k = 0, at = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) for (let i = 0; i < dims[0]; i++, at++) {
    const ras = [0, 1, 2].map((a) => signs[a] * (corner[a] + i * steps[0][a] + j * steps[1][a] + k * steps[2][a]));
    const place = ras.map((x, a) => (x - grid.origin[a]) / grid.spacing[a]), voxel = place.map(Math.round);
    place.forEach((p, a) => expect(Math.abs(p - voxel[a]) * grid.spacing[a]).toBeLessThanOrEqual(1e-3));
    expect(hu[voxel[0] + nx * (voxel[1] + ny * voxel[2])]).toBe(voxels[at]);
  }
}

describe("SP2: left is left through every reader", () => {
  it("NRRD in all 48 orientations, in each space, raw and gzip", () => {
    for (const [n, axes] of orientations.entries()) {
      const steps = stepsOf(axes), space = (["left-posterior-superior", "right-anterior-superior", "left-anterior-superior"] as const)[n % 3], signs = [[-1, -1, 1], [1, 1, 1], [-1, 1, 1]][n % 3], isPacked = n % 2 === 1;
      const head = `NRRD0004\ntype: short\ndimension: 3\nspace: ${space}\nsizes: ${dims.join(" ")}\nspace directions: ${steps.map((s) => `(${s.join(",")})`).join(" ")}\nendian: little\nencoding: ${isPacked ? "gzip" : "raw"}\nspace origin: (${corner.join(",")})\n\n`;
      expectPlaced(decodeNrrd(joined(head, isPacked ? gzipSync(bytesOf(voxels)) : bytesOf(voxels)), unpack, 1e6), steps, signs);
    }
  });

  it("MetaImage in all 48 orientations, raw and zlib", () => {
    for (const [n, axes] of orientations.entries()) {
      const steps = stepsOf(axes), isPacked = n % 2 === 1;
      const head = `ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = ${isPacked ? "True" : "False"}\nTransformMatrix = ${steps.map((s, i) => s.map((x) => x / mm[i]).join(" ")).join(" ")}\nOffset = ${corner.join(" ")}\nElementSpacing = ${mm.join(" ")}\nDimSize = ${dims.join(" ")}\nElementType = MET_SHORT\nElementDataFile = LOCAL\n`;
      expectPlaced(decodeMetaImage(joined(head, isPacked ? zlibSync(bytesOf(voxels)) : bytesOf(voxels)), unpack, 1e6), steps, [-1, -1, 1]);
    }
  });
});

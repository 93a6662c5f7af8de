import { describe, expect, it } from "vitest";
import { deidentify } from "../../../core/deidentify/deidentify.ts";
import { decodeMetaImage } from "../../../core/volume/metaImage.ts";
import { canonicalVolume, decodeNifti, encodeNifti, NiftiError } from "../../../core/volume/nifti.ts";
import { decodeNrrd } from "../../../core/volume/nrrd.ts";
import { DicomError } from "../../../core/volume/dicom/dicomError.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { maxDepth, readDicom } from "../../../core/volume/dicom/reader.ts";
import { codestreamSize } from "../../../core/volume/dicom/codestream.ts";
import { framesOfPixels } from "../../../core/volume/dicom/fragments.ts";
import { decodeGreyJpeg } from "../../../core/volume/dicom/jpegDct.ts";
import { decodeRle } from "../../../core/volume/dicom/rle.ts";
import { seeded } from "../../support/seeded.ts";
import { dicomSlice, element, joined, sequence } from "./dicomWriter.ts";

/** Changes that hit structure: lengths at their extremes, cuts, bytes, pieces moved or doubled. */
function mutated(bytes: Uint8Array, next: () => number): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let n = 1 + Math.floor(next() * 4); n > 0; n--) {
    const at = Math.floor(next() * Math.max(1, out.length - 8)), kind = Math.floor(next() * 6);
    if (kind === 0) out[at] = Math.floor(next() * 256);
    else if (kind === 1) out.set([0xff, 0xff, 0xff, 0xff].slice(0, out.length - at), at);
    else if (kind === 2) out = out.slice(0, at);
    else if (kind === 3) out = joined([out.subarray(0, at), out.subarray(Math.min(out.length, at + Math.floor(next() * 32)))]);
    else if (kind === 4) out = joined([out.subarray(0, at), out.subarray(at, at + 16), out.subarray(at)]);
    else out.set([0xfe, 0xff, next() < 0.5 ? 0x00 : 0x0d, 0xe0].slice(0, out.length - at), at);
  }
  return out;
}

function fuzz(seed: number, bases: Uint8Array[], parse: (bytes: Uint8Array) => unknown, isTyped: (error: unknown) => boolean, budgetMs = 1500): void {
  const next = seeded(seed), end = performance.now() + budgetMs;
  let slowest = 0;
  for (let run = 0; performance.now() < end && run < 20_000; run++) {
    const bytes = mutated(bases[run % bases.length], next), begin = performance.now();
    try {
      parse(bytes);
    } catch (error) {
      if (!isTyped(error)) throw new Error(`seed ${seed}, run ${run}: ${String(error)}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - begin);
  }
  expect(slowest).toBeLessThan(5000);
}

const nested = (depth: number): Uint8Array => depth === 0 ? element(8, 0x50, "SH", "x") : sequence(0x40, 0x275, [[nested(depth - 1)]]);
const slice = dicomSlice({ z: 1, index: 1, extra: [nested(5), sequence(0x5200, 0x9230, [[sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", "1\\2\\3")]])]])] });

describe("hostile bytes", () => {
  it("DICOM, plain and implicit: every mutation is read or refused with tag or offset; de-identification too", () => {
    fuzz(11, [slice, dicomSlice({ z: 1, index: 1, implicit: true })], (bytes) => describeImage(readDicom(bytes)), (error) => error instanceof DicomError && Number.isInteger(error.offset));
    fuzz(12, [slice], (bytes) => deidentify(bytes, { key: new Uint8Array(16) }), (error) => error instanceof DicomError);
  }, 20_000);

  it("H3: sequences nested too deep are refused, not recursed into", () => {
    expect(() => readDicom(dicomSlice({ z: 0, index: 0, extra: [nested(maxDepth - 4)] }))).not.toThrow();
    let deep = element(8, 0x50, "SH", "x", true);
    const item = (inner: Uint8Array) => { const h = new Uint8Array(8), v = new DataView(h.buffer); v.setUint32(0, 0xe000fffe, true); v.setUint32(4, inner.length, true); return joined([h, inner]); };
    for (let i = 0; i < 2000; i++) deep = element(0x40, 0x275, "SQ", item(deep), true);
    expect(() => readDicom(dicomSlice({ z: 0, index: 0, implicit: true, extra: [deep] }))).toThrow(expect.objectContaining({ code: "too-deep" }));
  });

  it("IM1 H2: more elements than there may be", () => {
    const many = joined(Array.from({ length: 100_001 }, () => element(9, 0x10, "SH", "")));
    expect(() => readDicom(joined([slice.subarray(0, 162), many]))).toThrow(DicomError);
  });

  it("RLE, JPEG, fragments, code streams", () => {
    const rle = new Uint8Array(80);
    new DataView(rle.buffer).setUint32(0, 1, true);
    new DataView(rle.buffer).setUint32(4, 64, true);
    rle.set([241, 9], 64);
    fuzz(21, [rle], (bytes) => decodeRle(bytes, 16, 1), (error) => error instanceof RangeError, 500);
    const jpeg = joined([Uint8Array.of(0xff, 0xd8, 0xff, 0xdb, 0, 67, 0), new Uint8Array(64).fill(1), Uint8Array.of(0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xff, 0xc4, 0, 20, 0, 1), new Uint8Array(15), Uint8Array.of(0),
      Uint8Array.of(0xff, 0xc4, 0, 20, 0x10, 1), new Uint8Array(15), Uint8Array.of(0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0xff, 0xd9)]);
    expect([...new Set(decodeGreyJpeg(jpeg, 8, 8))]).toEqual([128]);
    fuzz(22, [jpeg], (bytes) => { codestreamSize(bytes); return decodeGreyJpeg(bytes, 8, 8); }, (error) => error instanceof RangeError, 800);
    const encapsulated = joined([Uint8Array.of(0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0, 0xe0, 4, 0, 0, 0, 1, 2, 3, 4, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)]);
    fuzz(23, [encapsulated], (bytes) => framesOfPixels(bytes, 0, 1), (error) => error instanceof RangeError, 500);
  }, 20_000);

  it("NIfTI, NRRD, MetaImage; detached data are refused", () => {
    const nifti = encodeNifti({ grid: { dims: [4, 4, 4], spacing: [1, 2, 3], origin: [0, 0, 0] }, data: new Int16Array(64) });
    const unpack = () => { throw new NiftiError("truncated", "broken"); };
    fuzz(31, [nifti], (bytes) => { const d = decodeNifti(bytes); if (d.dims[0] * d.dims[1] * d.dims[2] < 1e4) canonicalVolume(d); }, (error) => error instanceof NiftiError, 1000);
    const nrrd = joined([new TextEncoder().encode("NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n"), new Uint8Array(16)]);
    expect(decodeNrrd(nrrd, unpack, 1e6).dims).toEqual([2, 2, 2]);
    fuzz(32, [nrrd], (bytes) => decodeNrrd(bytes, unpack, 1e6), (error) => error instanceof NiftiError, 800);
    const text = "ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 2 2 2\nElementType = MET_SHORT\nElementDataFile = LOCAL\n";
    const mha = joined([new TextEncoder().encode(text), new Uint8Array(16)]);
    expect(decodeMetaImage(mha, unpack, 1e6).affine[0][0]).toBe(-1);
    fuzz(33, [mha], (bytes) => decodeMetaImage(bytes, unpack, 1e6), (error) => error instanceof NiftiError, 800);
    expect(() => decodeMetaImage(new TextEncoder().encode(text.replace("LOCAL", "/etc/passwd")), unpack, 1e6)).toThrow(expect.objectContaining({ code: "detached" }));
    expect(() => decodeNrrd(new TextEncoder().encode("NRRD0004\ndimension: 3\ndata file: /etc/passwd\n\n"), unpack, 1e6)).toThrow(expect.objectContaining({ code: "detached" }));
  }, 20_000);
});

import { deflateSync, gzipSync, zlibSync } from "fflate";
import { deidentify } from "../../../core/deidentify/deidentify.ts";
import { cleanVolumeHead } from "../../../core/deidentify/volumeHead.ts";
import { DicomError } from "../../../core/volume/dicom/dicomError.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { placeMask, readMaskFile, type MaskOfFile } from "../../../core/volume/maskFile.ts";
import { decodeMetaImage } from "../../../core/volume/metaImage.ts";
import { canonicalVolume, decodeNifti, encodeNifti, NiftiError } from "../../../core/volume/nifti.ts";
import { decodeNrrd } from "../../../core/volume/nrrd.ts";
import { unpackBounded } from "../../../core/volume/unpackBounded.ts";
import { isGzip, volumeFileKind } from "../../../core/volume/volumeFileKind.ts";
import { segmentationFile, type SegForm } from "../../../server/platform/dicom/segmentation.ts";
import { MeshFault } from "../../../core/surface/meshFault.ts";
import { meshWriters, readMesh } from "../../../core/surface/meshFile.ts";
import { framesOfPixels } from "../../../core/volume/dicom/fragments.ts";
import { remainsOf } from "../../../core/volume/dicom/remains.ts";
import { decodeFrame } from "../../../workers/import/codecs.ts";
import { codings, packBits } from "../../support/codings.ts";
import { losslessJpeg } from "../../support/losslessJpeg.ts";
import { dicomMutations, niftiMutations, streamMutations, textMutations, together, type Mutation } from "../../support/mutations.ts";
import { writtenNifti } from "../../support/niftiWriter.ts";
import { dicomSlice, element, joined, sequence } from "./dicomWriter.ts";
import { encoderOf } from "./packedSlice.ts";

// A process of its own, so that its memory can be capped and measured: reads every mutation of one kind of file by all that
// reads such files, and tells as JSON how it went. node hostileRun.ts KIND SEED MS
const maxVoxels = 2 ** 28, grid = { dims: [7, 5, 6], spacing: [0.5, 0.75, 1.25], origin: [-7.25, 3, 11.5] } as const;
const values = Int16Array.from({ length: 210 }, (_, i) => (i * 7) % 5), latin = (text: string) => new TextEncoder().encode(text);

/** What must hold of a volume that is given out. */
function checkVolume({ grid: { dims, spacing, origin }, hu }: { grid: { dims: readonly number[]; spacing: readonly number[]; origin: readonly number[] }; hu: Int16Array }): void {
  if (hu.length !== dims[0] * dims[1] * dims[2] || hu.length === 0 || !dims.every(Number.isInteger)) throw new Error(`a volume of ${dims.join(" × ")} with ${hu.length} voxels`);
  if (!spacing.every((mm) => mm > 0 && Number.isFinite(mm)) || !origin.every(Number.isFinite)) throw new Error(`a volume with spacing ${spacing.join(", ")} at ${origin.join(", ")}`);
}
function readVolume(bytes: Uint8Array): void {
  const kind = volumeFileKind(bytes);
  if (!kind) return;
  const made = kind === "NRRD" ? decodeNrrd(bytes, unpackBounded, maxVoxels) : kind === "MetaImage" ? decodeMetaImage(bytes, unpackBounded, maxVoxels) : decodeNifti(isGzip(bytes) ? unpackBounded(bytes, "gzip", 1e6) : bytes);
  if (made.dims[0] * made.dims[1] * made.dims[2] <= maxVoxels) checkVolume(canonicalVolume(made, { straighten: true }));
}
function readMasks(bytes: Uint8Array): void {
  for (const mask of readMaskFile(bytes, maxVoxels)) place(mask);
}
/** A mask that lies elsewhere or askew is refused by its name: there is no byte to name. */
function place(mask: MaskOfFile): void {
  const { dims, data } = mask.labels;
  if (data.length !== dims[0] * dims[1] * dims[2] || mask.name === "") throw new Error(`a mask «${mask.name}» of ${dims.join(" × ")} with ${data.length} voxels`);
  try {
    placeMask(mask, grid);
  } catch (error) {
    if (!(error instanceof NiftiError)) throw error;
  }
}
const seg = (form: SegForm): Uint8Array => segmentationFile(grid, values, { source: latin(JSON.stringify({ seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [0, 1, 2, 3, 4, 5].map((k) => ({ sopUid: `1.2.3.4.${k + 1}`, position: [3.5, -6, 11.5 + 1.25 * k], sha256: "" })) })), hashes: ["a".repeat(64)], form, at: null }).bytes;
/** A SEG with its frames packed one by one, in RLE or deflated, or deflated as a whole. */
function packedSeg(form: SegForm, how: "rle" | "frames" | "whole"): Uint8Array {
  const file = seg(form), { pixels } = readDicom(file), image = describeImage(readDicom(file));
  if (!pixels?.length || !image) throw new Error("no pixels");
  let body = 132;
  while (file[body] === 2 && file[body + 1] === 0) body += file[body + 4] === 0x4f ? 12 + new DataView(file.buffer, file.byteOffset + body + 8).getUint32(0, true) : 8 + new DataView(file.buffer, file.byteOffset + body + 6).getUint16(0, true);
  const begin = (syntax: string) => joined([file.subarray(0, 132), element(2, 0x10, "UI", syntax)]);
  if (how === "whole") { const made = deflateSync(file.subarray(body)); return joined([begin("1.2.840.10008.1.2.1.99"), made, new Uint8Array(made.length % 2)]); }
  const count = image.frames.length, size = image.rows * image.columns, isBits = image.bitsAllocated === 1, item = (length: number) => { const head = new Uint8Array([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]); new DataView(head.buffer).setUint32(4, length, true); return head; };
  const parts = Array.from({ length: count }, (_, k) => {
    const frame = new Uint8Array(isBits ? Math.ceil(size / 8) : size);
    if (isBits) for (let p = 0, bit = k * size; p < size; p++, bit++) frame[p >> 3] |= (file[pixels.offset + (bit >> 3)] >> (bit & 7) & 1) << (p & 7);
    else frame.set(file.subarray(pixels.offset + k * size, pixels.offset + (k + 1) * size));
    const head = new DataView(new ArrayBuffer(64));
    head.setUint32(0, 1, true);
    head.setUint32(4, 64, true);
    const packed = how === "rle" ? joined([new Uint8Array(head.buffer), Uint8Array.from(packBits(frame))]) : deflateSync(frame), whole = packed.length % 2 ? joined([packed, new Uint8Array(1)]) : packed;
    return joined([item(whole.length), whole]);
  });
  return joined([begin(how === "rle" ? rle : "1.2.840.10008.1.2.8.1"), file.subarray(body, pixels.offset - 12), new Uint8Array([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 255, 255, 255, 255]), item(0), ...parts, new Uint8Array([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])]);
}
const nrrdHead = "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 7 5 6\nspace directions: (0.5,0,0) (0,0.75,0) (0,0,1.25)\nkinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (7.25,-3,11.5)\n\n";
const metaHead = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 7.25 -3 11.5\nElementSpacing = 0.5 0.75 1.25\nDimSize = 7 5 6\nElementType = MET_SHORT\nElementDataFile = LOCAL\n";
const raw = new Uint8Array(values.buffer), whole = (head: string, data: Uint8Array) => new Uint8Array(Buffer.concat([latin(head), data]));
const affine = [[-0.5, 0, 0, 0], [0, 0.75, 0, 0], [0, 0.01, 1.25, 0]], quaternion = [0, 0, 0.38];

async function codec(of: Parameters<typeof encoderOf>[0] | typeof losslessJpeg, syntax: string, headBytes: number): Promise<Kind> {
  const [width, height] = [64, 48], bytes = Uint8Array.from((typeof of === "string" ? await encoderOf(of) : of)(Int16Array.from({ length: width * height }, (_, i) => (i % width) * 7 + i % 5), width, height, true));
  const read = async (frame: Uint8Array) => { const { length } = await decodeFrame(syntax, frame, width, height, 16); if (length !== width * height) throw new Error(`${length} pixels`); };
  return { bases: [{ bytes, headBytes, mutations: streamMutations }], readers: [read], isFrame: true };
}

interface Kind {
  bases: { bytes: Uint8Array; headBytes: number; mutations: (bytes: Uint8Array, headBytes: number) => Iterable<Mutation> }[];
  readers: ((bytes: Uint8Array) => void | Promise<void>)[];
  /** A packed frame by itself: who reads its file names the pixels' tag and byte. */
  isFrame?: true;
}
const nifti = (version: 1 | 2, bytes: Uint8Array) => ({ bytes, headBytes: version === 1 ? 352 : 544, mutations: (base: Uint8Array) => niftiMutations(base, version) });
const text = (separator: ": " | " = ", head: string, data: Uint8Array) => ({ bytes: whole(head, data), headBytes: head.length, mutations: (base: Uint8Array, headBytes: number) => textMutations(base, separator, headBytes) });
const dicom = (bytes: Uint8Array) => ({ bytes, headBytes: bytes.length, mutations: dicomMutations });
const cleanHead = (bytes: Uint8Array) => { cleanVolumeHead(bytes); }, written = { dims: [7, 5, 6], affine, values: [...values] };
/** A file of packed frames: its header, its fragments and every frame, as an import reads them. */
async function readPacked(bytes: Uint8Array): Promise<void> {
  const read = readDicom(bytes), image = describeImage(read);
  if (!image || !read.pixels || read.pixels.length !== null || read.transferSyntax !== rle || image.rows * image.columns > 2 ** 20 || ![8, 16].includes(image.bitsAllocated)) return;
  for (const frame of framesOfPixels(read.bytes, read.pixels.offset, image.frames.length)) await decodeFrame(rle, frame, image.columns, image.rows, image.bitsAllocated);
}
const rle = "1.2.840.10008.1.2.5", twoFrames = (): Uint8Array => dicomSlice({ z: 1, index: 1, columns: 24, rows: 20, stored: Int16Array.from({ length: 960 }, (_, i) => i % 24 * 7 + i % 5), extra: [element(0x28, 8, "IS", "2"), sequence(0x5200, 0x9230, [1, 2].map((z) => [sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", `1\\2\\${z}`)]])]))] });
async function coded(name: string, reader: Kind["readers"][number]): Promise<Kind> {
  const bytes = ((await codings()).get(name) ?? ((file: Uint8Array) => file))(twoFrames(), () => 0);
  return { bases: [{ bytes, headBytes: bytes.length, mutations: streamMutations }], readers: [reader] };
}
/** A tetrahedron in a mesh format; what is changed of it is bits and bytes, cuts, and pieces of others. */
function mesh(format: string): Kind {
  const bytes = new Uint8Array(meshWriters[format]({ positions: Float32Array.of(0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0, 20), triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3) }, "t"));
  return { bases: [{ bytes, headBytes: bytes.length, mutations: streamMutations }], readers: [(changed) => { readMesh(changed, `t.${format}`); }] };
}
const kinds: Readonly<Record<string, () => Kind | Promise<Kind>>> = {
  "jpeg-ls": () => codec("jpegLs", "1.2.840.10008.1.2.4.80", 34), "jpeg-2000": () => codec("jpeg2000", "1.2.840.10008.1.2.4.90", 140), htj2k: () => codec("htj2k", "1.2.840.10008.1.2.4.201", 140), "jpeg-lossless": () => codec(losslessJpeg, "1.2.840.10008.1.2.4.70", 63),
  "nifti-1": () => ({ bases: [nifti(1, encodeNifti({ grid: { dims: [7, 5, 6], spacing: [0.5, 0.75, 1.25], origin: [-7.25, 3, 11.5] }, data: values })), nifti(1, writtenNifti({ ...written, type: 16, bytes: 4, quaternion }))], readers: [readVolume, readMasks, cleanHead] }),
  "nifti-2": () => ({ bases: [nifti(2, writtenNifti({ ...written, version: 2, type: 4, bytes: 2 })), nifti(2, writtenNifti({ ...written, version: 2, type: 1024, bytes: 8, quaternion, slope: 2 }))], readers: [readVolume, readMasks, cleanHead] }),
  rle: () => coded("RLE", readPacked), deflated: () => coded("deflated", (bytes) => { describeImage(readDicom(bytes)); }), stl: () => mesh("stl"), ply: () => mesh("ply"), obj: () => mesh("obj"), "3mf": () => mesh("3mf"),
  nrrd: () => ({ bases: [text(": ", nrrdHead, raw), text(": ", nrrdHead.replace("raw", "gzip"), gzipSync(raw))], readers: [readVolume, readMasks, cleanHead] }),
  mha: () => ({ bases: [text(" = ", metaHead, raw), text(" = ", metaHead.replace("CompressedData = False", "CompressedData = True"), zlibSync(raw))], readers: [readVolume, readMasks, cleanHead] }),
  "seg-binary": () => ({ bases: [dicom(seg("binary"))], readers: [readMasks] }),
  "seg-rle": () => ({ bases: [dicom(packedSeg("binary", "rle")), dicom(packedSeg("labelmap", "rle"))], readers: [readMasks] }),
  "seg-deflated": () => ({ bases: [dicom(packedSeg("labelmap", "frames")), { ...dicom(packedSeg("binary", "whole")), mutations: streamMutations }], readers: [readMasks] }),
  "seg-labelmap": () => ({ bases: [dicom(seg("labelmap"))], readers: [readMasks] }),
  "ct-slice": () => ({
    bases: [dicom(dicomSlice({ z: 1, index: 1, extra: [sequence(0x40, 0x275, [[element(8, 0x50, "SH", "x")], [element(8, 0x50, "SH", "y")]])] })), dicom(dicomSlice({ z: 1, index: 1, extra: [element(0x28, 8, "IS", "2"), sequence(0x5200, 0x9230, [1, 2].map((z) => [sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", `1\\2\\${z}`)]])]))] }))],
    readers: [(bytes) => { describeImage(readDicom(bytes)); }, (bytes) => { deidentify(bytes, { key: new Uint8Array(16) }); }, (bytes) => { remainsOf(bytes); }],
  }),
};

/** A file's kinds of parsers, for the command that runs them all. */
if (process.argv[2] === "--list") { console.log(Object.keys(kinds).join(" ")); process.exit(0); }
const [name, seedText, msText] = process.argv.slice(2), { bases, readers, isFrame } = await kinds[name](), failures: string[] = [];
let runs = 0, refused = 0, slowestMs = 0, slowest = "";
async function attempt({ label, bytes }: Mutation): Promise<void> {
  for (const reader of readers) {
    const before = process.threadCpuUsage();
    try {
      await reader(bytes);
    } catch (error) {
      refused++;
      const isNamed = isFrame ? error instanceof RangeError : error instanceof MeshFault ? error.message !== "" : error instanceof RangeError ? name === "rle" : error instanceof NiftiError ? error.where !== "" : error instanceof DicomError && (error.tag !== null || error.offset > 0);
      if (!isNamed && failures.length < 20) failures.push(`${label}: ${error instanceof Error ? `${error.name} «${error.message}» ${error instanceof NiftiError || error instanceof DicomError ? "names no place" : error.stack?.split("\n").slice(1, 3).join(" ")}` : String(error)}`);
    }
    const { user, system } = process.threadCpuUsage(before), ms = (user + system) / 1000;
    if (ms > slowestMs) { slowestMs = ms; slowest = label; }
  }
  runs++;
}
for (const [n, { bytes, headBytes, mutations }] of bases.entries()) {
  for (const reader of readers) await reader(bytes);
  // A part of them is kept to be put together: all would be the memory that is measured.
  const single: Mutation[] = [];
  let made = 0;
  for (const mutation of mutations(bytes, headBytes)) { await attempt(mutation); if (made++ % 41 === 0) single.push(mutation); }
  const end = performance.now() + Number(msText) / bases.length;
  for (const mutation of together(bytes, Number(seedText) + n, headBytes, single)) { if (performance.now() >= end) break; await attempt(mutation); }
}
console.log(JSON.stringify({ runs, refused, slowestMs: Math.round(slowestMs), slowest, peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024), failures }));

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "fflate";
import { describeImage } from "../../core/volume/dicom/image.ts";
import { readDicom } from "../../core/volume/dicom/reader.ts";
import { element, joined } from "../workers/import/dicomWriter.ts";
import { encapsulatedFrames, encoderOf } from "../workers/import/packedSlice.ts";
import { losslessJpeg } from "./losslessJpeg.ts";

/** Packs a DICOM file of plain explicit little-endian pixels, 16 bits each, without loss. `next`: a seed's numbers, for what a writer is free to choose. */
export type Coding = (file: Uint8Array, next: () => number) => Uint8Array;

/** PackBits of one byte plane (PS3.5 G.3.1): runs as they come, literals between. */
export function packBits(bytes: Uint8Array): number[] {
  const out: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let same = 1;
    while (same < 128 && bytes[at + same] === bytes[at]) same++;
    if (same > 1) { out.push(257 - same, bytes[at]); at += same; continue; }
    let end = at + 1;
    while (end < bytes.length && end - at < 128 && bytes[end] !== bytes[end + 1]) end++;
    out.push(end - at - 1, ...bytes.subarray(at, end));
    at = end;
  }
  return out.length % 2 ? [...out, 0] : out;
}
/** One frame as DICOM's RLE: the high bytes, then the low ones. */
function rleFrame(stored: Int16Array): Uint8Array {
  const planes = [8, 0].map((shift) => packBits(Uint8Array.from(stored, (value) => value >> shift & 255))), head = new DataView(new ArrayBuffer(64));
  head.setUint32(0, 2, true);
  head.setUint32(4, 64, true);
  head.setUint32(8, 64 + planes[0].length, true);
  return joined([new Uint8Array(head.buffer), Uint8Array.from(planes[0]), Uint8Array.from(planes[1])]);
}

/** Frames of a plain file, each packed by `pack`; with an offset table or without, in one fragment a frame or in several. */
function packed(transferSyntax: string, pack: (stored: Int16Array, width: number, height: number, isSigned: boolean) => Uint8Array): Coding {
  return (bytes, next) => {
    const read = readDicom(bytes), image = describeImage(read), { offset } = read.pixels ?? { offset: 0 };
    if (!image) throw new Error("no image");
    const { columns, rows, frames, isSigned } = image, size = columns * rows;
    const streams = frames.map((_, k) => pack(new Int16Array(read.bytes.slice(offset + 2 * size * k, offset + 2 * size * (k + 1)).buffer), columns, rows, isSigned));
    const hasTable = next() < 0.5;
    return encapsulatedFrames(bytes, transferSyntax, streams, { hasTable, fragments: hasTable && next() < 0.5 && transferSyntax !== "1.2.840.10008.1.2.5" ? 2 : 1 });
  };
}

const deflated: Coding = (bytes) => {
  const head = 132 + element(2, 0x10, "UI", "1.2.840.10008.1.2.1").length, body = deflateSync(bytes.subarray(head));
  return joined([bytes.subarray(0, 132), element(2, 0x10, "UI", "1.2.840.10008.1.2.1.99"), body.length % 2 ? joined([body, new Uint8Array(1)]) : body]);
};

/** dcmtk's programs, where they are installed. */
function dcmtk(tool: string, ...options: string[]): Coding {
  return (bytes) => {
    const dir = mkdtempSync(join(tmpdir(), "caseroom-dcmtk-"));
    try {
      writeFileSync(join(dir, "in"), bytes);
      execFileSync(tool, [...options, join(dir, "in"), join(dir, "out")], { stdio: "pipe", timeout: 20_000 });
      return new Uint8Array(readFileSync(join(dir, "out")));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
}
export const hasDcmtk = (() => { try { execFileSync("dcmconv", ["--version"], { stdio: "ignore" }); return true; } catch { return false; } })();

/** Every lossless coding that can be written here, by name: our own RLE and deflate, the codec packages' encoders, and dcmtk's. */
export async function codings(): Promise<Map<string, Coding>> {
  const [jpegLs, jpeg2000, htj2k] = await Promise.all((["jpegLs", "jpeg2000", "htj2k"] as const).map(encoderOf));
  return new Map<string, Coding>([
    ["plain", (bytes) => bytes], ["deflated", deflated], ["RLE", packed("1.2.840.10008.1.2.5", rleFrame)], ["JPEG-LS", packed("1.2.840.10008.1.2.4.80", jpegLs)],
    ["JPEG 2000", packed("1.2.840.10008.1.2.4.90", jpeg2000)], ["HTJ2K", packed("1.2.840.10008.1.2.4.201", htj2k)],
    ["JPEG Lossless 57", packed("1.2.840.10008.1.2.4.57", losslessJpeg)], ["JPEG Lossless 70", packed("1.2.840.10008.1.2.4.70", losslessJpeg)],
    ...hasDcmtk ? [
      ["implicit by dcmtk", dcmtk("dcmconv", "+ti")], ["big endian by dcmtk", dcmtk("dcmconv", "+tb")], ["deflated by dcmtk", dcmtk("dcmconv", "+td")], ["RLE by dcmtk", dcmtk("dcmcrle")],
      ["JPEG Lossless 57 by dcmtk", dcmtk("dcmcjpeg", "+el")], ["JPEG Lossless 70 by dcmtk", dcmtk("dcmcjpeg", "+e1")], ["JPEG-LS by dcmtk", dcmtk("dcmcjpls", "+el")],
    ] as const : [],
  ]);
}

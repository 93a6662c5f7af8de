import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { checkedSize, decodeWasmFrame, type Stored, type WasmDecoder } from "../../core/volume/dicom/wasmFrame.ts";
import { decodeLosslessJpeg } from "../../core/volume/dicom/jpegLossless.ts";
import { decodeRle } from "../../core/volume/dicom/rle.ts";

/** The compressed transfer syntaxes that are taken (PS3.5 annex A). */
export const compressedSyntaxes: Readonly<Record<string, { name: string; isLossy: boolean; codec: "rle" | "jpeg" | "jpegLossless" | "jpegLs" | "jpeg2000" | "htj2k" }>> = {
  "1.2.840.10008.1.2.5": { name: "RLE Lossless", isLossy: false, codec: "rle" },
  "1.2.840.10008.1.2.4.50": { name: "JPEG Baseline", isLossy: true, codec: "jpeg" },
  "1.2.840.10008.1.2.4.51": { name: "JPEG Extended", isLossy: true, codec: "jpeg" },
  "1.2.840.10008.1.2.4.57": { name: "JPEG Lossless", isLossy: false, codec: "jpegLossless" },
  "1.2.840.10008.1.2.4.70": { name: "JPEG Lossless SV1", isLossy: false, codec: "jpegLossless" },
  "1.2.840.10008.1.2.4.80": { name: "JPEG-LS Lossless", isLossy: false, codec: "jpegLs" },
  "1.2.840.10008.1.2.4.81": { name: "JPEG-LS Near-lossless", isLossy: true, codec: "jpegLs" },
  "1.2.840.10008.1.2.4.90": { name: "JPEG 2000 Lossless", isLossy: false, codec: "jpeg2000" },
  "1.2.840.10008.1.2.4.91": { name: "JPEG 2000", isLossy: true, codec: "jpeg2000" },
  "1.2.840.10008.1.2.4.201": { name: "HTJ2K Lossless", isLossy: false, codec: "htj2k" },
  "1.2.840.10008.1.2.4.202": { name: "HTJ2K Lossless RPCL", isLossy: false, codec: "htj2k" },
  "1.2.840.10008.1.2.4.203": { name: "HTJ2K", isLossy: true, codec: "htj2k" },
};

export type { Stored } from "../../core/volume/dicom/wasmFrame.ts";
const require = createRequire(import.meta.url);
const packages = {
  jpegLs: { js: "@cornerstonejs/codec-charls/decodewasmjs", wasm: "@cornerstonejs/codec-charls/decodewasm", name: "JpegLSDecoder" },
  jpeg2000: { js: "@cornerstonejs/codec-openjpeg/decodewasmjs", wasm: "@cornerstonejs/codec-openjpeg/decodewasm", name: "J2KDecoder" },
  htj2k: { js: "@cornerstonejs/codec-openjph/wasmjs", wasm: "@cornerstonejs/codec-openjph/wasm", name: "HTJ2KDecoder" },
};
const loaded = new Map<string, Promise<() => WasmDecoder>>();

/** A WASM codec without imports of ours: no files, no network. */
function codecOf(kind: keyof typeof packages): Promise<() => WasmDecoder> {
  const { js, wasm, name } = packages[kind];
  let made = loaded.get(kind);
  if (!made) {
    const load = require(js) as (options: object) => Promise<Record<string, new () => WasmDecoder>>;
    made = load({ wasmBinary: readFileSync(require.resolve(wasm)), print: () => undefined, printErr: () => undefined }).then((module) => () => new module[name]());
    loaded.set(kind, made);
  }
  return made;
}

/**
 * Decodes one frame. The stream's own size is compared with the header's before a decoder allocates.
 * @throws RangeError with what is broken, for the person
 */
export async function decodeFrame(transferSyntax: string, frame: Uint8Array, columns: number, rows: number, bitsAllocated: number): Promise<Stored> {
  const { codec } = compressedSyntaxes[transferSyntax], count = columns * rows;
  if (codec === "rle") {
    const bytes = decodeRle(frame, count, bitsAllocated / 8);
    return bitsAllocated === 8 ? bytes : new Uint16Array(bytes.buffer);
  }
  checkedSize(frame, columns, rows);
  if (codec === "jpeg") return (await import("../../core/volume/dicom/jpegDct.ts")).decodeGreyJpeg(frame, columns, rows);
  if (codec === "jpegLossless") return decodeLosslessJpeg(frame, columns, rows);
  try {
    return decodeWasmFrame((await codecOf(codec))(), frame, columns, rows);
  } catch (error) {
    loaded.delete(codec); // what broken data did to its memory is not handed on
    throw error;
  }
}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { element, joined } from "./dicomWriter.ts";

interface Encoder { getDecodedBuffer(info: object): Uint8Array; setQuality?(isReversible: boolean, quality: number): void; setNearLossless?(most: number): void; setDecompositions?(levels: number): void; encode(): void; getEncodedBuffer(): Uint8Array; delete(): void }
const require = createRequire(import.meta.url);
const packages = { jpegLs: ["charls", "JpegLSEncoder"], jpeg2000: ["openjpeg", "J2KEncoder"], htj2k: ["openjph", "HTJ2KEncoder"] } as const;

/** A codec package's own encoder: 16-bit grey values, without loss. */
export async function encoderOf(codec: keyof typeof packages): Promise<(stored: Int16Array, width: number, height: number, isSigned: boolean) => Uint8Array> {
  const [name, encoder] = packages[codec], load = require(`@cornerstonejs/codec-${name}/wasmjs`) as (options: object) => Promise<Record<string, new () => Encoder>>;
  const module = await load({ wasmBinary: readFileSync(require.resolve(`@cornerstonejs/codec-${name}/wasm`)), print: () => undefined, printErr: () => undefined });
  return (stored, width, height, isSigned) => {
    const encode = new module[encoder]();
    encode.getDecodedBuffer({ width, height, bitsPerSample: 16, componentCount: 1, isSigned, isUsingColorTransform: false }).set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    // Small pictures cannot be halved five times; the encoders fail, or never end.
    if (Math.min(width, height) < 64) encode.setDecompositions?.(Math.max(0, Math.floor(Math.log2(Math.min(width, height))) - 1));
    encode.setQuality?.(true, 0);
    encode.setNearLossless?.(0);
    encode.encode();
    const stream = encode.getEncodedBuffer().slice();
    encode.delete();
    return stream;
  };
}

/** The same slice with its pixels as one fragment of a codestream. */
export const encapsulated = (slice: Uint8Array, transferSyntax: string, stream: Uint8Array): Uint8Array => encapsulatedFrames(slice, transferSyntax, [stream], { hasTable: false, fragments: 1 });

/** The same file with each frame's pixels as codestreams, in as many fragments each; without an offset table there is one. */
export function encapsulatedFrames(slice: Uint8Array, transferSyntax: string, streams: readonly Uint8Array[], { hasTable, fragments }: { hasTable: boolean; fragments: number }): Uint8Array {
  const { pixels } = readDicom(slice), item = (length: number) => { const head = new Uint8Array([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]); new DataView(head.buffer).setUint32(4, length, true); return head; };
  const table = new DataView(new ArrayBuffer(hasTable ? 4 * streams.length : 0)), parts: Uint8Array[] = [];
  let at = 0;
  for (const [k, stream] of streams.entries()) {
    if (hasTable) table.setUint32(4 * k, at, true);
    const body = new Uint8Array(stream.length + stream.length % 2), size = Math.ceil(body.length / fragments / 2) * 2;
    body.set(stream);
    for (let from = 0; from < body.length; from += size) {
      const part = body.subarray(from, from + size);
      parts.push(item(part.length), part);
      at += 8 + part.length;
    }
  }
  const head = element(2, 0x10, "UI", "1.2.840.10008.1.2.1").length;
  return joined([
    slice.subarray(0, 132), element(2, 0x10, "UI", transferSyntax), slice.subarray(132 + head, (pixels?.offset ?? 0) - 12), new Uint8Array([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 255, 255, 255, 255]),
    item(table.byteLength), new Uint8Array(table.buffer), ...parts, new Uint8Array([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
  ]);
}

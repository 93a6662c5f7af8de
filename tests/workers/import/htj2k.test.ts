import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { importFiles } from "../../../workers/import/importFiles.ts";
import { dicomSlice, element, joined } from "./dicomWriter.ts";

interface Encoder { getDecodedBuffer(info: object): Uint8Array; setQuality(isReversible: boolean, quality: number): void; encode(): void; getEncodedBuffer(): Uint8Array; delete(): void }
const require = createRequire(import.meta.url);

async function encoder(): Promise<new () => Encoder> {
  const load = require("@cornerstonejs/codec-openjph/wasmjs") as (options: object) => Promise<{ HTJ2KEncoder: new () => Encoder }>;
  return (await load({ wasmBinary: readFileSync(require.resolve("@cornerstonejs/codec-openjph/wasm")), print: () => undefined, printErr: () => undefined })).HTJ2KEncoder;
}
/** The same slice with its pixels as one fragment of a codestream. */
function encapsulated(slice: Uint8Array, transferSyntax: string, stream: Uint8Array): Uint8Array {
  const { pixels } = readDicom(slice), body = new Uint8Array(stream.length + stream.length % 2), item = (length: number) => { const head = new Uint8Array([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]); new DataView(head.buffer).setUint32(4, length, true); return head; };
  body.set(stream);
  const head = element(2, 0x10, "UI", "1.2.840.10008.1.2.1").length;
  return joined([slice.subarray(0, 132), element(2, 0x10, "UI", transferSyntax), slice.subarray(132 + head, (pixels?.offset ?? 0) - 12), new Uint8Array([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 255, 255, 255, 255]), item(0), item(body.length), body, new Uint8Array([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])]);
}

it("HTJ2K: files made with the codec's own encoder give the uncompressed voxels bit for bit, signed and unsigned", async () => {
  const HTJ2KEncoder = await encoder(), dir = await mkdtemp(join(tmpdir(), "caseroom-htj2k-"));
  try {
    for (const signed of [false, true]) for (const syntax of ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"]) {
      const plain: string[] = [], packed: string[] = [];
      for (let k = 0; k < 3; k++) {
        const stored = Int16Array.from({ length: 40 * 24 }, (_, p) => (signed ? -1000 : 24) + 50 * k + (p * 37) % 900), slice = dicomSlice({ z: 2 * k, index: k, columns: 40, rows: 24, stored, signed, intercept: signed ? "0" : "-1024" });
        const encode = new HTJ2KEncoder();
        encode.getDecodedBuffer({ width: 40, height: 24, bitsPerSample: 16, componentCount: 1, isSigned: signed, isUsingColorTransform: false }).set(new Uint8Array(stored.buffer));
        encode.setQuality(true, 0);
        encode.encode();
        const stream = encode.getEncodedBuffer().slice();
        encode.delete();
        const name = `${signed ? "s" : "u"}${syntax.at(-1)}${k}`;
        await writeFile(join(dir, `${name}.plain`), slice);
        await writeFile(join(dir, `${name}.packed`), encapsulated(slice, syntax, stream));
        plain.push(join(dir, `${name}.plain`));
        packed.push(join(dir, `${name}.packed`));
      }
      const read = async (paths: string[], out: string) => {
        const made = await importFiles({ paths }, join(dir, out));
        return { made, hu: canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(made.volume))))).hu };
      };
      const a = await read(plain, `a${signed}${syntax}`), b = await read(packed, `b${signed}${syntax}`);
      expect([...b.hu]).toEqual([...a.hu]);
      expect(b.made.report.provenance).toMatchObject({ transferSyntax: syntax, lossy: false });
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}, 30_000);

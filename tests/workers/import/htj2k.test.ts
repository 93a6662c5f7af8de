import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { importFiles } from "../../../workers/import/importFiles.ts";
import { dicomSlice } from "./dicomWriter.ts";
import { decodeFrame } from "../../../workers/import/codecs.ts";
import { tileFault } from "../../../core/volume/dicom/codestream.ts";
import { encapsulated, encoderOf } from "./packedSlice.ts";

it("HTJ2K: files made with the codec's own encoder give the uncompressed voxels bit for bit, signed and unsigned", async () => {
  const encode = await encoderOf("htj2k"), dir = await mkdtemp(join(tmpdir(), "caseroom-htj2k-"));
  try {
    for (const signed of [false, true]) for (const syntax of ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"]) {
      const plain: string[] = [], packed: string[] = [];
      for (let k = 0; k < 3; k++) {
        const stored = Int16Array.from({ length: 40 * 24 }, (_, p) => (signed ? -1000 : 24) + 50 * k + (p * 37) % 900), slice = dicomSlice({ z: 2 * k, index: k, columns: 40, rows: 24, stored, signed, intercept: signed ? "0" : "-1024" });
        const name = `${signed ? "s" : "u"}${syntax.at(-1)}${k}`;
        await writeFile(join(dir, `${name}.plain`), slice);
        await writeFile(join(dir, `${name}.packed`), encapsulated(slice, syntax, encode(stored, 40, 24, signed)));
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

it("H6: an HTJ2K stream whose header's segment reaches over its end is refused before a decoder goes on with it without end", async () => {
  const stored = Int16Array.from({ length: 64 * 48 }, (_, i) => i % 64 * 7 + i % 5), stream = Uint8Array.from((await encoderOf("htj2k"))(stored, 64, 48, true)), longer = stream.slice();
  // The segment behind SIZ: its marker and its length at their extremes, as the fuzz found it (seed 996465067, run 1721).
  longer.fill(255, 46, 49);
  expect(tileFault(stream)).toBeNull();
  await expect(decodeFrame("1.2.840.10008.1.2.4.201", longer, 64, 48, 16)).rejects.toThrow(/^at byte 45 a segment says it is 65535 bytes long/);
});

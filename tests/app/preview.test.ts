import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { previewOf } from "../../app/cases/import/preview.ts";

const folder = resolve("../shared/data/compressed_transfer_syntaxes/ct1_single_frame");
// A page fetches the decoders from its own origin; here they are read from the same place.
const pageFetch = globalThis.fetch;
beforeAll(() => { globalThis.fetch = async (url) => new Response(new Uint8Array(readFileSync(new URL(String(url))))); });
afterAll(() => { globalThis.fetch = pageFetch; });
const preview = (name: string, part = 1) => {
  const whole = readFileSync(join(folder, name)), bytes = whole.subarray(0, Math.ceil(whole.length * part));
  return previewOf({ path: name, size: bytes.length, head: async (n) => new Uint8Array(bytes.subarray(0, n)), whole: async () => new Blob([bytes]) });
};

it.runIf(existsSync(folder))("a slice shows the same picture plain, big endian, in every lossless packing; a broken one shows none", async () => {
  const plain = await preview("CT1_UNC.explicit_little_endian.dcm");
  if (!plain) throw new Error("no picture");
  expect([plain.width, plain.height, new Set(plain.grey).size > 30]).toEqual([96, 96, true]);
  for (const name of ["CT1_UNC.explicit_big_endian.dcm", "CT1_UNC.implicit_little_endian.dcm", "CT1_JPLL.dcm", "CT1_RLE.dcm", "CT1_J2KR.dcm", "CT1_JLSL.dcm"]) expect([name, await preview(name)]).toEqual([name, plain]);
  // Lossy ones look much alike.
  for (const name of ["CT1_J2KI.dcm", "CT1_JLSN.dcm"]) {
    const made = await preview(name);
    expect([name, made?.grey.every((value, i) => Math.abs(value - plain.grey[i]) <= 60)]).toEqual([name, true]);
  }
  for (const name of ["CT1_J2KR.dcm", "CT1_JLSL.dcm"]) await expect(preview(name, 0.3)).rejects.toThrow(RangeError);
});
if (!existsSync(folder)) console.log(`not run: ${folder} is not there`);

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { previewOf } from "../../app/cases/import/preview.ts";

const folder = resolve("../shared/data/compressed_transfer_syntaxes/ct1_single_frame");
const preview = (name: string) => {
  const bytes = readFileSync(join(folder, name));
  return previewOf({ path: name, size: bytes.length, head: async (n) => new Uint8Array(bytes.subarray(0, n)), whole: async () => new Blob([bytes]) });
};

it.runIf(existsSync(folder))("a slice shows the same picture plain, big endian, as JPEG Lossless and as RLE; other packings show none", async () => {
  const plain = await preview("CT1_UNC.explicit_little_endian.dcm");
  if (!plain) throw new Error("no picture");
  expect([plain.width, plain.height, new Set(plain.grey).size > 30]).toEqual([96, 96, true]);
  for (const name of ["CT1_UNC.explicit_big_endian.dcm", "CT1_UNC.implicit_little_endian.dcm", "CT1_JPLL.dcm", "CT1_RLE.dcm"]) expect([name, await preview(name)]).toEqual([name, plain]);
  for (const name of ["CT1_J2KR.dcm", "CT1_JLSL.dcm"]) expect([name, await preview(name)]).toEqual([name, null]);
});
if (!existsSync(folder)) console.log(`not run: ${folder} is not there`);

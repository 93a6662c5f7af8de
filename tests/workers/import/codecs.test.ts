import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { isLossy, newTally, PixelReader, type ImageFile } from "../../../workers/import/pixels.ts";
import { hasDcmtk } from "../../support/codings.ts";
import { decodeRle } from "../../../core/volume/dicom/rle.ts";

const data = resolve("../shared/data/compressed_transfer_syntaxes");
if (!existsSync(data)) console.log(`not run: ${data} is not there`);

function imageFile(path: string): ImageFile {
  const bytes = new Uint8Array(readFileSync(path)), read = readDicom(bytes), image = describeImage(read);
  if (!image || !read.pixels) throw new Error(`${path} holds no image`);
  return { file: { path, label: path, size: bytes.length, isUnnamed: false }, image, transferSyntax: read.transferSyntax, isLittle: read.isLittle, pixels: read.pixels, sha256: "" };
}
async function frames(path: string): Promise<{ hashes: string[]; values: Int16Array[]; lossy: boolean }> {
  const from = imageFile(path), reader = new PixelReader();
  from.image.padding = null; // a lossy coding moves padding beside its value
  const values: Int16Array[] = [];
  for (const frame of from.image.frames) {
    const out = new Int16Array(from.image.rows * from.image.columns);
    await reader.into({ from, frame }, out, 0, 1, from.image.columns, newTally());
    values.push(out);
  }
  return { hashes: values.map((v) => createHash("sha256").update(v).digest("hex")), values, lossy: isLossy(from) };
}
const farthest = (a: Int16Array, b: Int16Array) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

describe.runIf(existsSync(data))("DC1: one image in every transfer syntax", () => {
  it("single frame: every lossless coding gives the uncompressed pixels, lossy ones are near and say so", async () => {
    const folder = join(data, "ct1_single_frame"), names = readdirSync(folder);
    const plain = await frames(join(folder, names.find((n) => /UNC/.test(n)) ?? ""));
    let lossless = 0;
    for (const name of names) {
      const { hashes, values, lossy } = await frames(join(folder, name));
      if (lossy) expect(farthest(values[0], plain.values[0]), name).toBeLessThanOrEqual(352);
      else { expect(hashes, name).toEqual(plain.hashes); lossless++; }
    }
    expect(lossless).toBeGreaterThanOrEqual(8);
  }, 60_000);

  it("enhanced multi-frame: fragmented or not, with or without offset table", async () => {
    const folder = join(data, "ct0012_enhanced_multiframe"), names = readdirSync(folder).filter((n) => n.endsWith(".dcm"));
    const plain = await frames(join(folder, "CT0012.explicit_little_endian.dcm"));
    expect(plain.hashes).toHaveLength(2);
    let lossless = 0, unread = 0;
    for (const name of names) {
      const made = await frames(join(folder, name)).catch((error: { code?: string }) => {
        expect(error.code, name).toBe("unreadable-file");
        return null;
      });
      if (!made) { expect(name).toMatch(/fragmented_no_bot/); unread++; continue; }
      if (made.lossy) {
        // The .51 file was written with 1024 added (dcmdjpeg says the same).
        const shifted = name.endsWith(".51.dcm") ? made.values[0].map((v) => v - 1024) : made.values[0];
        expect(farthest(shifted, plain.values[0]), name).toBeLessThanOrEqual(16);
        continue;
      }
      expect(made.hashes, name).toEqual(plain.hashes);
      lossless++;
    }
    expect(lossless).toBeGreaterThanOrEqual(8);
    expect(unread).toBeLessThanOrEqual(2);
  }, 60_000);
});

it.runIf(existsSync(data) && hasDcmtk)("JPEG baseline and extended, as dcmtk writes them, are read as dcmtk reads them, within a rounding of the transform, and said to be lossy", async () => {
  const dir = mkdtempSync(join(tmpdir(), "caseroom-baseline-")), plain = join(data, "ct1_single_frame", "CT1_UNC.explicit_little_endian.dcm");
  try {
    for (const [name, syntax, ...options] of [["baseline", "1.2.840.10008.1.2.4.50", "+eb", "+be"], ["extended", "1.2.840.10008.1.2.4.51", "+ee"]] as const) {
      const [packed, again] = [join(dir, `${name}.dcm`), join(dir, `${name}.plain.dcm`)];
      execFileSync("dcmcjpeg", [...options, plain, packed], { stdio: "pipe" });
      execFileSync("dcmdjpeg", [packed, again], { stdio: "pipe" });
      const [made, judged] = await Promise.all([frames(packed), frames(again)]), values = new Set(made.values[0]);
      expect([name, imageFile(packed).transferSyntax, made.lossy, values.size > 50]).toEqual([name, syntax, true, true]);
      // A step of the stored values is as many HU as the rescale slope.
      const step = Math.abs(imageFile(packed).image.frames[0].slope) || 1;
      expect(farthest(made.values[0], judged.values[0]) / step, name).toBeLessThanOrEqual(2);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);

describe("RLE", () => {
  it("decodes runs and literals, planes most significant first, and refuses what ends early", () => {
    const frame = new Uint8Array(64 + 6), view = new DataView(frame.buffer);
    view.setUint32(0, 2, true); view.setUint32(4, 64, true); view.setUint32(8, 66, true);
    frame.set([253, 1, 3, 5, 6, 7], 64); // 4 × 0x01; literal needs 4 bytes, one is missing
    expect(() => decodeRle(frame, 4, 2)).toThrow(/ends after 3 of 4/);
    const whole = new Uint8Array(64 + 7);
    whole.set(frame);
    whole.set([8], 70);
    expect([...new Uint16Array(decodeRle(whole, 4, 2).buffer)]).toEqual([0x105, 0x106, 0x107, 0x108]);
  });
});

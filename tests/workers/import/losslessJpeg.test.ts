import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { framesOfPixels } from "../../../core/volume/dicom/fragments.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { decodeLosslessJpeg } from "../../../core/volume/dicom/jpegLossless.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { decodeFrame } from "../../../workers/import/codecs.ts";
import { hasDcmtk } from "../../support/codings.ts";
import { losslessJpegBy } from "../../support/losslessJpeg.ts";
import { seeded } from "../../support/seeded.ts";

const data = resolve("../shared/data"), lossless = ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"];
const folders = ["skull_phantom_tilt", "compressed_transfer_syntaxes/ct0012_enhanced_multiframe", "compressed_transfer_syntaxes/ct1_single_frame"].map((name) => join(data, name)), hasData = folders.every((folder) => existsSync(folder));
if (!hasData) console.log(`not run: ${data} does not hold the scans`);
if (!hasDcmtk) console.log("not run: dcmtk is not installed");

/** Values of a frame of a file, 16 bits each, bits above Bits Stored left out. */
async function framesOf(path: string): Promise<Uint16Array[]> {
  const read = readDicom(new Uint8Array(readFileSync(path))), image = describeImage(read), { pixels } = read;
  if (!image || !pixels) return [];
  const { rows, columns, bitsStored, bitsAllocated, frames } = image, size = 2 * rows * columns, mask = 2 ** bitsStored - 1;
  const coded = pixels.length === null ? framesOfPixels(read.bytes, pixels.offset, frames.length) : null;
  return Promise.all(frames.map(async (_, k) => {
    const stored = coded ? await decodeFrame(read.transferSyntax, coded[k], columns, rows, bitsAllocated) : new Uint16Array(read.bytes.slice(pixels.offset + k * size, pixels.offset + (k + 1) * size).buffer);
    return Uint16Array.from(stored, (value) => value & mask);
  }));
}
const differing = (a: Uint16Array, b: Uint16Array): number => a.length === b.length ? a.reduce((n, value, p) => n + Number(value !== b[p]), 0) : Infinity;
/** What stands in a noisy picture of 16-bit values: all categories of differences, and flat parts. */
function picture(width: number, height: number, random: () => number): Uint16Array {
  return Uint16Array.from({ length: width * height }, () => random() < 0.3 ? 1000 : Math.floor(2 ** (16 * random())));
}

it.runIf(hasData && hasDcmtk)("IM18: every slice of real scans in lossless JPEG has the pixels that dcmtk reads, the last one too", async () => {
  const dir = mkdtempSync(join(tmpdir(), "caseroom-lossless-")), plain = join(dir, "plain");
  try {
    let frames = 0;
    for (const folder of folders) for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (!lossless.includes(readDicom(new Uint8Array(readFileSync(path))).transferSyntax)) continue;
      execFileSync("dcmdjpeg", [path, plain], { stdio: "pipe" });
      const [made, judged] = await Promise.all([framesOf(path), framesOf(plain)]);
      expect([name, made.map((frame, k) => differing(frame, judged[k]))]).toEqual([name, judged.map(() => 0)]);
      frames += made.length;
    }
    // 58 slices of the phantom, and a few of others.
    expect(frames).toBeGreaterThanOrEqual(60);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 120_000);

it("IM18: a code that ends with the last bit of the data is a pixel as any other, at restart markers too", () => {
  const random = seeded(8);
  let ends = 0, flatEnds = 0;
  for (let n = 0; n < 1200; n++) {
    const width = 1 + Math.floor(9 * random()), height = 1 + Math.floor(9 * random()), choices = { selection: 1 + n % 7, restartRows: n % 3 };
    const values = picture(width, height, random);
    // Every other picture ends as scans do: with the value of its neighbour.
    if (n % 2 === 0) values.fill(values[values.length - Math.min(width, 2)], values.length - Math.min(width, 2));
    const { bytes, spareBits } = losslessJpegBy(choices, values, width, height);
    if (spareBits === 0) { ends++; if (n % 2 === 0 && width > 1 && choices.selection === 1) flatEnds++; }
    expect([n, choices, [...decodeLosslessJpeg(bytes, width, height)]]).toEqual([n, choices, [...values]]);
  }
  expect(ends).toBeGreaterThan(20);
  expect(flatEnds).toBeGreaterThan(4);
  // Eight codes of five bits, all of them «as before».
  const flat = losslessJpegBy({ selection: 1, restartRows: 0 }, Array<number>(8).fill(32_768), 8, 1);
  expect([flat.spareBits, [...decodeLosslessJpeg(flat.bytes, 8, 1)]]).toEqual([0, Array<number>(8).fill(32_768)]);
});

it("IM18: a stream that ends before its last pixel or goes on after it is refused with the byte, never filled up", async () => {
  const random = seeded(9), width = 12, height = 10, values = picture(width, height, random);
  for (const choices of [{ selection: 1, restartRows: 0 }, { selection: 7, restartRows: 2 }]) {
    const { bytes } = losslessJpegBy(choices, values, width, height);
    // Without the end marker all pixels are there still; with one byte less the last code is cut.
    expect([...decodeLosslessJpeg(bytes.subarray(0, -2), width, height)]).toEqual([...values]);
    for (let cut = bytes.length - 3; cut > 2; cut--) for (const end of [[], [0xff, 0xd9], [0xff, 0xd9, 0]]) {
      expect(() => decodeLosslessJpeg(Uint8Array.from([...bytes.subarray(0, cut), ...end]), width, height), `cut at ${cut}`).toThrow(/byte \d+/);
    }
    const longer = losslessJpegBy({ ...choices, restartRows: 0 }, [...values, ...values.subarray(0, 2 * width)], width, height + 2).bytes;
    longer.set([height >> 8, height & 255], 7); // the header's rows
    expect(() => decodeLosslessJpeg(longer, width, height)).toThrow(/go on after its 120 pixels/);
    expect([...decodeLosslessJpeg(Uint8Array.from([...bytes, 0]), width, height)]).toEqual([...values]);
  }
  const { bytes } = losslessJpegBy({ selection: 1, restartRows: 0 }, values, width, height);
  await expect(decodeFrame(lossless[1], Uint8Array.from([...bytes.subarray(0, -6), 0xff, 0xd9]), width, height, 16)).rejects.toThrow(/data end at byte \d+, after 11\d of 120 pixels/);
});

it.runIf(hasData && hasDcmtk)("IM18: every predictor that dcmtk writes, with its own code tables, gives the plain pixels", async () => {
  const dir = mkdtempSync(join(tmpdir(), "caseroom-predictors-")), plain = join(data, "compressed_transfer_syntaxes/ct1_single_frame/CT1_UNC.explicit_little_endian.dcm");
  try {
    const [judged] = await framesOf(plain);
    for (let selection = 1; selection <= 7; selection++) {
      const packed = join(dir, String(selection));
      execFileSync("dcmcjpeg", ["+el", "+sv", String(selection), plain, packed], { stdio: "pipe" });
      const [made] = await framesOf(packed);
      expect([selection, differing(made, judged)]).toEqual([selection, 0]);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);

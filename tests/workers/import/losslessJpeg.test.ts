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

it("IM1: headers that lie are refused by byte, before memory is taken by them", () => {
  const { bytes } = losslessJpegBy({ selection: 1, restartRows: 1 }, picture(4, 3, seeded(3)), 4, 3), segment = (marker: number) => { const at = bytes.findIndex((byte, k) => byte === 0xff && bytes[k + 1] === marker); expect(at).toBeGreaterThan(0); return at + 4; };
  const [frame, table, restart, start] = [0xc3, 0xc4, 0xdd, 0xda].map(segment);
  const told = (offset: number, values: number[], columns = 4, rows = 3) => { const made = bytes.slice(); made.set(values, offset); return () => decodeLosslessJpeg(made, columns, rows); };
  // 65,535 × 65,535 pixels of some bytes.
  const { bytes: free } = losslessJpegBy({ selection: 1, restartRows: 0 }, picture(4, 3, seeded(3)), 4, 3), wide = free.slice();
  wide.set([255, 255, 255, 255], wide.findIndex((byte, k) => byte === 0xff && wide[k + 1] === 0xc3) + 5);
  expect(() => decodeLosslessJpeg(wide, 65_535, 65_535)).toThrow(/data from byte \d+ on are of at most \d+ pixels, not 4294836225/);
  expect(told(frame + 1, [0, 0, 0, 0], 0, 0)).toThrow(/at byte \d+/);
  for (const components of [0, 2, 255]) expect(told(frame + 5, [components])).toThrow(/size differs/);
  for (const precision of [0, 1, 17, 255]) expect(told(frame, [precision])).toThrow(/precision is/);
  // All codes of one bit, and more codes than there are bytes.
  const counts = bytes.subarray(table + 1, table + 17), all = counts.reduce((sum, n) => sum + n, 0);
  expect(all).toBeGreaterThan(2);
  expect(told(table + 1, [all, ...Array<number>(15).fill(0)])).toThrow(/more codes than there can be/);
  expect(told(table + 1, Array<number>(16).fill(255))).toThrow(/table is cut off/);
  expect(told(restart, [0, 5])).toThrow(/restart interval of 5 pixels/);
  expect(told(restart, [0, 8])).toThrow(/byte \d+/);
  expect(told(restart, [0, 0])).toThrow(/byte \d+/);
  expect(told(start, [0])).toThrow(/scan is not of one component/);
  for (const selection of [0, 8]) expect(told(start + 3, [selection])).toThrow(/predictor/);
  // Eight bits of which the point transform leaves none.
  const narrow = bytes.slice();
  narrow[frame] = 8;
  narrow[start + 5] = 8;
  expect(() => decodeLosslessJpeg(narrow, 4, 3)).toThrow(/point transform of 8/);
  expect(told(start + 2, [0x30])).toThrow(/Huffman table is missing/);
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

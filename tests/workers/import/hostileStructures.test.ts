import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DicomError } from "../../../core/volume/dicom/dicomError.ts";
import { readMaskFile } from "../../../core/volume/maskFile.ts";
import { dicomSlice, element, sequence } from "./dicomWriter.ts";

interface Told { runs: number; refused: number; slowestMs: number; slowest: string; peakRssMiB: number; failures: string[] }
/** Data segment that the process may have, MiB, and resident memory that it may reach: Node's own is about 100. */
const capMiB = 1024, residentMiB = 320;
/** HOSTILE_MS: how long mutations are put together, of each kind (RELIABILITY 2.8: 60,000 before a release); HOSTILE_SEED: which. */
const seed = process.env.HOSTILE_SEED ?? "4", ms = process.env.HOSTILE_MS ?? "1500";

const run = (kind: string) => new Promise<Told>((done, fail) => {
  const script = fileURLToPath(new URL("./hostileRun.ts", import.meta.url)), node = [process.execPath, script, kind, seed, ms];
  const [file, ...args] = process.platform === "linux" ? ["/bin/sh", "-c", 'ulimit -d "$1" && shift && exec "$@"', "run", String(capMiB * 1024), ...node] : node;
  execFile(file, args, { maxBuffer: 1 << 24, timeout: 240_000 + 2 * Number(ms) }, (error, stdout, stderr) => { if (error) fail(new Error(`${kind}, seed ${seed}: ${stderr.slice(-2000)}`)); else done(JSON.parse(stdout) as Told); });
});

describe("files whose structure lies", () => {
  it.each(["nifti-1", "nifti-2", "nrrd", "mha", "seg-binary", "seg-labelmap", "seg-rle", "seg-deflated", "ct-slice", "jpeg-ls", "jpeg-2000", "htj2k", "jpeg-lossless", "rle", "deflated", "stl", "ply", "obj", "3mf"])("IM1 H2 H8: %s: every field at its extremes, every bit of the header turned, cut everywhere: read well or refused by tag, field or byte, in time, under the cap", async (kind) => {
    const { runs, refused, slowestMs, slowest, peakRssMiB, failures } = await run(kind);
    console.log(`${kind}, seed ${seed}: ${runs} files, refused ${refused} times; the slowest ${slowestMs} ms of a processor (${slowest}); ${peakRssMiB} MiB resident`);
    expect(failures, `seed ${seed}`).toEqual([]);
    expect(runs).toBeGreaterThan(500);
    expect(slowestMs, slowest).toBeLessThan(5000);
    expect(peakRssMiB).toBeLessThan(residentMiB);
  }, 300_000 + 2 * Number(ms));

  it("IM1: a SEG of a few kilobytes whose segments would be gigabytes is refused by its tag before any is made", () => {
    // 400 segments, each with a frame at either end of the file: 20 m at the step of two others.
    const ends = [0, 0.02, 20_000], segments = Array.from({ length: 400 }, (_, i) => i + 1);
    const frames = segments.flatMap((n) => ends.map((z) => [sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", `0\\0\\${z}`)]]), sequence(0x62, 0xa, [[element(0x62, 0xb, "US", n)]])]));
    const file = (numbers: number[]) => dicomSlice({
      z: 0, index: 0, columns: 8, rows: 8, stored: new Uint16Array(frames.length * 64 / 2),
      // Later elements of a tag stand for earlier ones.
      extra: [element(8, 0x60, "CS", "SEG"), element(0x28, 8, "IS", String(frames.length)), sequence(0x62, 2, numbers.map((n) => [element(0x62, 4, "US", n)])), sequence(0x5200, 0x9230, frames)],
    });
    const bits = (bytes: Uint8Array) => { const out = bytes.slice(), at = Buffer.from(out).indexOf(Buffer.from([0x28, 0, 0, 1, 0x55, 0x53])); out[at + 8] = 8; return out; };
    const refusal = (bytes: Uint8Array) => { try { readMaskFile(bytes, 2 ** 28); } catch (error) { if (error instanceof DicomError) return `${error.code} ${error.tag}`; throw error; } return "read"; };
    expect(refusal(bits(file(segments)))).toBe("too-large 00620002");
    expect(refusal(bits(file(segments.map(() => 1))))).toBe("unreadable-file 00620004");
  });
});

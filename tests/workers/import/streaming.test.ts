import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { importFiles } from "../../../workers/import/importFiles.ts";
import { defaultLimits } from "../../../workers/import/limits.ts";
import { sparseSeries } from "../../support/sparseSeries.ts";

const mib = 2 ** 20;
/** Slices of the series that is taken, and of the one beside it. STREAMING_SLICES=1024,3072 is the folder of 2 GiB. */
const [taken, beside] = (process.env.STREAMING_SLICES ?? "64,704").split(",").map(Number);

it("IM10: a folder many times larger than the series that is taken never sits in memory", async () => {
  const dir = await mkdtemp(join(tmpdir(), "caseroom-streaming-"));
  try {
    const files = [...await sparseSeries(join(dir, "in", "a"), "1.2.8", taken), ...await sparseSeries(join(dir, "in", "b"), "1.2.9", beside)];
    const folderMiB = (await Promise.all(files.map(async (path) => (await stat(path)).size))).reduce((a, b) => a + b, 0) / mib, voxelsMiB = taken * 512 * 512 * 2 / mib;
    // Twice the voxels (decoded, and the file they become), what is packed of them, and 320 MiB for program, codecs and what waits to be collected.
    const boundMiB = Math.ceil(2.5 * voxelsMiB + 320);
    expect(boundMiB * mib).toBeLessThan(defaultLimits.maxMemoryBytes);
    const made = await importFiles({ paths: [join(dir, "in")], options: { series: "1.2.8" } }, join(dir, "out"));
    console.log(`a folder of ${Math.round(folderMiB)} MiB, a series of ${voxelsMiB} MiB: ${made.peakRssMiB} MiB resident at most, bound ${boundMiB} MiB, ${Object.values(made.timings).reduce((a, b) => a + b, 0).toFixed(0)} ms`);
    expect(made.grid.dims).toEqual([512, 512, taken]);
    expect(made.peakRssMiB).toBeLessThan(boundMiB);
    // The same by the command line, which tells the parent's memory too.
    const line = await new Promise<string>((done, fail) => { execFile(process.execPath, ["workers/job.mjs", "import", "--in", join(dir, "in"), "--series", "1.2.8", "--out", join(dir, "job")], { maxBuffer: 1 << 26 }, (error, stdout) => error ? fail(error) : done(stdout)); });
    const told = JSON.parse(line) as { ok: boolean; peakRssMiB: number };
    console.log(`by the command line ${told.peakRssMiB} MiB, parent and child`);
    expect(told.ok).toBe(true);
    expect(told.peakRssMiB).toBeLessThan(boundMiB + 256);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 600_000);

import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { importFiles, ImportRefused, type ImportOptions } from "../../../workers/import/importFiles.ts";
import { defaultLimits } from "../../../workers/import/limits.ts";

const hostile = resolve("../shared/data/hostile_dicom");
if (!existsSync(hostile)) console.log(`not run: ${hostile} is not there`);
const mib = 2 ** 20;
/** IM10 of what a file of this size could hold: 2.5 times its voxels and 320 MiB. */
const boundMiB = (bytes: number): number => 320 + 2.5 * bytes / mib;
/** How much the process that asks may grow over the whole corpus (RELIABILITY 2.8: host process), MiB, and how much of a processor one file may take, ms. */
const hostMiB = 64, mostCpuMs = 5000;

const notCt = "not-ct (0008,0060)";
/** What is wrong with each: broken at a tag, no image of a CT, or too few of them. */
const due: Readonly<Record<string, string>> = {
  "2026-05-26-oob-monochrome-65535.dcm": "too-large (0028,0010)", "badVR.dcm": "too-large (0028,0008)",
  "Issue140.dcm": notCt, "JPEG2000-embedded-sequence-delimiter.dcm": notCt, "MR_truncated.dcm": notCt, "MultiframeWindowing.dcm": notCt,
  "chrArab.dcm": notCt, "chrHbrw.dcm": notCt, "meta_missing_tsyntax.dcm": notCt, "nested_priv_SQ.dcm": notCt,
};

async function refusedBy(name: string, options: ImportOptions): Promise<{ refused: ImportRefused; left: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), "caseroom-hostile-"));
  try {
    const refused = await importFiles({ paths: [join(hostile, name)], options }, dir).then(() => new Error("a volume was made"), (error: unknown) => error);
    if (!(refused instanceof ImportRefused)) throw new Error(`${name} is not refused in so many words`, { cause: refused });
    return { refused, left: await readdir(dir) };
  } finally {
    await rm(dir, { recursive: true });
  }
}

describe.runIf(existsSync(hostile))("import of hostile files", () => {
  it.each([
    ["by the command line", { nameFiles: true }],
    ["by the page, de-identified first", { deidentifyKey: "00112233445566778899aabbccddeeff", hideUids: true, withCoarse: true, asOf: "2026-01-01" }],
  ] as [string, ImportOptions][])("IM10 H4: every one, %s, ends in its own refusal, in time, within memory, and leaves nothing", async (_way, options) => {
    const rss = process.memoryUsage().rss;
    let most = 0, slowest = 0;
    for (const name of readdirSync(hostile)) {
      const { refused, left } = await refusedBy(name, options), { size } = await stat(join(hostile, name)), tag = typeof refused.details.tag === "string" ? ` ${refused.details.tag}` : "";
      expect(`${refused.code}${tag}`, `${name}: ${refused.message}`).toBe(due[name] ?? "not-a-volume");
      expect(left, name).toEqual([]);
      expect(boundMiB(size) * mib).toBeLessThan(defaultLimits.maxMemoryBytes);
      const { peakRssMiB, cpuMs } = refused.spent ?? { peakRssMiB: Infinity, cpuMs: Infinity };
      expect(peakRssMiB, `${name}: resident memory, MiB`).toBeLessThan(boundMiB(size));
      most = Math.max(most, peakRssMiB);
      slowest = Math.max(slowest, cpuMs);
    }
    const grown = (process.memoryUsage().rss - rss) / mib;
    console.log(`hostile files: ${most} MiB resident at most, ${slowest} ms of a processor the slowest, the process that asked grew by ${grown.toFixed(0)} MiB`);
    expect(slowest).toBeLessThan(mostCpuMs);
    expect(grown).toBeLessThan(hostMiB);
  }, 240_000);
});

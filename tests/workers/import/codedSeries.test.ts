import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ImportRefused } from "../../../workers/import/refused.ts";
import { codings, hasDcmtk, type Coding } from "../../support/codings.ts";
import { enhancedFiles } from "../../support/enhancedCt.ts";
import { imported, judgeSeries } from "../../support/judgeSeries.ts";
import { madeSeries, type MadeSeries } from "../../support/madeSeries.ts";
import { seeded } from "../../support/seeded.ts";

/** CODED_RUNS and CODED_SEED: how many series, and the first one's seed; a failure names the seed of its own. */
const runs = Number(process.env.CODED_RUNS ?? 120), firstSeed = Number(process.env.CODED_SEED ?? 5001);
if (!hasDcmtk) console.log("not run with its codings: dcmtk is not installed");
let dir = "", all: Map<string, Coding>;
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-coded-")); all = await codings(); });
afterAll(() => rm(dir, { recursive: true, force: true }));

const isPlain = (bytes: Uint8Array) => Buffer.from(bytes.subarray(128, 132)).toString() === "DICM" && Buffer.from(bytes.subarray(132, 170)).includes("1.2.840.10008.1.2.1\0");
/** Every file of plain pixels packed; copies stay copies. */
const coded = (files: MadeSeries["files"], code: Coding, next: () => number): MadeSeries["files"] => {
  const made = new Map<string, Uint8Array>();
  return files.map(({ name, bytes }) => {
    if (!isPlain(bytes)) return { name, bytes };
    const key = Buffer.from(bytes).toString("latin1"), own = made.get(key) ?? code(bytes, next);
    made.set(key, own);
    return { name, bytes: own };
  });
};

it("SP3 SP2 DC5: made series as enhanced and legacy-converted multi-frame files, their frames in any order, place and rescale frame by frame, in every lossless coding: codes and positions are exact, every HU is kept", async () => {
  let [volumes, pixels, voxels] = [0, 0, 0];
  const names = [...all.keys()], counts = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const next = seeded(seed), series = madeSeries(seed), name = names[seed % names.length], code = all.get(name);
    if (!code) throw new Error(name);
    const one = await judgeSeries(series, coded(enhancedFiles(series, next), code, next), `seed ${seed} (CODED_SEED=${seed} CODED_RUNS=1), multi-frame, ${name}: ${series.what}`, dir);
    volumes += one.volumes;
    pixels += one.pixels;
    voxels += one.voxels;
    counts.set(name, (counts.get(name) ?? 0) + one.volumes);
  }
  console.log(`${volumes} volumes of ${runs} multi-frame series from seed ${firstSeed} on: ${pixels} pixels at their place bit for bit, ${voxels} voxels of a slanted field; ${[...counts].map(([name, count]) => `${name} ${count}`).join(", ")}`);
  if (runs >= 100) expect(Math.min(...counts.values())).toBeGreaterThan(2);
}, 600_000);

it("SP3 DC5: made series of single slices in every lossless coding: codes and positions are exact, every HU is kept", async () => {
  // dcmtk is a process for each slice: a few of its codings are enough, the multi-frame series go through all.
  const names = [...all.keys()].filter((name) => name !== "plain" && !name.includes("dcmtk"));
  let volumes = 0;
  for (let seed = firstSeed; seed < firstSeed + Math.ceil(runs / 2); seed++) {
    const next = seeded(seed), series = madeSeries(seed), name = names[seed % names.length], code = all.get(name);
    if (!code) throw new Error(name);
    volumes += (await judgeSeries(series, coded(series.files, code, next), `seed ${seed} (CODED_SEED=${seed} CODED_RUNS=1), single slices, ${name}: ${series.what}`, dir)).volumes;
  }
  console.log(`${volumes} volumes of ${Math.ceil(runs / 2)} series of packed single slices`);
  if (runs >= 100) expect(volumes).toBeGreaterThan(30);
}, 600_000);

it("DC5: identical voxels for all lossless codings of one image, single slices and multi-frame", async () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => firstSeed + 10_000 + n).filter((seed) => madeSeries(seed).refusal === null).slice(0, 4);
  let compared = 0;
  for (const seed of seeds) {
    const series = madeSeries(seed), whole = await imported(series.files, dir);
    if (whole instanceof ImportRefused) throw whole;
    for (const [name, code] of all) for (const isEnhanced of hasDcmtk && name.includes("dcmtk") ? [true] : [false, true]) {
      const next = seeded(seed), made = await imported(coded(isEnhanced ? enhancedFiles(series, next) : series.files, code, next), dir), told = `seed ${seed}, ${name}, ${isEnhanced ? "multi-frame" : "single slices"}: ${series.what}`;
      if (made instanceof ImportRefused) throw new Error(`${told}: ${made.message}`);
      expect([told, made.grid, Buffer.compare(Buffer.from(made.hu.buffer), Buffer.from(whole.hu.buffer))]).toEqual([told, whole.grid, 0]);
      compared++;
    }
  }
  console.log(`${compared} packed forms of ${seeds.length} series`);
}, 600_000);

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { judgeSeries } from "../../support/judgeSeries.ts";
import { madeSeries } from "../../support/madeSeries.ts";

/** SERIES_RUNS and SERIES_SEED: how many series, and the first one's seed; a failure names the seed of its own. */
const runs = Number(process.env.SERIES_RUNS ?? 400), firstSeed = Number(process.env.SERIES_SEED ?? 1);
let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-series-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

it("SP3 SP2: a made series of any orientation, tilt, gaps, copies, order and coding: codes are exact, every slice stands at its place, every integer HU is kept", async () => {
  let pixels = 0, voxels = 0, volumes = 0, worstHu = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const series = madeSeries(seed), one = await judgeSeries(series, series.files, `seed ${seed} (SERIES_SEED=${seed} SERIES_RUNS=1): ${series.what}`, dir);
    volumes += one.volumes;
    pixels += one.pixels;
    voxels += one.voxels;
    worstHu = Math.max(worstHu, one.worstHu);
  }
  console.log(`${volumes} volumes of ${runs} series from seed ${firstSeed} on: ${pixels} pixels at their place bit for bit, ${voxels} voxels of a slanted field, ${worstHu.toFixed(2)} HU (${(worstHu / 40).toFixed(3)} mm) off at most`);
  if (runs >= 100) expect(Math.min(volumes / runs, pixels / runs, voxels / runs)).toBeGreaterThan(0.5);
}, 600_000);

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { deface, leastShiftMm } from "../../core/volume/deface.ts";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";
import { removeTable } from "../../core/volume/removeTable.ts";
import { importFiles } from "../../workers/import/importFiles.ts";
import { fineLikeness, frontsMm } from "../core/volume/faceShape.ts";

const real = resolve("../shared/data/head_ct_0051");
it.runIf(existsSync(real))("the real head: its face is covered and its bone stays; taking the table away leaves its nose", async () => {
  const dir = await mkdtemp(join(tmpdir(), "caseroom-face-"));
  try {
    const imported = await importFiles({ paths: [real], options: { useRegularPart: true } }, join(dir, "out")), { grid, hu } = canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(imported.volume)))));
    const scan = { grid, hu: hu as Int16Array<ArrayBuffer> }, made = deface(scan), { facts } = made, [nx, ny, nz] = grid.dims;
    expect(Math.abs(facts.noseRas[2] - 150)).toBeLessThan(5);
    expect(facts.leastShiftMm).toBeGreaterThanOrEqual(leastShiftMm);
    expect(facts.cutShare).toBe(0);
    let bone = 0, changed = 0, behind = 0;
    for (let at = 0; at < made.hu.length; at++) {
      if (scan.hu[at] === made.hu[at]) continue;
      changed++;
      if (scan.hu[at] >= 226) bone++;
      if (grid.origin[1] + Math.floor(at / nx) % ny * grid.spacing[1] < facts.noseRas[1] - 110) behind++;
    }
    expect([bone, behind]).toEqual([0, 0]);
    expect(changed * grid.spacing[0] * grid.spacing[1] * grid.spacing[2] / 1000).toBeCloseTo(facts.regionMl, -1);
    expect(Math.abs(fineLikeness(scan, made, facts))).toBeLessThan(0.3);
    // Behind the thin walls of nose and sinuses nothing holds the face to the head when a body is opened: it must stay all the same.
    const bare = removeTable(scan), [before, after] = [frontsMm(scan), frontsMm(bare)], k = Math.round((facts.noseRas[2] - grid.origin[2]) / grid.spacing[2]), i = Math.round((facts.noseRas[0] - grid.origin[0]) / grid.spacing[0]);
    for (let z = k - 5; z < nz - 10; z++) expect(after[i + nx * z]).toBe(before[i + nx * z]);
    let rest = 0;
    for (let z = 0; z < nz; z++) for (let x = 0; x < nx; x++) for (let y = 0; y < 8; y++) if (bare.hu[x + nx * (y + ny * z)] > -300) rest++;
    expect(rest).toBe(0);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 180_000);
if (!existsSync(real)) console.log(`not run: ${real} is not there`);

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPlan, type CranialPlan } from "../../../core/implant/plan.ts";
import { headCt } from "../../../core/phantom/headCt.ts";
import { readCanonical, canonicalBytes } from "../../../core/review/canonicalJson.ts";
import type { Manifest } from "../../../core/review/manifest.ts";
import type { ContentsStatement } from "../../../core/review/statements.ts";
import { encodeStl } from "../../../core/surface/stl.ts";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { packedNifti } from "../../../core/volume/packedNifti.ts";
import { CommandRefused, sha256 } from "../../../workers/cli/command.ts";
import { run as packageRun } from "../../../workers/cli/package.ts";
import { run as verifyRun } from "../../../workers/cli/verify.ts";
import { readArchive } from "../../../workers/package/archive.ts";
import { packagePaths, sealedPackage } from "../../../workers/package/contents.ts";
import { defacedVolume, implantRoundMm } from "../../../workers/package/defacedVolume.ts";
import { verifyPackage } from "../../../workers/package/verifyPackage.ts";

const head = headCt(20261123, [96, 96, 76]), { grid, hu } = head, labels = Uint8Array.from(hu, (v) => (v >= 226 ? 1 : 0)), [nx, ny] = grid.dims;
let folder = "", plan: CranialPlan;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "caseroom-defaced-"));
  const read = readPlan({ family: "cranial", bone: 1, thickness: 4 });
  if (!("plan" in read)) throw new Error("plan");
  ({ plan } = read);
  await Promise.all([
    writeFile(path("v.nii.gz"), packedNifti({ grid, data: hu })), writeFile(path("l.nii.gz"), packedNifti({ grid, data: labels })),
    writeFile(path("p.json"), JSON.stringify({ family: "cranial", bone: 1, thickness: 4 })),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));
const voxelsOf = (file: Uint8Array) => canonicalVolume(decodeNifti(gunzipSync(file))).hu;

describe("a package whose CT has a covered face", () => {
  it("JB4: is made, says what was covered, verifies and is rebuilt without the CT; with it the covering too; it holds no slice that shows the face", async () => {
    const inputs = ["--plan", path("p.json"), "--labels", path("l.nii.gz"), "--volume", path("v.nii.gz")];
    const made = await packageRun([...inputs, "--deface", "--out", path("d.zip")]);
    expect([made.exitCode, made.line.volume]).toEqual([0, "defaced"]);
    const bytes = await readFile(path("d.zip")), files = readArchive(bytes), covered = voxelsOf(files.get(packagePaths.defaced)!);
    expect([files.has(packagePaths.volume), [...files.keys()].filter((name) => name.startsWith("pictures/"))]).toEqual([false, ["pictures/implant.png"]]);
    const { volume, leftOut } = readCanonical(files.get(packagePaths.manifest)!) as Manifest;
    expect([volume, leftOut.map(({ what }) => what)]).toEqual([sha256(await readFile(path("v.nii.gz"))), expect.arrayContaining(["CT as it is", "Slices of the CT"])]);
    let changed = 0, bone = 0;
    for (let at = 0; at < hu.length; at++) if (covered[at] !== hu[at]) { changed++; if (hu[at] >= 226) bone++; }
    expect([changed > 10_000, bone]).toEqual([true, 0]);
    const without = await verifyRun(["--package", path("d.zip"), "--rebuild"]), withCt = await verifyRun(["--package", path("d.zip"), "--rebuild", "--volume", path("v.nii.gz")]);
    expect([without.line, withCt.line]).toMatchObject([{ ok: true, volume: "defaced", defaced: { node: "deface@1", of: volume } }, { ok: true, volume: "defaced" }]);
    expect(withCt.line.rebuilt).toBe(Number(without.line.rebuilt) + 1);
    // A package that says nothing of it, one whose covered CT is another, and one that holds the face beside it.
    const codes = async (change: (inside: Map<string, Uint8Array>, contents: Record<string, unknown>) => void) => {
      const inside = new Map(files), contents = readCanonical(files.get(packagePaths.contents)!) as Record<string, unknown>;
      change(inside, contents);
      contents.files = [...inside].filter(([name]) => name !== packagePaths.contents).map(([name, file]) => ({ path: name, bytes: file.length, sha256: sha256(file) })).sort((a, b) => (a.path < b.path ? -1 : 1));
      inside.set(packagePaths.contents, canonicalBytes(contents));
      return (await verifyPackage(new Uint8Array(), inside, null)).findings.filter(({ code }) => code !== "archive-altered").map(({ code, where }) => `${code} ${where}`);
    };
    const mismatch = (where: string) => `manifest-mismatch ${where}`;
    expect(await codes(() => undefined)).toEqual([]);
    expect(await codes((_, contents) => { delete contents.defaced; })).toEqual([mismatch(packagePaths.defaced)]);
    expect(await codes((inside) => { inside.delete(packagePaths.defaced); })).toEqual([mismatch(packagePaths.defaced)]);
    expect(await codes((inside) => { inside.set(packagePaths.defaced, packedNifti({ grid, data: hu })); })).toEqual([mismatch(packagePaths.defaced)]);
    const whole = await readFile(path("v.nii.gz"));
    expect(await codes((inside) => { inside.set(packagePaths.volume, whole); })).toEqual([mismatch(packagePaths.volume)]);
    // A wall that nobody measured: everything is hashed anew round it, and only measuring again finds it.
    const manifest = readCanonical(files.get(packagePaths.manifest)!) as Manifest, stl = manifest.artifacts.find(({ name }) => name === "implant/implant.stl")!, { defaced } = readCanonical(files.get(packagePaths.contents)!) as ContentsStatement;
    stl.thinnestWall!.mm += 1;
    const forged = new Map(files).set(packagePaths.manifest, canonicalBytes(manifest));
    forged.delete(packagePaths.contents);
    await writeFile(path("f.zip"), sealedPackage(forged, sha256(canonicalBytes(manifest)), null, defaced));
    expect((await verifyRun(["--package", path("f.zip")])).exitCode).toBe(0);
    expect((await verifyRun(["--package", path("f.zip"), "--rebuild"])).line).toMatchObject({ ok: false, error: { details: { findings: expect.arrayContaining([expect.objectContaining({ where: "implant/implant.stl", message: expect.stringContaining("thinnest wall") })]) } } });
    expect((await packageRun([...inputs, "--deface", "--without-volume", "--out", path("x.zip")])).exitCode).toBe(2);
  }, 120_000);

  it("IM9: what lies round the implant and what the labelmap calls bone is not covered", () => {
    // An implant that lies in the middle of the nose.
    const tip = [0, 95, -30], mesh = { positions: Float32Array.from([0, 0, 0, 6, 0, 0, 0, 6, 0, 0, 0, 6], (v, i) => v + tip[i % 3]), triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3) };
    const cheek = labels.slice(), spot: number[] = [];
    for (let at = 0; at < cheek.length; at++) {
      const x = grid.origin[0] + at % nx * grid.spacing[0], y = grid.origin[1] + Math.floor(at / nx) % ny * grid.spacing[1], z = grid.origin[2] + Math.floor(at / nx / ny) * grid.spacing[2];
      if (x > 28 && x < 40 && z > -50 && z < -36 && y > 40) { cheek[at] = 1; spot.push(at); }
    }
    const made = voxelsOf(defacedVolume({ grid, hu, labels: cheek, plan, volumeHash: "0".repeat(64), implant: encodeStl(mesh) }).file), free = voxelsOf(defacedVolume({ grid, hu, labels, plan, volumeHash: "0".repeat(64), implant: undefined }).file);
    let near = 0, wouldBe = 0;
    for (let at = 0; at < hu.length; at++) {
      const p = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)].map((n, axis) => grid.origin[axis] + n * grid.spacing[axis]);
      if (p.some((mm, axis) => mm < tip[axis] - implantRoundMm || mm > tip[axis] + 6 + implantRoundMm)) continue;
      if (Math.min(...[0, 1, 2, 3].map((v) => Math.max(...[0, 1, 2].map((axis) => Math.abs(p[axis] - mesh.positions[3 * v + axis]))))) > implantRoundMm) continue;
      if (made[at] !== hu[at]) near++;
      if (free[at] !== hu[at]) wouldBe++;
    }
    expect([near, wouldBe > 100]).toEqual([0, true]);
    expect([spot.filter((at) => made[at] !== hu[at]).length, spot.some((at) => free[at] !== hu[at])]).toEqual([0, true]);
  });

  it("a CT without a face is refused with what to do, and no package is written", () => {
    const air = { grid, hu: new Int16Array(hu.length).fill(-1000), labels, plan, volumeHash: "0".repeat(64), implant: undefined };
    expect(() => defacedVolume(air)).toThrow(CommandRefused);
    expect(() => defacedVolume(air)).toThrow(/Leave the CT out of the package instead/);
  });
});

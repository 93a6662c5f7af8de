import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPlan, type CranialPlan } from "../../../core/implant/plan.ts";
import { headCt } from "../../../core/phantom/headCt.ts";
import { readCanonical, canonicalBytes } from "../../../core/review/canonicalJson.ts";
import { decodeManifest, type Manifest } from "../../../core/review/manifest.ts";
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
  }, 400_000);

  it("IM9: what segments have under the cover is in no file of it: labelmap, surface, SEG; deep ones stay whole; it verifies, is rebuilt, and one that holds it still is found out", async () => {
    // Soft tissue up to the skin, and a block of brain.
    const withSkin = Uint8Array.from(labels, (v, at) => (v === 0 && hu[at] > -300 ? 3 : v)), brain: number[] = [];
    for (let at = 0; at < hu.length; at++) if (Math.hypot(grid.origin[0] + at % nx * grid.spacing[0], grid.origin[1] + Math.floor(at / nx) % ny * grid.spacing[1], grid.origin[2] + Math.floor(at / nx / ny) * grid.spacing[2] - 20) < 15 && withSkin[at] === 3) { withSkin[at] = 7; brain.push(at); }
    const source = JSON.stringify({ seriesUid: "2.25.4", frameOfReferenceUid: "2.25.5", slices: [{ sopUid: "2.25.6", position: [0, 0, 0] }] });
    await Promise.all([writeFile(path("s.nii.gz"), packedNifti({ grid, data: withSkin })), writeFile(path("s.json"), source)]);
    const inputs = ["--plan", path("p.json"), "--labels", path("s.nii.gz"), "--volume", path("v.nii.gz"), "--source", path("s.json")];
    expect((await packageRun([...inputs, "--out", path("w.zip")])).exitCode).toBe(0);
    const made = await packageRun([...inputs, "--deface", "--out", path("k.zip")]), whole = readArchive(await readFile(path("w.zip"))), files = readArchive(await readFile(path("k.zip")));
    expect([brain.length > 100, made.line.defaced]).toMatchObject([true, { labels: { path: packagePaths.defacedLabels, segments: [3] } }]);
    const hidden = [packagePaths.labels, "dicom/labels.seg.dcm", "surfaces/003.stl"], shown = ["surfaces/007.stl", "surfaces/bone.stl", "dicom/implant.stl.dcm"];
    expect([hidden, shown].map((names) => names.map((name) => [whole.has(name), files.has(name)]))).toEqual([hidden.map(() => [true, false]), shown.map(() => [true, true])]);
    const manifest = decodeManifest(files.get(packagePaths.manifest)!), wholeManifest = decodeManifest(whole.get(packagePaths.manifest)!), { defaced } = readCanonical(files.get(packagePaths.contents)!) as ContentsStatement;
    expect([manifest.labelmap, defaced!.labels!.of]).toEqual([wholeManifest.labelmap, wholeManifest.labelmap]);
    expect(manifest.leftOut.map(({ what }) => what)).toEqual(["CT as it is", "DICOM SEG of the labelmap", "Labels under the face's cover", "Slices of the CT", "Surface of segment 3"]);
    expect(new TextDecoder().decode(files.get(packagePaths.index))).toContain("segment 3: the labelmap is without what they have there");
    const left = voxelsOf(files.get(packagePaths.defacedLabels)!), covered = voxelsOf(files.get(packagePaths.defaced)!);
    let cleared = 0, kept = 0, wrong = 0;
    for (let at = 0; at < hu.length; at++) {
      if (withSkin[at] === 3 && covered[at] !== hu[at]) { if (left[at] === 0) cleared++; else wrong++; }
      else if (left[at] === withSkin[at]) kept++;
      // Voxels of water are covered by water.
      else if (hu[at] !== 0 || withSkin[at] !== 3) wrong++;
    }
    expect([cleared > 1000, kept > cleared, wrong, brain.every((at) => left[at] === 7)]).toEqual([true, true, 0, true]);
    expect((await verifyRun(["--package", path("k.zip"), "--rebuild"])).line).toMatchObject({ ok: true, volume: "defaced" });
    // The whole labelmap under the other's name, the list of contents made to fit it; then each hidden file beside it.
    const sealed = (change: (inside: Map<string, Uint8Array>, statement: NonNullable<typeof defaced>) => void) => {
      const inside = new Map(files), statement = structuredClone(defaced!);
      change(inside, statement);
      for (const name of [packagePaths.contents, packagePaths.index]) inside.delete(name);
      return sealedPackage(inside, sha256(files.get(packagePaths.manifest)!), null, statement);
    };
    const uncut = packedNifti({ grid, data: withSkin });
    await writeFile(path("u.zip"), sealed((inside, statement) => { inside.set(packagePaths.defacedLabels, uncut); statement.labels!.sha256 = sha256(uncut); }));
    expect((await verifyRun(["--package", path("u.zip"), "--rebuild", "--volume", path("v.nii.gz")])).line).toMatchObject({ ok: false, error: { details: { findings: expect.arrayContaining([expect.objectContaining({ where: packagePaths.defacedLabels, message: expect.stringContaining("still holds segment 3") })]) } } });
    const found = async (zip: Uint8Array) => (await verifyPackage(zip, readArchive(zip), null)).findings.map(({ code, where }) => `${code} ${where}`);
    expect(await found(sealed((_, statement) => { statement.labels!.of = "0".repeat(64); }))).toEqual([`manifest-mismatch ${packagePaths.contents}`]);
    expect(await found(sealed((inside) => { inside.set(packagePaths.defacedLabels, uncut); }))).toEqual([`manifest-mismatch ${packagePaths.defacedLabels}`]);
    for (const name of hidden) expect(await found(sealed((inside) => { inside.set(name, whole.get(name)!); }))).toEqual([`manifest-mismatch ${name}`]);
  }, 400_000);

  it("IM9: what lies round the implant and what the labelmap calls bone is not covered", () => {
    // An implant that lies in the middle of the nose.
    const tip = [0, 95, -30], mesh = { positions: Float32Array.from([0, 0, 0, 6, 0, 0, 0, 6, 0, 0, 0, 6], (v, i) => v + tip[i % 3]), triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3) };
    const cheek = labels.slice(), spot: number[] = [];
    for (let at = 0; at < cheek.length; at++) {
      const x = grid.origin[0] + at % nx * grid.spacing[0], y = grid.origin[1] + Math.floor(at / nx) % ny * grid.spacing[1], z = grid.origin[2] + Math.floor(at / nx / ny) * grid.spacing[2];
      if (x > 28 && x < 40 && z > -50 && z < -36 && y > 40) { cheek[at] = 1; spot.push(at); }
    }
    const made = voxelsOf(defacedVolume({ grid, hu, labels: cheek, plan, volumeHash: "0".repeat(64), labelmap: "1".repeat(64), implant: encodeStl(mesh) }).file), free = voxelsOf(defacedVolume({ grid, hu, labels, plan, volumeHash: "0".repeat(64), labelmap: "1".repeat(64), implant: undefined }).file);
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
    const air = { grid, hu: new Int16Array(hu.length).fill(-1000), labels, plan, volumeHash: "0".repeat(64), labelmap: "1".repeat(64), implant: undefined };
    expect(() => defacedVolume(air)).toThrow(CommandRefused);
    expect(() => defacedVolume(air)).toThrow(/Leave the CT out of the package instead/);
  });
});

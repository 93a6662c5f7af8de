import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPlan } from "../../../core/implant/plan.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../core/review/manifest.ts";
import { faultsOf, fileSoundnessOf } from "../../../core/surface/fileSoundness.ts";
import { encodeMesh } from "../../../core/surface/meshBlob.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { defaultSmooth, surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { packedNifti } from "../../../core/volume/packedNifti.ts";
import { sha256 } from "../../../workers/cli/command.ts";
import { run as packageRun } from "../../../workers/cli/package.ts";
import { run as verifyRun } from "../../../workers/cli/verify.ts";
import { readArchive, writeArchive } from "../../../workers/package/archive.ts";
import { packagePaths, sealedPackage } from "../../../workers/package/contents.ts";
import { packageIndex } from "../../../workers/package/packageIndex.ts";
import { makeArtifacts } from "../../../workers/package/recipe.ts";
import { packagedSurfaces, surfacePath } from "../../../workers/package/surfaces.ts";
import { vault } from "../../core/implant/vault.ts";

// A vault with a hole, and within it two blocks, one of them in two parts that touch along an edge.
const { grid, labels } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2), [nx, ny] = grid.dims;
const block = (value: number, low: readonly number[], size: number) => {
  for (let z = 0; z < size; z++) for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) labels[low[0] + x + nx * (low[1] + y + ny * (low[2] + z))] = value;
};
block(5, [20, 24, 10], 6);
block(12, [28, 34, 10], 4);
block(12, [32, 38, 10], 4);
const hu = Int16Array.from(labels, (v, at) => (v === 1 ? 1200 : v === 5 ? 300 + at % 7 : 40)), bytesOf = (value: number, iso?: number) => sha256(encodeStl(surfaceOf(fromDense(grid, labels), value, { smooth: defaultSmooth, ...iso !== undefined && { volume: { hu, iso } } })));
const segments = [{ value: 1, name: "Bone", color: "#e8d9b5", iso: 226 }, { value: 5, name: "../Höhle 1", color: "#ff0000", iso: 170 }, { value: 7, name: "Tumour", color: "#00ff00" }, { value: 12, name: "Nerve", color: "#0000ff" }];
const given = { grid, labels, hu, bone: 1, segments, volume: "a".repeat(64), labelmap: "b".repeat(64), plan: "c".repeat(64) };

let folder = "", packed: Uint8Array, files: Map<string, Uint8Array>;
const path = (name: string) => join(folder, name);
const said = async (name: string, bytes: Uint8Array, ...more: string[]) => {
  await writeFile(path(name), bytes);
  const { exitCode, line } = await verifyRun(["--package", path(name), ...more]), findings = (line as { error?: { details?: { findings?: { code: string; where: string; message: string }[] } } }).error?.details?.findings ?? [];
  return { exitCode, findings };
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "caseroom-surfaces-"));
  await Promise.all([writeFile(path("v.nii.gz"), packedNifti({ grid, data: hu })), writeFile(path("l.nii.gz"), packedNifti({ grid, data: labels })), writeFile(path("p.json"), JSON.stringify({ family: "cranial", bone: 1, thickness: 4 }))]);
  const made = await packageRun(["--plan", path("p.json"), "--labels", path("l.nii.gz"), "--volume", path("v.nii.gz"), "--out", path("p.zip")]);
  expect(made.exitCode).toBe(0);
  packed = await readFile(path("p.zip"));
  files = readArchive(packed);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the surfaces of a package", () => {
  it("hold every segment that has voxels as the room makes it, and manifest and index tell the file's soundness and deviation", () => {
    const { artifacts } = decodeManifest(files.get(packagePaths.manifest)!), index = new TextDecoder().decode(files.get(packagePaths.index)), own = artifacts.filter(({ name }) => name.startsWith("surfaces/"));
    expect(own.map(({ name }) => name)).toEqual(["surfaces/005.stl", "surfaces/012.stl", "surfaces/bone.stl"]);
    expect(own.map(({ sha256: hash }) => hash)).toEqual([bytesOf(5), bytesOf(12), bytesOf(1)]);
    for (const { name, node, soundness, deviation, thinnestWall } of own) {
      const { openEdges, nonManifoldEdges, nonManifoldVertices, selfIntersections, degenerateTriangles, invertedShells } = fileSoundnessOf(decodeStl(files.get(name)!)), found = { openEdges, nonManifoldEdges, nonManifoldVertices, selfIntersections, degenerateTriangles, invertedShells };
      // No vertex leaves its cell: the voxel's half diagonal bounds what it lies off the mask's faces.
      expect([name, node, soundness, faultsOf(found), thinnestWall !== undefined, deviation!.maxMm > 0 && deviation!.maxMm <= 1.6 * Math.sqrt(3), deviation!.meanMm <= deviation!.p95Mm && deviation!.p95Mm <= deviation!.maxMm]).toEqual([name, "surface@4", found, [], true, true, true]);
      expect([index.includes(`Soundness, ${name}</th><td>sound`), index.includes(`Deviation from the mask, ${name}</th><td>at most ${deviation!.maxMm.toFixed(2)} mm`)]).toEqual([true, true]);
    }
  });

  it("JB4: are made again by «verify --rebuild», and a changed byte in the second one is found and named, in the archive and where everything was hashed anew round it", async () => {
    expect(await said("same.zip", packed, "--rebuild")).toEqual({ exitCode: 0, findings: [] });
    const name = "surfaces/012.stl", changed = files.get(name)!.slice();
    changed[changed.length - 8] ^= 1;
    expect((await said("changed.zip", writeArchive(new Map(files).set(name, changed)))).findings.filter(({ code }) => code !== "archive-altered").map(({ code, where }) => `${code} ${where}`)).toEqual([`file-altered ${name}`, `manifest-mismatch ${name}`]);
    const forge = (change: (artifact: Manifest["artifacts"][number], inside: Map<string, Uint8Array>) => void) => {
      const manifest = decodeManifest(files.get(packagePaths.manifest)!), inside = new Map(files);
      change(manifest.artifacts.find((one) => one.name === name)!, inside);
      inside.delete(packagePaths.contents);
      inside.set(packagePaths.manifest, encodeManifest(manifest));
      return sealedPackage(inside, sha256(encodeManifest(manifest)), null);
    };
    const other = forge((one, inside) => { inside.set(name, changed); one.sha256 = sha256(changed); });
    expect((await said("other.zip", other)).exitCode).toBe(0);
    expect((await said("other.zip", other, "--rebuild")).findings.map(({ where }) => where)).toEqual([packagePaths.manifest, name].sort((a, b) => (a > b ? -1 : 1)));
    const praised = forge((one) => { one.soundness!.openEdges = 3; });
    expect((await said("praised.zip", praised, "--rebuild")).findings.map(({ where, message }) => [where, /its soundness is another/.test(message)])).toContainEqual([name, true]);
    const nearer = forge((one) => { one.deviation!.maxMm = 0; });
    expect((await said("nearer.zip", nearer, "--rebuild")).findings.map(({ where, message }) => [where, /its deviation from the mask is another/.test(message)])).toContainEqual([name, true]);
  }, 180_000);

  it("SF4: follow the CT where the segment does, under a path that its name cannot break; where only a covered CT is at hand those are taken as they are", () => {
    const { surfaces, leftOut } = packagedSurfaces(given);
    expect(surfaces.map(({ path: name, stl }) => [name, sha256(stl)])).toEqual([["surfaces/bone.stl", bytesOf(1, 226)], ["surfaces/005-H_hle_1.stl", bytesOf(5, 170)], ["surfaces/012-Nerve.stl", bytesOf(12)]]);
    expect(bytesOf(5, 170)).not.toBe(bytesOf(5));
    expect(leftOut).toEqual([{ what: "Surface of segment 7: Tumour", why: "the segment has no voxels" }]);
    expect(surfaces.map(({ inputs }) => "volume" in inputs)).toEqual([true, true, false]);
    expect(() => writeArchive(new Map(surfaces.map(({ path: name, stl }) => [name, stl])))).not.toThrow();
    const covered = { ...given, hu: new Int16Array(hu.length).fill(-1000) }, again = packagedSurfaces({ ...covered, asPacked: new Map(surfaces.map(({ path: name, stl }) => [name, stl])) });
    expect(again.surfaces).toEqual(surfaces);
    expect(packagedSurfaces(covered).surfaces.map(({ stl }, i) => sha256(stl) === sha256(surfaces[i].stl))).toEqual([false, false, true]);
  });

  it("have paths in the order of their values, never two alike", () => {
    const paths = Array.from({ length: 255 }, (_, i) => surfacePath(i + 1, i % 2 ? "A/ä b" : undefined));
    expect([[...paths].sort(), new Set(paths).size, paths[1]]).toEqual([paths, 255, "surfaces/002-A_b.stl"]);
    expect(surfacePath(3, "x".repeat(200))).toHaveLength(77);
  });

  it("JB2: are taken from the build graph where it has them; above the cap they are left out with why, and the plan's bone never is", () => {
    const mesh = surfaceOf(fromDense(grid, labels), 5, { smooth: defaultSmooth }), { surfaces } = packagedSurfaces({ ...given, graphMeshes: new Map([[12, encodeMesh(mesh)]]) });
    expect(sha256(surfaces[2].stl)).toBe(sha256(encodeStl(mesh)));
    const each = packagedSurfaces(given, { each: 400, together: 1e6 }), together = packagedSurfaces(given, { each: 1e6, together: decodeStl(surfaces[1].stl).triangles.length / 3 });
    expect(each.surfaces.map(({ path: name }) => name)).toEqual(["surfaces/bone.stl", "surfaces/012-Nerve.stl"]);
    expect(each.leftOut.map(({ what, why }) => [what, /at most 400/.test(why)])).toEqual([["Surface of segment 5: ../Höhle 1", true], ["Surface of segment 7: Tumour", false]]);
    expect(together.surfaces.map(({ path: name }) => name)).toEqual(["surfaces/bone.stl", "surfaces/005-H_hle_1.stl"]);
  });

  it("that are not sound are in the package all the same: manifest and index say what is wrong, and an old manifest without a word of it stays valid", async () => {
    const read = readPlan({ family: "cranial", bone: 1, thickness: 4 });
    if (!("plan" in read)) throw new Error("plan");
    // A surface with a hole, where only a covered CT is at hand and the file is taken as it is.
    const whole = surfaceOf(fromDense(grid, labels), 5), open = encodeStl({ ...whole, triangles: whole.triangles.slice(3) });
    const { files: made, manifest } = await makeArtifacts({ plan: read.plan, grid, labels, hu, scan: null, volumeHash: "a".repeat(64), source: null, segments, version: null, prescription: null, acknowledgements: [], logs: [], told: { signatures: [], judgements: [] }, appVersion: "1", underCover: () => [], asPacked: new Map([["surfaces/005-H_hle_1.stl", open]]) }, () => undefined);
    const broken = manifest.artifacts.find(({ name }) => name === "surfaces/005-H_hle_1.stl")!;
    expect([broken.soundness?.openEdges, sha256(made.get(broken.name)!) === sha256(open)]).toEqual([3, true]);
    expect(new TextDecoder().decode(packageIndex(made, manifest, "m"))).toContain(`Soundness, ${broken.name}</th><td>not sound: 3 open edges`);
    expect(manifest.leftOut.map(({ what }) => what)).toContain("Surface of segment 7: Tumour");
    // Names of which a path tells little or nothing are told by the index.
    expect(surfacePath(12, "骨折")).toBe("surfaces/012.stl");
    const index = new TextDecoder().decode(packageIndex(new Map([["surfaces/012.stl", open]]), { ...manifest, segments: segments.map((one) => (one.value === 12 ? { ...one, name: "骨折 <1>" } : one)) }, "m"));
    expect(index).toContain("surfaces/012.stl</a></td><td>Surface of 骨折 &#60;1&#62;, LPS mm</td>");
    const old = { ...manifest, artifacts: manifest.artifacts.map(({ name, node, inputs, sha256: hash }) => ({ name, node, inputs, sha256: hash })) };
    expect(decodeManifest(encodeManifest(old)).artifacts).toHaveLength(manifest.artifacts.length);
    expect(() => decodeManifest(canonicalBytes({ ...old, artifacts: [{ ...old.artifacts[0], soundness: { openEdges: 1 } }] }))).toThrow(/manifest/);
  }, 60_000);
});

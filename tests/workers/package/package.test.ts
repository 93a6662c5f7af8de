import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPairSync, sign } from "node:crypto";
import { gzipSync, zipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChainedEvent, eventHash } from "../../../core/review/audit.ts";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../core/review/manifest.ts";
import { challengeOf, type ContentsStatement, type Statement, statementBytes, type SignatureStatement } from "../../../core/review/statements.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import { thinnestWall } from "../../../core/implant/thickness.ts";
import { sha256 } from "../../../workers/cli/command.ts";
import { readArchive } from "../../../workers/package/archive.ts";
import { packagePaths as paths, sealedFiles, sealedPackage } from "../../../workers/package/contents.ts";
import { packageIndex } from "../../../workers/package/packageIndex.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { defaultSmooth, surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { makeArtifacts, planBytes } from "../../../workers/package/recipe.ts";
import { verifyPackage } from "../../../workers/package/verifyPackage.ts";
import { softAuthenticator } from "../../support/softAuthenticator.ts";
import { vault } from "../../core/implant/vault.ts";

const origin = "http://localhost:3000", caseId = "00000000-0000-4000-8000-000000000001", at = "2026-01-01T00:00:00.000Z";
let files: Map<string, Uint8Array>, manifestHash: string, plain: Uint8Array;

function workspace() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(), countersign: (s: Statement) => sign(null, statementBytes(s), privateKey).toString("base64url") };
}
type Workspace = ReturnType<typeof workspace>;

function testimony(key: Workspace, change: { swap?: boolean; cut?: boolean; dropSignature?: boolean; event?: boolean; row?: boolean; reseal?: boolean } = {}) {
  const events: ChainedEvent[] = [];
  for (const action of ["version.frozen", "signature.added", "signature.added"]) {
    const event = { seq: events.length + 1, at, actorId: "u", caseId, action, object: { manifestHash } }, previousHash = events.at(-1)?.hash ?? "";
    events.push({ ...event, previousHash, hash: eventHash(previousHash, event) });
  }
  const head = { format: "caseroom audit head 1" as const, caseId, count: events.length, hash: events[2].hash, at };
  const people = [["Eva", "engineer", "designed"], ["Sam", "surgeon", "approved"]] as const;
  const signatures = [], enrolments = [];
  for (const [name, role, meaning] of people) {
    const passkey = softAuthenticator(), nonce = Buffer.alloc(32, name).toString("base64url");
    const { response } = passkey.get(Buffer.from(challengeOf(nonce, manifestHash, name, meaning, at)).toString("base64url"), origin);
    const statement: SignatureStatement = { format: "caseroom signature 1", caseId, versionNumber: 1, manifestHash, meaning, reason: null, userId: name, name, role, at, proof: { method: "passkey", nonce, origin, rpId: "localhost", credentialId: passkey.credentialId, authenticatorData: response.authenticatorData, clientDataJson: response.clientDataJSON, signature: response.signature } };
    signatures.push({ statement, countersignature: key.countersign(statement) });
    const enrolment = { format: "caseroom enrolment 1" as const, userId: name, credentialId: passkey.credentialId, publicKey: passkey.publicKey, at };
    enrolments.push({ statement: change.swap ? { ...enrolment, publicKey: softAuthenticator().publicKey } : enrolment, countersignature: key.countersign(enrolment) });
  }
  if (change.row) signatures[0] = { ...signatures[0], statement: { ...signatures[0].statement, name: "Mallory" } };
  if (change.dropSignature) signatures.pop();
  if (change.event) events[1] = { ...events[1], actorId: "mallory" };
  if (change.cut) events.pop();
  return { publicKey: key.publicKey, signatures, enrolments, auditHead: { statement: head, countersignature: key.countersign(head) }, auditEvents: events, seal: key.countersign };
}
/** What is found in files that were never packed: the archive round them is looked at only where nothing else is wrong. */
const found = async (inside: ReadonlyMap<string, Uint8Array>, trusted: string | null) => (await verifyPackage(new Uint8Array(), inside, trusted)).findings.map(({ code }) => code);
const codes = async (bytes: Uint8Array, trusted: string | null) => (await verifyPackage(bytes, readArchive(bytes), trusted)).findings.map(({ code }) => code);

beforeAll(async () => {
  const { grid, labels } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2);
  const read = readPlan({ family: "cranial", bone: 1, thickness: 4 });
  if (!("plan" in read)) throw new Error("plan");
  const gz = (data: Uint8Array | Int16Array) => gzipSync(encodeNifti({ grid, data }), { mtime: 0 });
  const volume = gz(Int16Array.from(labels, (v) => (v === 1 ? 1200 : 40)));
  const source = new TextEncoder().encode(JSON.stringify({ seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [{ sopUid: "1.2.3.4.1", position: [0, 0, 0], sha256: "" }] }));
  const recipe = await makeArtifacts({ plan: read.plan, grid, labels, hu: Int16Array.from(labels, (v) => (v === 1 ? 1200 : 40)), scan: null, volumeHash: sha256(volume), source, version: null, prescription: null, acknowledgements: [], logs: [], told: { signatures: [], judgements: [] }, appVersion: "1" }, () => undefined);
  files = new Map(recipe.files).set(paths.plan, planBytes(read.plan)).set(paths.labels, gz(labels)).set(paths.volume, volume).set(paths.source, source);
  plain = sealedPackage(files, recipe.manifestHash, null);
  const manifest: Manifest = { ...recipe.manifest, artifacts: recipe.manifest.artifacts.filter(({ name }) => name !== paths.report), version: { caseId, caseCode: "26-001", number: 1, frozenAt: at, frozenBy: "Eva" } };
  files = new Map(files).set(paths.manifest, encodeManifest(manifest));
  manifestHash = sha256(encodeManifest(manifest));
}, 180_000);

describe("package and verify", () => {
  it("SF4: the bone's file follows the CT at its segment's HU; where only a covered CT is at hand it is taken as it is, and what is drawn of it is the same", async () => {
    const { grid, labels } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2), read = readPlan({ family: "cranial", bone: 1, thickness: 4 });
    if (!("plan" in read)) throw new Error("plan");
    const hu = Int16Array.from(labels, (v) => (v === 1 ? 1200 : 40)), bone = { value: 1, name: "Bone", color: "#e8d9b5" }, told = { signatures: [], judgements: [] };
    const make = (voxels: Int16Array, iso: number | undefined, asPacked?: ReadonlyMap<string, Uint8Array>) => makeArtifacts({ plan: read.plan, grid, labels, hu: voxels, scan: null, volumeHash: "a".repeat(64), source: null, segments: [{ ...bone, ...iso !== undefined && { iso } }], version: null, prescription: null, acknowledgements: [], logs: [], told, appVersion: "1", underCover: () => [], asPacked }, () => undefined);
    const whole = await make(hu, 226), stl = (made: Awaited<ReturnType<typeof make>>) => sha256(made.files.get("surfaces/bone.stl")!), covered = hu.map((v) => (v === 40 ? -1000 : v));
    expect(stl(whole)).toBe(sha256(encodeStl(surfaceOf(fromDense(grid, labels), 1, { smooth: defaultSmooth, volume: { hu, iso: 226 } }))));
    const again = await make(covered, 226, whole.files);
    expect([...again.files].map(([name, bytes]) => [name, sha256(bytes)])).toEqual([...whole.files].map(([name, bytes]) => [name, sha256(bytes)]));
    expect(stl(await make(covered, 226))).not.toBe(stl(whole));
    expect(stl(await make(covered, undefined, whole.files))).toBe(sha256(encodeStl(surfaceOf(fromDense(grid, labels), 1, { smooth: defaultSmooth }))));
  }, 300_000);

  it("its manifest and its index tell the thinnest wall of each surface and part", () => {
    const inside = readArchive(plain), manifest = decodeManifest(inside.get(paths.manifest)!), index = new TextDecoder().decode(inside.get(paths.index));
    const walls = manifest.artifacts.flatMap(({ name, thinnestWall: wall }) => (wall ? [{ name, ...wall }] : []));
    expect(walls.map(({ name }) => name)).toEqual(["implant/implant.3mf", "implant/implant.stl", "surfaces/bone.stl"]);
    for (const { name, mm, rays, looked, triangles } of walls) {
      expect(index).toContain(`Thinnest wall, edges included, ${name}</th><td>${mm.toFixed(2)} mm (${rays} rays, ${looked} of ${triangles} triangles)`);
      expect([rays <= looked, looked <= triangles]).toEqual([true, true]);
    }
    // Of a plate of 4 mm, thinner where its rim feathers out over voxels of 3.2 mm, and of a vault 6 mm thick; told of the file itself.
    const stl = decodeStl(inside.get("implant/implant.stl")!);
    expect(walls[1].mm).toBeCloseTo(thinnestWall(stl)!.mm, 6);
    expect([walls[1].mm > 0 && walls[1].mm < 4.1, walls[2].mm > 0.5 && walls[2].mm < 9.3]).toEqual([true, true]);
  });

  it("a package of plain files is consistent, and no key vouches for it", async () => {
    const key = workspace(), unsigned = await verifyPackage(plain, readArchive(plain), null);
    expect([unsigned.findings, unsigned.isPinned]).toEqual([[], false]);
    expect(await codes(plain, key.publicKey)).toEqual(["not-sealed"]);
  });

  it("holds the labelmap as DICOM SEG and the surfaces as Encapsulated STL that refer to the source; dciodvfy judges where installed", () => {
    const manifest = decodeManifest(readArchive(plain).get(paths.manifest)!), dicom = manifest.artifacts.filter(({ name }) => name.startsWith("dicom/"));
    expect(dicom.map(({ name, node }) => [name, node])).toEqual([["dicom/bone.stl.dcm", "encapsulatedStl@2"], ["dicom/implant.stl.dcm", "encapsulatedStl@2"], ["dicom/labels.seg.dcm", "dicomSeg@2"]]);
    for (const { inputs } of dicom) expect(inputs.source).toBe(manifest.source);
    expect(manifest.leftOut).toEqual([]);
    expect(Buffer.from(files.get("dicom/implant.stl.dcm")!).includes(Buffer.from(files.get("implant/implant.stl")!))).toBe(true);
    const dir = mkdtempSync(join(tmpdir(), "caseroom-package-"));
    try {
      for (const { name } of dicom) {
        writeFileSync(join(dir, "one.dcm"), files.get(name)!);
        const judge = spawnSync("dciodvfy", [join(dir, "one.dcm")], { encoding: "utf8" });
        if (judge.error) return console.warn("dciodvfy is not installed: not judged");
        expect({ name, status: judge.status, errors: `${judge.stdout}${judge.stderr}`.split("\n").filter((line) => line.includes("Error")) }).toEqual({ name, status: 0, errors: [] });
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("has a page for people that names every file with its hash and what made it, and runs nothing", () => {
    const inside = readArchive(plain), page = new TextDecoder().decode(inside.get(paths.index));
    for (const [path, bytes] of inside) if (![paths.index, paths.contents].includes(path as never)) expect([path, page.includes(`<a href="${path}">`), page.includes(sha256(bytes))]).toEqual([path, true, true]);
    expect([page.includes("dicomSeg@2"), page.includes("nobody signed it"), /<script|https?:|javascript:/i.test(page)]).toEqual([true, true, false]);
    const hostile = new TextDecoder().decode(packageIndex(new Map(), { ...decodeManifest(inside.get(paths.manifest)!), version: { caseId: "c", caseCode: "<img src=x onerror=a()>", number: 1, frozenAt: at, frozenBy: "e" } }, "m"));
    expect(hostile).not.toContain("<img");
  });

  it("a signed package is valid with its key, consistent without it, and same inputs give the same bytes", async () => {
    const key = workspace(), said = testimony(key), bytes = sealedPackage(files, manifestHash, said);
    expect(await codes(bytes, key.publicKey)).toEqual([]);
    expect((await verifyPackage(bytes, readArchive(bytes), key.publicKey)).isPinned).toBe(true);
    expect((await verifyPackage(bytes, readArchive(bytes), null)).isPinned).toBe(false);
    expect(sha256(sealedPackage(new Map([...files].reverse()), manifestHash, said))).toBe(sha256(bytes));
  }, 180_000);

  it("is called signed with every signature that a version needs, by two people, and with no fewer; nor where anybody rejected it", async () => {
    const key = workspace(), said = testimony(key), [designed, approved] = said.signatures, isSigned = async (signatures: typeof said.signatures) => (await verifyPackage(new Uint8Array(), sealedFiles(files, manifestHash, { ...said, signatures }), key.publicKey)).isSigned;
    const rejected = { ...approved, statement: { ...approved.statement, meaning: "rejected" as const, reason: "The rim stands out." } }, byOne = { ...approved, statement: { ...approved.statement, userId: designed.statement.userId } };
    expect([await isSigned([designed, approved]), await isSigned([designed]), await isSigned([approved]), await isSigned([designed, byOne]), await isSigned([designed, approved, rejected]), await isSigned([])]).toEqual([true, false, false, false, false, false]);
  });

  it("finds and names: a forged package, a swapped passkey, a cut tail, an altered event, an altered row, a missing signature", async () => {
    const key = workspace(), of = (change: Parameters<typeof testimony>[1]) => found(sealedFiles(files, manifestHash, testimony(key, change)), key.publicKey);
    expect(await found(sealedFiles(files, manifestHash, testimony(workspace())), key.publicKey)).toEqual(["another-key"]);
    expect(await of({ swap: true })).toContain("enrolment-not-countersigned");
    expect(await of({ cut: true })).toContain("audit-cut");
    expect(await of({ event: true })).toContain("audit-altered");
    expect(await of({ row: true })).toContain("signature-not-countersigned");
    expect(await of({ dropSignature: true })).toContain("signature-missing");
    const inside = sealedFiles(files, manifestHash, testimony(key));
    inside.delete(paths.signatures);
    expect(await found(inside, key.publicKey)).toEqual(expect.arrayContaining(["file-missing", "testimony-missing"]));
  });

  it("a changed byte anywhere is found: in each file by name, and in the archive round them", async () => {
    const key = workspace(), bytes = sealedPackage(files, manifestHash, testimony(key));
    const whole = readArchive(bytes);
    for (const path of whole.keys()) {
      const inside = new Map(whole), changed = inside.get(path)!.slice();
      changed[changed.length >> 1] ^= 1;
      inside.set(path, changed);
      const { findings } = await verifyPackage(bytes, inside, key.publicKey);
      expect([path, findings.length > 0]).toEqual([path, true]);
      if (path !== paths.contents && path !== paths.seal) expect(findings.map(({ where }) => where)).toContain(path);
    }
    for (let i = 0; i < 12; i++) {
      const changed = bytes.slice();
      changed[(i * 7919 * 104729) % bytes.length] ^= 1 << i % 8;
      let isFound = false;
      try { isFound = (await codes(changed, key.publicKey)).length > 0; } catch { isFound = true; }
      expect(isFound).toBe(true);
    }
  }, 180_000);

  it("a file that no manifest names is held by the seal: listed anew it is found, sealed anew with another key too", async () => {
    const key = workspace(), inside = sealedFiles(files, manifestHash, testimony(key));
    const pdf = inside.get(paths.report)!.slice();
    pdf[200] ^= 1;
    inside.set(paths.report, pdf);
    const contents = JSON.parse(new TextDecoder().decode(inside.get(paths.contents))) as ContentsStatement;
    contents.files.find(({ path }) => path === paths.report)!.sha256 = sha256(pdf);
    inside.set(paths.contents, canonicalBytes(contents));
    expect(await found(inside, key.publicKey)).toEqual(["seal-broken"]);
    expect(await found(inside, null)).toEqual(["seal-broken"]);
    const other = workspace();
    inside.set(paths.seal, canonicalBytes({ publicKey: other.publicKey, countersignature: other.countersign(contents) }));
    expect(await found(inside, key.publicKey)).toEqual(["two-keys", "another-key"]);
    expect(await found(inside, null)).toEqual(["two-keys"]);
  });

  it("a signature of another version, a passkey never enrolled, a chain of another case: each is named", async () => {
    const key = workspace(), said = testimony(key), pack = (changed: typeof said) => found(sealedFiles(files, manifestHash, changed), key.publicKey);
    const [first] = said.signatures, moved: SignatureStatement = { ...first.statement, versionNumber: 2 };
    expect(await pack({ ...said, signatures: [{ statement: moved, countersignature: key.countersign(moved) }, said.signatures[1]] })).toContain("signature-of-another-version");
    const renamed: SignatureStatement = { ...first.statement, meaning: "reviewed" };
    expect(await pack({ ...said, signatures: [{ statement: renamed, countersignature: key.countersign(renamed) }, said.signatures[1]] })).toContain("signature-invalid");
    expect(await pack({ ...said, enrolments: said.enrolments.slice(1) })).toContain("passkey-not-enrolled");
    const head = { ...said.auditHead.statement, caseId: "another" };
    expect(await pack({ ...said, auditHead: { statement: head, countersignature: key.countersign(head) } })).toContain("audit-of-another-case");
    expect(await pack({ ...said, auditHead: { ...said.auditHead, statement: { ...said.auditHead.statement, count: 2 } } })).toContain("audit-head-not-countersigned");
  });

  it("G10: hostile archives are refused", () => {
    const lying = zipSync({ a: new Uint8Array(100_000).map((_, i) => i * 7) });
    new DataView(lying.buffer).setUint32(lying.length - 22 - 47 + 24, 90_000, true);
    const climbing = zipSync({ "../evil": new Uint8Array(3) });
    expect(() => readArchive(lying)).toThrow(/unpacks to/);
    expect(() => readArchive(climbing)).toThrow(/no package has/);
    expect(() => readArchive(zipSync(Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, new Uint8Array()]))))).toThrow(/at most/);
    for (const cut of [0, 10, plain.length >> 1, plain.length - 1]) expect(() => readArchive(plain.subarray(0, cut))).toThrow();
  });
});

import { generateKeyPairSync, sign } from "node:crypto";
import { gzipSync, zipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChainedEvent, eventHash } from "../../../core/review/audit.ts";
import { encodeManifest, type Manifest } from "../../../core/review/manifest.ts";
import { challengeOf, type Statement, statementBytes, type SignatureStatement } from "../../../core/review/statements.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import { sha256 } from "../../../workers/cli/command.ts";
import { readArchive, writeArchive } from "../../../workers/package/archive.ts";
import { packagePaths as paths, sealedPackage } from "../../../workers/package/contents.ts";
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
const codes = async (bytes: Uint8Array, trusted: string | null) => (await verifyPackage(bytes, readArchive(bytes), trusted)).findings.map(({ code }) => code);

beforeAll(async () => {
  const { grid, labels } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2);
  const read = readPlan({ family: "cranial", bone: 1, thickness: 4 });
  if (!("plan" in read)) throw new Error("plan");
  const gz = (data: Uint8Array | Int16Array) => gzipSync(encodeNifti({ grid, data }), { mtime: 0 });
  const volume = gz(Int16Array.from(labels, (v) => (v === 1 ? 1200 : 40)));
  const recipe = await makeArtifacts({ plan: read.plan, grid, labels, volumeHash: sha256(volume), sourceHash: null, version: null, prescription: null, acknowledgements: [], logs: [], appVersion: "1" }, () => undefined);
  files = new Map(recipe.files).set(paths.plan, planBytes(read.plan)).set(paths.labels, gz(labels)).set(paths.volume, volume);
  plain = sealedPackage(files, recipe.manifestHash, null);
  const manifest: Manifest = { ...recipe.manifest, version: { caseId, caseCode: "26-001", number: 1, frozenAt: at, frozenBy: "Eva" } };
  files = new Map(files).set(paths.manifest, encodeManifest(manifest));
  manifestHash = sha256(encodeManifest(manifest));
}, 60_000);

describe("package and verify", () => {
  it("a package of plain files is consistent, and no key vouches for it", async () => {
    const key = workspace(), unsigned = await verifyPackage(plain, readArchive(plain), null);
    expect([unsigned.findings, unsigned.isPinned]).toEqual([[], false]);
    expect(await codes(plain, key.publicKey)).toEqual(["not-sealed"]);
  });

  it("a signed package is valid with its key, consistent without it, and same inputs give the same bytes", async () => {
    const key = workspace(), said = testimony(key), bytes = sealedPackage(files, manifestHash, said);
    expect(await codes(bytes, key.publicKey)).toEqual([]);
    expect((await verifyPackage(bytes, readArchive(bytes), key.publicKey)).isPinned).toBe(true);
    expect((await verifyPackage(bytes, readArchive(bytes), null)).isPinned).toBe(false);
    expect(sha256(sealedPackage(new Map([...files].reverse()), manifestHash, said))).toBe(sha256(bytes));
  });

  it("finds and names: a forged package, a swapped passkey, a cut tail, an altered event, an altered row, a missing signature", async () => {
    const key = workspace(), of = (change: Parameters<typeof testimony>[1]) => codes(sealedPackage(files, manifestHash, testimony(key, change)), key.publicKey);
    expect(await codes(sealedPackage(files, manifestHash, testimony(workspace())), key.publicKey)).toEqual(["another-key"]);
    expect(await of({ swap: true })).toContain("enrolment-not-countersigned");
    expect(await of({ cut: true })).toContain("audit-cut");
    expect(await of({ event: true })).toContain("audit-altered");
    expect(await of({ row: true })).toContain("signature-not-countersigned");
    expect(await of({ dropSignature: true })).toContain("signature-missing");
    const bytes = sealedPackage(files, manifestHash, testimony(key)), inside = readArchive(bytes);
    inside.delete(paths.signatures);
    expect(await codes(writeArchive(inside), key.publicKey)).toEqual(expect.arrayContaining(["file-missing", "testimony-missing"]));
  });

  it("a changed byte anywhere is found: in each file by name, and in the archive round them", async () => {
    const key = workspace(), bytes = sealedPackage(files, manifestHash, testimony(key));
    for (const path of readArchive(bytes).keys()) {
      const inside = readArchive(bytes), changed = inside.get(path)!.slice();
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
  }, 60_000);

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

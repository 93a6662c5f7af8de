import { and, eq } from "drizzle-orm";
import { caseSource, upload } from "../../drizzle/schema.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Db, Tx } from "../platform/db.ts";
import type { Source } from "../platform/dicom/source.ts";
import { isUid } from "../../core/volume/dicom/uid.ts";
import { appendAudit } from "./audit.ts";
import { Impossible } from "./members.ts";
import type { UidVault } from "./uidVault.ts";

/** What an import keeps of its series: source.json as a blob, and its UIDs' originals, sealed. */
export interface KeptSource { sourceHash: string; sealedUids: Uint8Array }

const placeOfUpload = (uploadId: string): string => `upload ${uploadId}`;
const placeOfSource = (sourceHash: string): string => `source ${sourceHash}`;

/** Keeps what the page says of an upload: original UID, and the one that it wrote. Nothing of it is stored in the clear. */
export async function keepUids(db: Db, vault: UidVault, userId: string, uploadId: string, uids: readonly (readonly [string, string])[]): Promise<void> {
  const sealedUids = vault.seal(new Map(uids.map(([original, written]) => [written, original])), placeOfUpload(uploadId));
  await db.transaction(async (tx) => {
    const rows = await tx.update(upload).set({ sealedUids }).where(and(eq(upload.id, uploadId), eq(upload.userId, userId), eq(upload.state, "receiving"))).returning({ id: upload.id });
    if (rows.length === 0) throw new Impossible("This upload takes nothing any more.");
    // How many there are, and none of them: what they replaced tells of the patient.
    await appendAudit(tx, { actorId: userId, caseId: null, action: "upload.uidsKept", object: { upload: uploadId, uids: uids.length } });
  });
}

/** Every UID of a source by which results refer to it. */
const uidsOf = ({ studyUid, seriesUid, frameOfReferenceUid, slices }: Source): string[] => [...new Set([studyUid, seriesUid, frameOfReferenceUid, ...slices.map(({ sopUid }) => sopUid)])].filter(isUid);

/**
 * What is kept of an import's series. @param source source.json as the import wrote it @param replaced UIDs as they came to the
 * server, and what it wrote for each @param sealed of the upload, where a page had replaced them before; null: as they came
 * @returns null for a volume that names no series
 */
export async function sourceToKeep(blobs: Blobs, vault: UidVault, source: Source, replaced: ReadonlyMap<string, string>, sealed: { bytes: Uint8Array; uploadId: string } | null): Promise<KeptSource | null> {
  if (!isUid(source.seriesUid) || !isUid(source.frameOfReferenceUid) || source.slices.some(({ sopUid }) => !isUid(sopUid))) return null;
  const earlier = sealed ? vault.open(sealed.bytes, placeOfUpload(sealed.uploadId)) : new Map<string, string>(), wanted = new Set(uidsOf(source)), originals = new Map<string, string>();
  for (const [came, written] of replaced) if (wanted.has(written)) originals.set(written, earlier.get(came) ?? came);
  const sourceHash = await blobs.put(new TextEncoder().encode(`${JSON.stringify(source, null, 1)}\n`));
  return { sourceHash, sealedUids: vault.seal(originals, placeOfSource(sourceHash)) };
}

/** Files it with its case. */
export async function recordSource(tx: Tx, caseId: string, kept: KeptSource): Promise<void> {
  await tx.insert(caseSource).values({ caseId, ...kept });
}

/** A derived volume refers to the same series as long as its positions are the scan's. */
export async function copySource(tx: Tx, from: string, to: string): Promise<void> {
  const [row] = await tx.select().from(caseSource).where(eq(caseSource.caseId, from));
  if (row) await tx.insert(caseSource).values({ ...row, caseId: to });
}

/** Blob of the source.json of a case; null where its CT names no series. */
export async function sourceHashOf(db: Db | Tx, caseId: string): Promise<string | null> {
  const [row] = await db.select({ sourceHash: caseSource.sourceHash }).from(caseSource).where(eq(caseSource.caseId, caseId));
  return row?.sourceHash ?? null;
}

/**
 * The source.json of a case with the scan's original UIDs. The caller has asked for the right to them, and records it.
 * @throws Impossible where an original is not known, UidsSealed where the map does not open
 */
export async function originalSource(db: Db, blobs: Blobs, vault: UidVault, caseId: string): Promise<Uint8Array> {
  const [row] = await db.select().from(caseSource).where(eq(caseSource.caseId, caseId));
  if (!row) throw new Impossible("The CT of this case did not come from a DICOM series: there is nothing to refer to.");
  const source = JSON.parse(new TextDecoder().decode(await blobs.get(row.sourceHash))) as Source, originals = vault.open(row.sealedUids, placeOfSource(row.sourceHash));
  const missing = uidsOf(source).filter((uid) => !originals.has(uid)).length;
  if (missing > 0) throw new Impossible(`The originals of ${missing} of this case's UIDs are not known. Export with the replaced ones.`);
  const original = <T>(uid: T): T => (typeof uid === "string" ? (originals.get(uid) ?? uid) as T : uid);
  const { studyUid, seriesUid, frameOfReferenceUid, slices } = source;
  return new TextEncoder().encode(`${JSON.stringify({ ...source, studyUid: original(studyUid), seriesUid: original(seriesUid), frameOfReferenceUid: original(frameOfReferenceUid), slices: slices.map((slice) => ({ ...slice, sopUid: original(slice.sopUid) })) }, null, 1)}\n`);
}

import { and, desc, eq, lte, or } from "drizzle-orm";
import * as Y from "yjs";
import { followMasks } from "../../core/draft/masksDoc.ts";
import type { MaskBase } from "../../core/draft/rebase.ts";
import { decodeLabelmap } from "../../core/mask/labelmap.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import type { Grid } from "../../core/space/grid.ts";
import { draftBase, draftLog } from "../../drizzle/schema.ts";
import { BlobMissing, type Blobs } from "../platform/blobs.ts";
import type { Db } from "../platform/db.ts";
import { DraftLogDamaged, type LogEnd, readLog } from "./draftLog.ts";

/** What lies below a case's strokes from log entry `seq` on. */
export type DraftBase = typeof draftBase.$inferSelect;

/** The newest base of a case, or the one that counts for the log up to entry `to`. */
export async function readBase(db: Db, caseId: string, to?: number): Promise<DraftBase | null> {
  const [base] = await db.select().from(draftBase).where(and(eq(draftBase.caseId, caseId), to === undefined ? undefined : lte(draftBase.seq, to))).orderBy(desc(draftBase.seq)).limit(1);
  return base ?? null;
}

/** Whether a blob is the labelmap of one of a case's bases. */
export async function isBaseBlob(db: Db, caseId: string, hash: string): Promise<boolean> {
  const [base] = await db.select({ seq: draftBase.seq }).from(draftBase).where(and(eq(draftBase.caseId, caseId), or(eq(draftBase.anatomyHash, hash), eq(draftBase.proposalHash, hash)))).limit(1);
  return base !== undefined;
}

/** Both layers of a base. @throws BlobMissing, LabelmapError */
export async function layersOf(blobs: Blobs, base: Pick<DraftBase, "anatomyHash" | "proposalHash"> | null): Promise<MaskBase> {
  if (!base) return {};
  return { anatomy: decodeLabelmap(await blobs.get(base.anatomyHash)), proposal: decodeLabelmap(await blobs.get(base.proposalHash)) };
}

/**
 * The masks of a case as updates: the document at its newest base and the log after it, or the whole log where there is
 * no base or its document is gone; that gives the same, only slower. @throws DraftLogDamaged
 */
export async function readMasks(db: Db, blobs: Blobs, caseId: string): Promise<{ updates: Uint8Array[]; end: LogEnd; base: DraftBase | null }> {
  const base = await readBase(db, caseId);
  if (!base) return { ...await readLog(db, caseId, "masks"), base };
  const [row] = await db.select({ checksum: draftLog.checksum }).from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"), eq(draftLog.seq, base.seq)));
  if (row?.checksum !== base.checksum) throw new DraftLogDamaged(`entry ${base.seq} of masks is not the one that its base was made with`);
  const document = await blobs.get(base.documentHash).catch((error: unknown) => {
    if (error instanceof BlobMissing) return null;
    throw error;
  });
  if (!document) return { ...await readLog(db, caseId, "masks"), base };
  const { updates, end } = await readLog(db, caseId, "masks", base);
  return { updates: [document, ...updates], end, base };
}

/** A case's masks folded: what a reader of the log has to do to see what a page sees. */
export class DraftReading {
  readonly doc = new Y.Doc();
  readonly fold: MaskFold;
  readonly base: DraftBase | null;
  seq: number;

  private constructor(grid: Grid, base: DraftBase | null, layers: MaskBase, document: Uint8Array | null) {
    this.fold = new MaskFold(grid, layers.anatomy, layers.proposal);
    this.base = base;
    this.seq = base?.seq ?? 0;
    if (document) Y.applyUpdate(this.doc, document);
    followMasks(this.doc, this.fold);
  }

  /** Begins at the base that counts up to log entry `to` (the newest when left out). */
  static async begin(db: Db, blobs: Blobs, caseId: string, grid: Grid, to?: number): Promise<DraftReading> {
    const base = await readBase(db, caseId, to);
    return new DraftReading(grid, base, await layersOf(blobs, base), base ? await blobs.get(base.documentHash) : null);
  }

  /** Takes the next entries of the log in. */
  async add(entries: readonly { seq: number; update: Uint8Array }[], blobs: Blobs): Promise<void> {
    for (const { seq, update } of entries) {
      Y.applyUpdate(this.doc, update);
      this.seq = seq;
    }
    for (const hash of this.fold.blobNeeded()) this.fold.addBlob(hash, await blobs.get(hash));
  }
}

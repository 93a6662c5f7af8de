import { and, eq, isNull } from "drizzle-orm";
import { draftLog, fileSurface, settled } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { listSegments } from "./segments.ts";

/** The labelmap that a case's draft was last folded to, and when its newest entry was drawn. */
export interface ExportedLabelmap { blobHash: string; at: string; segments: { value: number; name: string; color: string }[] }

/** Null before anything was folded. */
export async function labelmapToExport(db: Db, caseId: string): Promise<ExportedLabelmap | null> {
  const [row] = await db.select({ blobHash: settled.manifestHash, foldedAt: settled.at, drawnAt: draftLog.at }).from(settled)
    .leftJoin(draftLog, and(eq(draftLog.caseId, settled.caseId), eq(draftLog.document, "masks"), eq(draftLog.seq, settled.seq))).where(eq(settled.caseId, caseId));
  if (!row) return null;
  return { blobHash: row.blobHash, at: (row.drawnAt ?? row.foldedAt).toISOString(), segments: (await listSegments(db, caseId)).map(({ value, name, color }) => ({ value, name, color })) };
}

/** A surface out of a file, or a mended one, that a case holds, and when it was put there; null where there is none. */
export async function fileSurfaceToExport(db: Db, caseId: string, id: string): Promise<{ name: string; color: string; blobHash: string; at: string } | null> {
  const [row] = await db.select({ name: fileSurface.name, color: fileSurface.color, blobHash: fileSurface.blobHash, createdAt: fileSurface.createdAt }).from(fileSurface)
    .where(and(eq(fileSurface.id, id), eq(fileSurface.caseId, caseId), isNull(fileSurface.removedAt)));
  return row ? { name: row.name, color: row.color, blobHash: row.blobHash, at: row.createdAt.toISOString() } : null;
}

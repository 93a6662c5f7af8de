import { and, eq, isNull } from "drizzle-orm";
import { fileSurface } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

export type FileSurfaceKind = (typeof fileSurface.$inferSelect)["kind"];
export interface NewFileSurface { name: string; kind: FileSurfaceKind; color: string; format: string; unit: string; space: string; blobHash: string; facts: Record<string, unknown> }
const mostSurfaces = 50;

/** The surfaces that came out of files, oldest first. */
export async function listFileSurfaces(db: Db | Tx, caseId: string) {
  return db.select({ id: fileSurface.id, name: fileSurface.name, kind: fileSurface.kind, color: fileSurface.color, format: fileSurface.format, unit: fileSurface.unit, space: fileSurface.space, facts: fileSurface.facts, blobHash: fileSurface.blobHash })
    .from(fileSurface).where(and(eq(fileSurface.caseId, caseId), isNull(fileSurface.removedAt))).orderBy(fileSurface.createdAt);
}

/** Adds a surface, for the two ways to one. @throws Impossible when there are too many */
export async function insertFileSurface(tx: Tx, actorId: string, caseId: string, made: NewFileSurface): Promise<string> {
  if ((await listFileSurfaces(tx, caseId)).length >= mostSurfaces) throw new Impossible(`A case holds at most ${mostSurfaces} surfaces out of files. Remove one first.`);
  const [row] = await tx.insert(fileSurface).values({ ...made, caseId, createdBy: actorId }).returning({ id: fileSurface.id });
  return row.id;
}

/** Adds a surface with what the person said of its unit and space. @throws Impossible when there are too many */
export async function addFileSurface(db: Db, actorId: string, caseId: string, made: NewFileSurface): Promise<string> {
  return db.transaction(async (tx) => {
    const id = await insertFileSurface(tx, actorId, caseId, made);
    await appendAudit(tx, { actorId, caseId, action: "surface.imported", object: { id, kind: made.kind, format: made.format, unit: made.unit, space: made.space, blob: made.blobHash } });
    await announce(tx, { caseId, topic: "case" });
    return id;
  });
}

/** Takes a surface off the list; its mesh and what was said of it stay in the record. */
export async function removeFileSurface(db: Db, actorId: string, caseId: string, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const gone = await tx.update(fileSurface).set({ removedAt: new Date() }).where(and(eq(fileSurface.id, id), eq(fileSurface.caseId, caseId), isNull(fileSurface.removedAt))).returning({ id: fileSurface.id });
    if (gone.length === 0) throw new Impossible("There is no such surface.");
    await appendAudit(tx, { actorId, caseId, action: "surface.removed", object: { id } });
    await announce(tx, { caseId, topic: "case" });
  });
}

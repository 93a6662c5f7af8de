import { and, eq, gt, inArray, or, sql } from "drizzle-orm";
import { upload } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { Impossible } from "./members.ts";

export type UploadOptions = NonNullable<(typeof upload.$inferSelect)["options"]>;

/** Opens an upload for a person. */
export async function startUpload(db: Db, userId: string, options: UploadOptions): Promise<{ id: string }> {
  return db.transaction(async (tx) => {
    const [row] = await tx.insert(upload).values({ userId, options }).returning({ id: upload.id });
    await appendAudit(tx, { actorId: userId, caseId: null, action: "upload.started", object: { upload: row.id } });
    return row;
  });
}

/** A person's own upload, or null: somebody else's looks as if it were not there. */
export async function ownUpload(db: Db, userId: string, id: string) {
  const [row] = await db.select().from(upload).where(and(eq(upload.id, id), eq(upload.userId, userId)));
  return row ?? null;
}

/** Counts received bytes; false when the limit is reached or the upload no longer takes any. */
export async function countReceived(db: Db, id: string, bytes: number, limitBytes: number): Promise<boolean> {
  const rows = await db.update(upload).set({ receivedBytes: sql`${upload.receivedBytes} + ${bytes}` })
    .where(and(eq(upload.id, id), eq(upload.state, "receiving"), sql`${upload.receivedBytes} + ${bytes} <= ${limitBytes}`)).returning({ id: upload.id });
  return rows.length === 1;
}

/** Everything has arrived: queues the decoding in the same transaction. `options`, where given, take the place of those it was opened with. */
export async function finishUpload(db: Db, userId: string, id: string, options?: UploadOptions): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await tx.update(upload).set({ state: "queued", error: null, progress: null, ...options ? { options } : {} })
      .where(and(eq(upload.id, id), eq(upload.userId, userId), eq(upload.state, "receiving"), sql`${upload.receivedBytes} > 0`)).returning({ id: upload.id });
    if (rows.length === 0) throw new Impossible("The upload is empty, finished already, or not there.");
    await appendAudit(tx, { actorId: userId, caseId: null, action: "upload.finished", object: { upload: id } });
    await tx.execute(sql`select graphile_worker.add_job('import', ${JSON.stringify({ uploadId: id })}::json, job_key := ${`import:${id}`}, max_attempts := 2)`);
  });
}

/** Stops an upload at any point before its case is made; the files go by `removeFiles` of the caller or by the worker. */
export async function cancelUpload(db: Db, userId: string, id: string): Promise<"receiving" | "queued" | "decoding"> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(upload).where(and(eq(upload.id, id), eq(upload.userId, userId), inArray(upload.state, ["receiving", "queued", "decoding"]))).for("update");
    if (!row) throw new Impossible("The upload is over already.");
    await tx.update(upload).set({ state: "cancelled", sealedUids: null }).where(eq(upload.id, id));
    await appendAudit(tx, { actorId: userId, caseId: null, action: "upload.cancelled", object: { upload: id } });
    return row.state as "receiving" | "queued" | "decoding";
  });
}

/** Uploads whose files are still needed: being decoded or waiting for it, or begun within a day. */
export async function uploadsToKeep(db: Db): Promise<Set<string>> {
  const rows = await db.select({ id: upload.id }).from(upload).where(or(
    inArray(upload.state, ["queued", "decoding"]), and(eq(upload.state, "receiving"), gt(upload.createdAt, sql`now() - interval '1 day'`)),
  ));
  return new Set(rows.map((row) => row.id));
}

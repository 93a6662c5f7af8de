import { and, eq } from "drizzle-orm";
import * as Y from "yjs";
import { runVoxels } from "../../core/mask/brickRuns.ts";
import { decodeMark, MarkError } from "../../core/mask/mark.ts";
import { decodeStroke, type Layer, StrokeError, strokeKey } from "../../core/mask/stroke.ts";
import { draftLog, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";

/** One stroke as the log tells of it: who drew what, when. */
export interface PastStroke {
  clientId: number;
  counter: number;
  value: number;
  layer: Layer;
  /** Voxels written, 0 where they lie in a blob of `blobBytes`. */
  voxels: number;
  blobBytes: number;
  userId: string;
  name: string;
  at: Date;
  isHidden: boolean;
}

/** Byte strings that an update adds, strokes and marks alike. */
function addedBytes(update: Uint8Array): Uint8Array[] {
  return Y.decodeUpdate(update).structs.flatMap((struct) =>
    struct instanceof Y.Item && struct.content instanceof Y.ContentBinary ? [struct.content.content] : []);
}

function read<T>(bytes: Uint8Array, decode: (bytes: Uint8Array) => T, error: new (...args: never[]) => Error): T | null {
  try {
    return decode(bytes);
  } catch (problem) {
    if (problem instanceof error) return null;
    throw problem;
  }
}

/**
 * The newest strokes of a case's masks, newest first, from the log that nobody can change.
 * @param limit most strokes to tell
 */
export async function strokeHistory(db: Db, caseId: string, limit = 500): Promise<PastStroke[]> {
  const rows = await db.select({ update: draftLog.update, userId: draftLog.userId, at: draftLog.at, name: user.name }).from(draftLog)
    .innerJoin(user, eq(user.id, draftLog.userId)).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"))).orderBy(draftLog.seq);
  const strokes = new Map<string, PastStroke>();
  const marks = new Map<string, { n: number; hidden: boolean }>();
  for (const { update, userId, at, name } of rows) {
    for (const bytes of addedBytes(update)) {
      const entry = read(bytes, decodeStroke, StrokeError);
      if (!entry) {
        const mark = read(bytes, decodeMark, MarkError);
        const key = mark && strokeKey(mark.stroke), last = key && marks.get(key);
        if (mark && key && (!last || mark.n > last.n || (mark.n === last.n && mark.hidden))) marks.set(key, mark);
        continue;
      }
      const { id, value, layer, content } = entry, key = strokeKey(id);
      const known = strokes.get(key) ?? { ...id, value, layer, voxels: 0, blobBytes: 0, userId, name, at, isHidden: false };
      if (content.kind === "runs") known.voxels += runVoxels(content.bricks);
      else known.blobBytes += content.byteLength;
      strokes.set(key, known);
    }
  }
  return [...strokes].reverse().slice(0, limit).map(([key, stroke]) => ({ ...stroke, isHidden: marks.get(key)?.hidden ?? false }));
}

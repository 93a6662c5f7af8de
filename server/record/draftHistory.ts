import { and, asc, eq } from "drizzle-orm";
import * as Y from "yjs";
import { insertedBy } from "../../core/draft/insertedBy.ts";
import { decodeMark } from "../../core/mask/mark.ts";
import { decodeStroke, type Layer, type StrokeId, strokeKey } from "../../core/mask/stroke.ts";
import { draftLog, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { serverAuthor } from "./draftLog.ts";

/** One stroke of a case, as it stands in the log. */
export interface DrawnStroke {
  id: StrokeId;
  lamport: number;
  layer: Layer;
  /** Label value written, 0 = erase. */
  value: number;
  userId: string;
  name: string;
  /** When its first and its latest entry were committed, by the server's clock. */
  firstAt: Date;
  lastAt: Date;
  /** Voxels that its entries write, each increment counted; a blob stroke's are not counted here. */
  voxels: number;
  blobs: string[];
  hidden: boolean;
  hiddenAt: Date | null;
  /** Whether it has gone into the base: its author cannot take it out any more. */
  folded: boolean;
}

/** Entries that an update adds to each root, each author's in the order of writing. */
function addedBy(doc: Y.Doc, update: Uint8Array): { strokes: Uint8Array[]; marks: Uint8Array[] } {
  const added = { strokes: [] as Uint8Array[], marks: [] as Uint8Array[] };
  const watch = (root: "strokes" | "marks") => (event: Y.YArrayEvent<Uint8Array>) => {
    for (const entry of insertedBy(event)) added[root].push(entry);
  };
  const [strokes, marks] = [watch("strokes"), watch("marks")];
  doc.getArray<Uint8Array>("strokes").observe(strokes);
  doc.getArray<Uint8Array>("marks").observe(marks);
  Y.applyUpdate(doc, update);
  doc.getArray<Uint8Array>("strokes").unobserve(strokes);
  doc.getArray<Uint8Array>("marks").unobserve(marks);
  return added;
}

/**
 * Who drew what, and when: every stroke of a case in fold order. Author and time are the log's, never the update's
 * own (RM2). Reads the whole log.
 */
export async function listStrokes(db: Db, caseId: string): Promise<DrawnStroke[]> {
  const rows = await db.select({ update: draftLog.update, userId: draftLog.userId, sessionId: draftLog.sessionId, at: draftLog.at, name: user.name }).from(draftLog)
    .leftJoin(user, eq(user.id, draftLog.userId)).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"))).orderBy(asc(draftLog.seq));
  const doc = new Y.Doc();
  const strokes = new Map<string, DrawnStroke>(), marks = new Map<string, { n: number; hidden: boolean; at: Date }>();
  for (const { update, userId, sessionId, at, name } of rows) {
    const added = addedBy(doc, update);
    // What the server has trimmed and written anew is nobody's work.
    if (sessionId === serverAuthor.sessionId && userId === serverAuthor.userId) continue;
    for (const bytes of added.strokes) {
      const { id, lamport, layer, value, content } = decodeStroke(bytes);
      const key = strokeKey(id);
      let stroke = strokes.get(key);
      if (!stroke) strokes.set(key, (stroke = { id, lamport, layer, value, userId, name: name ?? userId, firstAt: at, lastAt: at, voxels: 0, blobs: [], hidden: false, hiddenAt: null, folded: false }));
      stroke.lastAt = at;
      if (content.kind === "blob") stroke.blobs.push(content.hash);
      else for (const { runs } of content.bricks) for (let i = 1; i < runs.length; i += 2) stroke.voxels += runs[i];
    }
    for (const bytes of added.marks) {
      const { stroke, n, hidden } = decodeMark(bytes);
      const key = strokeKey(stroke), known = marks.get(key);
      if (!known || n > known.n || (n === known.n && hidden)) marks.set(key, { n, hidden, at });
    }
  }
  const live = new Set(doc.getArray<Uint8Array>("strokes").toArray().map((bytes) => strokeKey(decodeStroke(bytes).id)));
  for (const [key, stroke] of strokes) stroke.folded = !live.has(key);
  doc.destroy();
  for (const [key, { hidden, at }] of marks) {
    const stroke = strokes.get(key);
    if (stroke) Object.assign(stroke, { hidden, hiddenAt: hidden ? at : null });
  }
  return [...strokes.values()].sort((a, b) => a.lamport - b.lamport || a.id.clientId - b.id.clientId || a.id.counter - b.id.counter);
}

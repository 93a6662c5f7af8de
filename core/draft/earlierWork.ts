import * as Y from "yjs";
import { decodeMark } from "../mask/mark.ts";
import { decodeStroke, type Layer, type StrokeContent, type StrokeEntry, type StrokeId, strokeKey } from "../mask/stroke.ts";
import { marksRoot, strokesRoot, type MaskAuthor } from "./masksDoc.ts";
import { type PlanValue, planParametersOf, readPlanKey } from "./planDoc.ts";

/**
 * A10: a page may hold a document that is not the server's any more, because the server was restored from a backup or
 * the document was made anew. What follows is without I/O: whether that is so, what of one's own work the present
 * document lacks, and how it is put into the present one.
 */

/**
 * Whether a server's state vector lacks what it is known to have had: everything of others (nobody sees what is not in
 * the log, RM1) and, of one's own, what was acknowledged.
 * @param savedClock clock of one's own client id up to which the server has said «saved»
 */
export function lacksWhatItHad(doc: Y.Doc, serverState: Uint8Array, savedClock: number): boolean {
  const server = Y.decodeStateVector(serverState);
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    if ((server.get(client) ?? 0) < (client === doc.clientID ? savedClock : clock)) return true;
  }
  return false;
}

/** A stroke of one's own, as an earlier document holds it, increment by increment. */
export interface EarlierStroke {
  id: StrokeId;
  lamport: number;
  layer: Layer;
  value: number;
  entries: { bytes: Uint8Array; content: StrokeContent; isSaved: boolean }[];
}

/** What a person did in an earlier document. */
export interface EarlierWork {
  /** Shown strokes, in their order. */
  strokes: EarlierStroke[];
  /** Own marks that were never acknowledged, the last of each stroke. */
  marks: { stroke: StrokeId; hidden: boolean }[];
}

function ownEntries(doc: Y.Doc, root: string, isOwn: (clientId: number) => boolean): { bytes: Uint8Array; client: number; clock: number }[] {
  const found: { bytes: Uint8Array; client: number; clock: number }[] = [];
  for (let item = doc.getArray<Uint8Array>(root)._start; item !== null; item = item.right) {
    if (item.deleted || !isOwn(item.id.client)) continue;
    for (const [i, value] of (item.content.getContent() as unknown[]).entries()) if (value instanceof Uint8Array) found.push({ bytes: value, client: item.id.client, clock: item.id.clock + i });
  }
  return found;
}

/** All shown strokes of a person in a document, with what of them was acknowledged. @param ownIds the person's client ids @param savedClock as in `lacksWhatItHad` */
export function earlierWork(doc: Y.Doc, ownIds: ReadonlySet<number>, savedClock: number): EarlierWork {
  const isOwn = (clientId: number) => ownIds.has(clientId), isSaved = ({ client, clock }: { client: number; clock: number }) => client !== doc.clientID || clock < savedClock;
  const counting = new Map<string, { hidden: boolean; n: number }>(), unsaved = new Map<string, { stroke: StrokeId; hidden: boolean; n: number }>();
  for (const entry of ownEntries(doc, marksRoot, isOwn)) {
    const { stroke, hidden, n } = decodeMark(entry.bytes), key = strokeKey(stroke);
    if (n >= (counting.get(key)?.n ?? 0)) counting.set(key, { hidden, n });
    if (!isSaved(entry) && n >= (unsaved.get(key)?.n ?? 0)) unsaved.set(key, { stroke, hidden, n });
  }
  const strokes = new Map<string, EarlierStroke>();
  for (const entry of ownEntries(doc, strokesRoot, isOwn)) {
    const { id, lamport, layer, value, content }: StrokeEntry = decodeStroke(entry.bytes), key = strokeKey(id);
    if (counting.get(key)?.hidden) continue;
    const stroke = strokes.get(key) ?? { id, lamport, layer, value, entries: [] };
    stroke.entries.push({ bytes: entry.bytes, content, isSaved: isSaved(entry) });
    strokes.set(key, stroke);
  }
  const inOrder = [...strokes.values()].sort((a, b) => a.lamport - b.lamport || a.id.clientId - b.id.clientId || a.id.counter - b.id.counter);
  return { strokes: inOrder, marks: [...unsaved.values()].map(({ stroke, hidden }) => ({ stroke, hidden })) };
}

const textOf = (bytes: Uint8Array): string => bytes.join();

/**
 * What of one's earlier work the present document lacks. An acknowledged stroke at or under the present base's horizon
 * lies in that base; one that was never acknowledged cannot.
 * @param horizon lamport of the present base; 0: none
 */
export function missingWork(work: EarlierWork, present: Y.Doc, horizon: number): EarlierWork {
  const there = new Set(present.getArray<Uint8Array>(strokesRoot).toArray().map(textOf));
  const strokes = work.strokes.map((stroke) => ({
    ...stroke,
    entries: stroke.entries.filter(({ bytes, content, isSaved }) => !(isSaved && stroke.lamport <= horizon) && !(content.kind === "runs" && content.bricks.length === 0) && !there.has(textOf(bytes))),
  })).filter(({ entries }) => entries.length > 0);
  return { strokes, marks: work.marks };
}

/** How many acts of a person are in a work. */
export const countOfWork = ({ strokes, marks }: EarlierWork): number => strokes.length + marks.length;

/** Entries that become one act: an act is one update, which a room takes up to some megabytes. */
const entriesOfAct = 100;

/** Puts earlier work into the present document, on top of what is there: what was written becomes new strokes, in its order, a hundred an act of undo. */
export function putAgain(author: MaskAuthor, { strokes, marks }: EarlierWork): StrokeId[] {
  const parts = strokes.flatMap(({ layer, value, entries }) => entries.map(({ content }) => ({ layer, value, content }))), ids: StrokeId[] = [];
  for (let from = 0; from < parts.length; from += entriesOfAct) ids.push(...author.drawTogether(parts.slice(from, from + entriesOfAct)));
  for (const { stroke, hidden } of marks) author.setHidden(stroke, hidden);
  return ids;
}

/** Parameters of a plan that this document's own client wrote last and that stand otherwise in the present one. */
export function missingParameters(doc: Y.Doc, present: Y.Doc): { implantId: string; parameter: string; value: PlanValue }[] {
  const now = planParametersOf(present), found: { implantId: string; parameter: string; value: PlanValue }[] = [];
  for (const [key, item] of planParametersOf(doc)._map) {
    const name = readPlanKey(key);
    if (item.deleted || item.id.client !== doc.clientID || !name) continue;
    const value = item.content.getContent().at(-1) as PlanValue;
    if (JSON.stringify(now.get(key) ?? null) !== JSON.stringify(value)) found.push({ ...name, value });
  }
  return found;
}

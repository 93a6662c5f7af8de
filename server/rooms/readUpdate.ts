import * as Y from "yjs";
import { MessageRefused, UpdateAhead } from "./refused.ts";

/** What an update adds beyond a document, structurally proven. */
export interface ReadUpdate {
  /** Client ids under which something is added. */
  clientIds: Set<number>;
  /** Next clock of each of those clients once the update is in. */
  nextClock: Map<number, number>;
  strokes: Uint8Array[];
  marks: Uint8Array[];
}

type RootName = "strokes" | "marks";
/** Longest single struct (B4), in clock ticks. */
const maxStructLength = 1_000_000;
const key = (client: number, clock: number) => `${client}:${clock}`;
const refuse = (message: string): never => {
  throw new MessageRefused("bad-update", message);
};

function decode(update: Uint8Array): ReturnType<typeof Y.decodeUpdate> {
  try {
    return Y.decodeUpdate(update);
  } catch (error) {
    throw new MessageRefused("bad-update", `The update cannot be read: ${error instanceof Error ? error.message : "unknown"}`);
  }
}

/** RM4: what is deleted must be deleted here already; a sync answer repeats the whole delete set. */
function proveDeletes(doc: Y.Doc, deletes: ReturnType<typeof Y.decodeUpdate>["ds"]): void {
  if (deletes.clients.size === 0) return;
  const own = Y.createDeleteSetFromStructStore(doc.store);
  for (const [client, ranges] of deletes.clients) {
    for (const { clock, len } of ranges) {
      const isKnown = own.clients.get(client)?.some((range) => range.clock <= clock && clock + len <= range.clock + range.len);
      if (!isKnown) throw new MessageRefused("delete", "Nothing is deleted in masks; hide a stroke with a mark instead.");
    }
  }
}

/** The binary values of an item; refuses every other content, keyed items, and items put anywhere but at the end. */
function valuesOf(item: Y.Item): Uint8Array[] {
  if (item.parentSub !== null || item.rightOrigin !== null) refuse("Only appending is allowed.");
  const { content } = item;
  if (!(content instanceof Y.ContentBinary || content instanceof Y.ContentAny)) refuse("Only binary entries are allowed.");
  const values: unknown[] = content.getContent();
  return values.map((value) => (value instanceof Uint8Array ? value : refuse("Only binary entries are allowed.")));
}

/**
 * Decodes an update against a document and refuses whatever is not an append of binary entries to `strokes` or
 * `marks` with unbroken clocks. Parts that the document has already are skipped. Changes nothing.
 * Throws MessageRefused; UpdateAhead when the update continues something that is not here.
 */
export function readUpdate(doc: Y.Doc, update: Uint8Array): ReadUpdate {
  const { structs, ds } = decode(update);
  proveDeletes(doc, ds);
  const nextClock = new Map<number, number>();
  const added: Y.Item[] = [];
  const byClock = new Map<string, Y.Item>();
  const seen = new Set<number>();
  let last: number | undefined;
  for (const struct of structs) {
    const { client, clock } = struct.id;
    // Yjs itself keeps only the last of several blocks of one client.
    if (client !== last && seen.has(client)) refuse("A client comes twice.");
    seen.add(client);
    last = client;
    const next = nextClock.get(client) ?? Y.getState(doc.store, client);
    if (!(struct.length >= 1 && struct.length <= maxStructLength)) refuse("A struct has an impossible length.");
    if (clock + struct.length <= next) continue;
    if (clock > next || struct instanceof Y.Skip) throw new UpdateAhead("the update continues unknown work");
    if (clock < next || !(struct instanceof Y.Item)) {
      refuse("Only new items are allowed.");
      continue;
    }
    nextClock.set(client, clock + struct.length);
    added.push(struct);
    for (let i = 0; i < struct.length; i++) byClock.set(key(client, clock + i), struct);
  }
  const result: ReadUpdate = { clientIds: new Set(nextClock.keys()), nextClock, strokes: [], marks: [] };
  const roots = new Map<Y.Item, RootName>();
  for (const item of added) result[rootOf(doc, item, byClock, roots)].push(...valuesOf(item));
  return result;
}

/** Which root an item goes to: named by the first item of a list, and by its left neighbour after that. */
function rootOf(doc: Y.Doc, item: Y.Item, byClock: Map<string, Y.Item>, roots: Map<Y.Item, RootName>): RootName {
  const path: Y.Item[] = [];
  let root: RootName | undefined;
  for (let at: Y.Item = item; root === undefined; ) {
    root = roots.get(at);
    if (root !== undefined) break;
    path.push(at);
    if (path.length > byClock.size) refuse("Items refer to each other in a circle.");
    const { origin } = at;
    // Before it is integrated an item names its root by a string, which Yjs' types do not say.
    const parent: unknown = at.parent;
    if (origin === null) {
      if (parent !== "strokes" && parent !== "marks") return refuse("Only the roots strokes and marks are allowed.");
      root = parent;
    } else {
      const inUpdate = byClock.get(key(origin.client, origin.clock));
      if (inUpdate) at = inUpdate;
      else root = rootInDoc(doc, origin);
    }
  }
  for (const passed of path) roots.set(passed, root);
  return root;
}

function rootInDoc(doc: Y.Doc, id: Y.ID): RootName {
  if (id.clock >= Y.getState(doc.store, id.client)) throw new UpdateAhead("the update refers to unknown work");
  const item = Y.getItem(doc.store, id);
  if (item instanceof Y.Item) {
    if (item.parent === doc.getArray("strokes")) return "strokes";
    if (item.parent === doc.getArray("marks")) return "marks";
  }
  return refuse("An item refers to something that is not an entry.");
}

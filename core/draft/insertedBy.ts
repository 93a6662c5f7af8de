import * as Y from "yjs";

/**
 * What a transaction put into a shared list and left there, by client id and then in the order of writing. Yjs' own `event.changes`
 * says where it was put as well, for which it walks the whole list: with 5,000 strokes that is most of what an arriving stroke costs.
 */
export function insertedBy<T>({ target, transaction: { beforeState, afterState, doc } }: Y.YArrayEvent<T>): T[] {
  const found: T[] = [];
  for (const [client, end] of afterState) {
    const begin = beforeState.get(client) ?? 0, structs = doc.store.clients.get(client);
    if (begin === end || !structs) continue;
    for (let at = Y.findIndexSS(structs, begin); at < structs.length; at++) {
      const struct = structs[at];
      if (!(struct instanceof Y.Item) || struct.deleted || struct.parent !== target) continue;
      const content = struct.content.getContent() as T[];
      for (let i = Math.max(0, begin - struct.id.clock); i < content.length; i++) found.push(content[i]);
    }
  }
  return found;
}

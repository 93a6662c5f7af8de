import { expect, it } from "vitest";
import * as Y from "yjs";
import { insertedBy } from "../../../core/draft/insertedBy.ts";
import { seeded } from "../../support/seeded.ts";

/** What Yjs itself says was put in and is there. */
const byDelta = (event: Y.YArrayEvent<number>): number[] => event.changes.delta.flatMap(({ insert }) => (Array.isArray(insert) ? insert as number[] : []));
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

it("what a transaction put into a list is what Yjs' own event says, however updates arrive, merge and overlap", () => {
  let seen = 0, deletions = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const next = seeded(seed), below = (n: number) => Math.floor(next() * n);
    const docs = Array.from({ length: 4 }, (_, i) => { const doc = new Y.Doc(); doc.clientID = 10 + i; return doc; });
    const updates: Uint8Array[] = [];
    let number = 0;
    for (const doc of docs) {
      doc.on("update", (update: Uint8Array) => updates.push(update));
      for (const root of ["strokes", "marks"]) doc.getArray<number>(root).observe((event) => {
        const ours = insertedBy(event);
        expect(ascending(ours), `seed ${seed}`).toEqual(ascending(byDelta(event)));
        // Each author's own numbers rise, as they were written.
        for (const author of docs.keys()) { const own = ours.filter((n) => n % docs.length === author); expect(own, `seed ${seed}`).toEqual(ascending(own)); }
        seen += ours.length;
      });
    }
    for (let step = 0; step < 60; step++) {
      const author = below(docs.length), doc = docs[author], list = doc.getArray<number>(next() < 0.7 ? "strokes" : "marks"), kind = next();
      const numbers = (count: number) => Array.from({ length: count }, () => docs.length * number++ + author);
      if (kind < 0.4) list.push(numbers(1 + below(3)));
      else if (kind < 0.55) doc.transact(() => { list.push(numbers(2)); if (list.length > 2) { list.delete(below(list.length), 1); deletions++; } list.push(numbers(1)); });
      else if (kind < 0.65 && list.length > 0) { list.delete(below(list.length), 1); deletions++; }
      else if (kind < 0.8 && updates.length > 0) Y.applyUpdate(docs[below(docs.length)], updates[below(updates.length)]);
      else if (kind < 0.9 && updates.length > 2) Y.applyUpdate(docs[below(docs.length)], Y.mergeUpdates(updates.slice(below(updates.length))));
      else Y.applyUpdate(docs[below(docs.length)], Y.encodeStateAsUpdate(doc, next() < 0.5 ? undefined : Y.encodeStateVector(docs[below(docs.length)])));
    }
    for (const doc of docs) Y.applyUpdate(doc, Y.encodeStateAsUpdate(docs[below(docs.length)]));
  }
  expect(Math.min(seen, deletions)).toBeGreaterThan(1000);
});

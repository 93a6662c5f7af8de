import { expect, it } from "vitest";
import * as Y from "yjs";
import { readUpdate } from "../../../server/rooms/readUpdate.ts";
import { MessageRefused, UpdateAhead } from "../../../server/rooms/refused.ts";
import { stroke, strokesOf } from "./roomBench.ts";

/** Mulberry32: one seed, one run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const emptyDoc = () => {
  const doc = new Y.Doc();
  doc.getArray("strokes");
  doc.getArray("marks");
  return doc;
};

it("B2: of 20,000 mutated updates each is refused, or applies whole and leaves a readable document", () => {
  const seed = 20261123;
  const next = random(seed);
  const base = emptyDoc();
  base.clientID = 10;
  strokesOf(base).push([stroke(10, 1, 1), stroke(10, 2, 2)]);
  const state = Y.encodeStateAsUpdate(base);
  const author = new Y.Doc();
  Y.applyUpdate(author, state);
  author.clientID = 11;
  const before = Y.encodeStateVector(author);
  for (let i = 1; i <= 4; i++) strokesOf(author).push([stroke(11, i, i + 2)]);
  const good = Y.encodeStateAsUpdate(author, before);
  let taken = 0;
  for (let run = 0; run < 20_000; run++) {
    let bytes = good.slice();
    for (let i = 0; i <= next() * 3; i++) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
    if (next() < 0.2) bytes = bytes.slice(0, Math.floor(next() * bytes.length));
    try {
      const { nextClock } = readUpdate(base, bytes);
      const twin = emptyDoc();
      Y.applyUpdate(twin, state);
      Y.applyUpdate(twin, bytes);
      for (const [client, clock] of nextClock) expect(Y.getState(twin.store, client), `seed ${seed} run ${run}`).toBe(clock);
      expect(twin.store.pendingStructs).toBeNull();
      const fresh = emptyDoc();
      Y.applyUpdate(fresh, Y.encodeStateAsUpdate(twin));
      expect(fresh.getArray("strokes").length).toBe(twin.getArray("strokes").length);
      taken++;
    } catch (error) {
      if (!(error instanceof MessageRefused || error instanceof UpdateAhead)) throw error;
    }
  }
  expect(Y.encodeStateAsUpdate(base)).toEqual(state);
  expect(taken).toBeGreaterThan(0);
});

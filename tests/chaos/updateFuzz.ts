import * as Y from "yjs";
import { RoomTwin } from "../../server/rooms/roomTwin.ts";
import { seededRandom } from "../support/denseOracle.ts";
import { hostileUpdate, strokeBytes, updateOf } from "./hostile.ts";

/** What became of hostile updates; `partial` and `unreadable` must be 0. */
export interface FuzzCount { updates: number; accepted: number; refused: number; threw: number; partial: number; unreadable: number; slowestMs: number }

const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const own = 4001, victim = 4002;

/** B2: mutated updates through the twin; after each one that is not accepted it must be as before, and every 20th time readable afresh. */
export function fuzzUpdates(count: number, seed: number): FuzzCount {
  const random = seededRandom(seed);
  const found: FuzzCount = { updates: 0, accepted: 0, refused: 0, threw: 0, partial: 0, unreadable: 0, slowestMs: 0 };
  let twin = new RoomTwin([]), doc = new Y.Doc();
  const begin = () => {
    twin.destroy();
    doc.destroy();
    doc = new Y.Doc();
    for (const clientId of [own, victim]) {
      for (let counter = 1; counter <= 10; counter++) Y.applyUpdate(doc, updateOf(doc, clientId, (d) => d.getArray("strokes").push([strokeBytes(clientId, counter, d.getArray("strokes").length + 1)])));
    }
    twin = new RoomTwin([Y.encodeStateAsUpdate(doc)]);
  };
  for (let i = 0; i < count; i++) {
    if (i % 400 === 0) begin();
    const update = hostileUpdate(doc, own, victim, random);
    const before = twin.state();
    const at = performance.now();
    try {
      const verdict = twin.check({ update, isAnswer: random.chance(0.5), own: [own], greatestValue: 3, isProven: random.chance(0.7) });
      if (verdict.kind === "accepted") {
        found.accepted++;
        Y.applyUpdate(doc, verdict.delta);
        if (!same(Y.encodeStateVector(doc), Y.encodeStateVectorFromUpdate(twin.state()))) found.partial++;
      } else {
        if (verdict.kind === "refused") found.refused++;
        if (!same(before, twin.state())) found.partial++;
      }
    } catch {
      found.threw++;
      if (!same(before, twin.state())) found.partial++;
    }
    found.slowestMs = Math.max(found.slowestMs, performance.now() - at);
    found.updates++;
    if (i % 20 === 0) {
      try {
        const fresh = new RoomTwin([twin.state()]);
        if (!same(fresh.state(), twin.state())) found.unreadable++;
        fresh.destroy();
      } catch {
        found.unreadable++;
      }
    }
  }
  return found;
}

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { RefusalLog } from "../../../server/rooms/refusalLog.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
import { type CheckRequest, RoomTwin } from "../../../server/rooms/roomTwin.ts";
import { Validator } from "../../../server/rooms/validator.ts";
import { countOf, extent, patience, runSeed } from "../../chaos/extent.ts";
import { figure } from "../../chaos/figures.ts";
import { strokeBytes, updateOf } from "../../chaos/hostile.ts";
import { fuzzUpdates } from "../../chaos/updateFuzz.ts";

let validator: Validator | undefined;
afterEach(() => validator?.end());

const logged: string[] = [];
const quiet = (_level: string, event: string) => { logged.push(event); };
const request = (update: Uint8Array, own: number[]): CheckRequest => ({ update, isAnswer: false, own, greatestValue: 3, isProven: true });

/** Items that all say that they stand first: Yjs compares each of an update with all of lower client ids that are in the room. */
function slowUpdate(clients = 4000): { room: Uint8Array; update: Uint8Array; own: number[] } {
  const from = (first: number) => {
    const ids = Array.from({ length: clients }, (_, i) => first + i);
    return { ids, update: Y.mergeUpdates(ids.map((clientId) => updateOf(null, clientId, (doc) => doc.getArray("strokes").push([strokeBytes(clientId, 1, 1)])))) };
  };
  const { ids: own, update } = from(100_000);
  return { room: from(1000).update, update, own };
}

describe("the validator", () => {
  it("B2: of many mutated updates none is taken in part and none leaves a document that cannot be read", { timeout: patience }, () => {
    const count = countOf(20_000, 100_000, 1_000_000), found = fuzzUpdates(count, extent === "short" ? 20260101 : runSeed);
    expect(found, `seed ${runSeed}`).toMatchObject({ updates: count, threw: 0, partial: 0, unreadable: 0 });
    figure("B2", "mutated updates through the validator's twin", count, { accepted: found.accepted, refused: found.refused, partial: found.partial, unreadable: found.unreadable, "slowest ms": found.slowestMs });
    expect(found.accepted).toBeGreaterThan(200);
    expect(found.refused).toBeGreaterThan(5000);
  });

  it("RM5 B3: an update that takes too long is refused, its thread is ended, and what waited behind it is answered", async () => {
    validator = new Validator(quiet, 60);
    const { room, update, own } = slowUpdate();
    await validator.open("slow", () => ({ committed: room.slice(), uncommitted: [], horizon: 0 }));
    await validator.open("other", () => ({ committed: Y.encodeStateAsUpdate(new Y.Doc()), uncommitted: [], horizon: 0 }));
    const slow = validator.check("slow", request(update, own));
    const behind = validator.check("other", request(updateOf(null, 7, (doc) => doc.getArray("strokes").push([strokeBytes(7, 1, 1)])), [7]));
    expect(await slow).toMatchObject({ kind: "refused", code: "too-slow", close: 4400 });
    expect(await behind).toMatchObject({ kind: "accepted" });
    expect(validator.restarts).toBe(1);
    expect(logged).toContain("room.validatorRestarted");
  });

  it("B3: a twin that is made anew has what the room has, committed or not", async () => {
    validator = new Validator(quiet, 60);
    const { room, update, own } = slowUpdate(), first = updateOf(null, 7, (doc) => doc.getArray("strokes").push([strokeBytes(7, 1, 1)]));
    await validator.open("slow", () => ({ committed: room.slice(), uncommitted: [first], horizon: 0 }));
    expect(await validator.check("slow", request(update, own))).toMatchObject({ kind: "refused", code: "too-slow" });
    expect(await validator.check("slow", request(first, [7]))).toEqual({ kind: "nothing" });
  });

  it("what is asked in one turn is acted upon in its order, a rebase in between too", async () => {
    const asked = validator = new Validator(quiet), acts: string[] = [];
    await asked.open("room", () => ({ committed: Y.encodeStateAsUpdate(new Y.Doc()), uncommitted: [], horizon: 0 }));
    const stroke = (clientId: number) => request(updateOf(null, clientId, (doc) => doc.getArray("strokes").push([strokeBytes(clientId, 1, 1)])), [clientId]);
    // A room looks whether it is still open in between, so that its check takes a step more than its rebase.
    const check = async (clientId: number) => {
      const verdict = await (async () => await asked.check("room", stroke(clientId)))();
      acts.push(`${clientId} ${verdict.kind}`);
    };
    const rebase = async () => { acts.push((await asked.rebase("room", { update: Uint8Array.of(0, 0), state: Uint8Array.of(0), horizon: 5, folded: [] })).kind); };
    await Promise.all([check(7), check(8), rebase(), check(9)]);
    expect(acts).toEqual(["7 accepted", "8 accepted", "changed", "9 accepted"]);
  });

  it("a document goes over to the thread, and its twin lies in that memory", async () => {
    validator = new Validator(quiet);
    const doc = new Y.Doc(), runs = Uint16Array.from({ length: 8000 }, (_, i) => (i % 2 === 0 ? 4 * (i / 2) : 1 + (i % 4 === 1 ? 1 : 0)));
    for (let counter = 1; counter <= 300; counter++) {
      doc.getArray("strokes").push([encodeStroke({ id: { clientId: 7, counter }, lamport: counter, layer: "anatomy", value: 1, isFinal: true, content: { kind: "runs", bricks: [{ brick: counter, runs }] } })]);
    }
    const given = Y.encodeStateAsUpdate(doc), size = given.length, kept = given.slice();
    expect(size).toBeGreaterThan(1_000_000);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void, held = () => { collect(); return process.memoryUsage().arrayBuffers; }, before = held(), twin = new RoomTwin([kept]);
    // Buffers that nothing holds any more are given back beside the program, some time after they were collected.
    await vi.waitFor(() => { expect(held() - before).toBeLessThan(size / 4); }, { timeout: 10_000, interval: 50 });
    expect(twin.state()).toEqual(given);
    await validator.open("large", () => ({ committed: given, uncommitted: [], horizon: 0 }));
    expect(given.length).toBe(0);
    expect(await validator.check("large", request(kept, [7]))).toEqual({ kind: "nothing" });
  });

  it("a room that was closed is not judged", async () => {
    validator = new Validator(quiet);
    await validator.open("gone", () => ({ committed: Y.encodeStateAsUpdate(new Y.Doc()), uncommitted: [], horizon: 0 }));
    validator.close("gone");
    await expect(validator.check("gone", request(new Uint8Array([0, 0]), []))).rejects.toThrow(/not open/);
  });
});

it("B1: one line in ten seconds for each offender, and what was left unsaid after that", () => {
  const lines: unknown[] = [];
  const log = new RefusalLog((_level, event, fields) => { lines.push([event, fields?.userId, fields?.unsaid]); });
  for (let at = 0; at < 9000; at += 100) log.tell("case", "ben", "bad-message", at);
  log.tell("case", "ana", "bad-message", 9000);
  log.tell("case", "ben", "bad-message", 10_000);
  expect(lines).toEqual([["room.refused", "ben", undefined], ["room.refused", "ana", undefined], ["room.refused", "ben", 89]]);
});

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { eq } from "drizzle-orm";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { decodeStroke, encodeStroke } from "../../../core/mask/stroke.ts";
import { messageType } from "../../../core/protocol/room.ts";
import { isAllowed, roles } from "../../../core/review/permissions.ts";
import { caseTable, clientLease, draftLog, member } from "../../../drizzle/schema.ts";
import { readLog } from "../../../server/record/draftLog.ts";
import { countOf, patience, runSeed } from "../../chaos/extent.ts";
import { figure } from "../../chaos/figures.ts";
import { hostileFrame, readType, strokeBytes, updateOf, varints } from "../../chaos/hostile.ts";
import { seededRandom } from "../../support/denseOracle.ts";
import { openBench, strokesOf, until, type Bench } from "./roomBench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ ana: "surgeon", ben: "segmentationSpecialist", eve: "engineer", rita: "reviewer", vic: "viewer" });
});
afterAll(() => bench.close());
/** A server that has just started, with nothing in its rooms. */
async function emptyBench(): Promise<void> {
  bench.leaveAll();
  await bench.restart();
  await bench.db.delete(draftLog);
  await bench.db.delete(clientLease);
}
beforeEach(emptyBench);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const closeOf = (ws: WebSocket) => new Promise<number>((resolve) => { ws.on("close", (code) => resolve(code)); ws.on("error", () => undefined); });
const opened = (ws: WebSocket) => new Promise<void>((resolve) => ws.on("open", () => resolve()));
const logRows = () => bench.db.select().from(draftLog).where(eq(draftLog.caseId, bench.caseId));
const replay = async () => {
  const doc = new Y.Doc();
  for (const update of (await readLog(bench.db, bench.caseId, "masks")).updates) Y.applyUpdate(doc, update);
  return doc;
};
function sync(step: number, bytes: Uint8Array): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, messageType.sync);
  encoding.writeVarUint(out, step);
  encoding.writeVarUint8Array(out, bytes);
  return encoding.toUint8Array(out);
}
function presence(clientId: number, text: string): Uint8Array {
  const inner = encoding.createEncoder();
  for (const n of [1, clientId, 1]) encoding.writeVarUint(inner, n);
  encoding.writeVarString(inner, text);
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, messageType.awareness);
  encoding.writeVarUint8Array(out, encoding.toUint8Array(inner));
  return encoding.toUint8Array(out);
}
/** Resolves with the first message of a type. */
const heard = (ws: WebSocket, wanted: number) => new Promise<void>((resolve) => ws.on("message", (data: Buffer) => { if (readType(data).type === wanted) resolve(); }));

describe("hostile sockets, many of them", () => {
  /** Frames of one room: each of them is made of the whole document, which the honest one and the attackers' own strokes let grow. */
  const perRoom = 20_000;

  /** One person draws while twelve sockets at a time send wrong frames. */
  async function fuzzRoom(frames: number, random: ReturnType<typeof seededRandom>): Promise<{ sent: number; closed: number; drawn: number }> {
    const perSocket = 25, honest = await bench.join("ana");
    await until(() => honest.provider.synced, "honest synced");
    const secret = await bench.ticket("ben");
    let sent = 0, closed = 0, counter = 0, drawn = 0;
    const drawing = setInterval(() => {
      drawn++;
      const greatest = Math.max(0, ...strokesOf(honest.doc).toArray().map((bytes) => decodeStroke(bytes).lamport));
      strokesOf(honest.doc).push([strokeBytes(honest.doc.clientID, drawn, greatest + 1)]);
    }, 100);
    const linesBefore = bench.logged.filter((event) => event === "room.refused").length;
    const started = performance.now();
    const attacker = async () => {
      while (sent < frames) {
        const ws = new WebSocket(`${bench.url}/${bench.caseId}/masks`, ["caseroom", `ticket.${secret}`]);
        const end = closeOf(ws);
        await opened(ws);
        const own = 1_000_000 + counter++;
        for (let i = 0; i < perSocket && ws.readyState === ws.OPEN; i++) {
          sent++;
          const frame = hostileFrame(honest.doc, own, honest.doc.clientID, random);
          if (random.chance(0.05) && frame.length > 4) {
            ws.send(frame.subarray(0, frame.length >> 1), { fin: false });
            ws.send(frame.subarray(frame.length >> 1), { fin: true });
          } else ws.send(frame);
        }
        const isEnded = await Promise.race([end.then(() => true), wait(300).then(() => false)]);
        if (isEnded) closed++;
        ws.terminate();
      }
    };
    await Promise.all(Array.from({ length: 12 }, attacker));
    clearInterval(drawing);
    const own = new Set(strokesOf(honest.doc).toArray().map((bytes) => Buffer.from(bytes).toString("hex")));
    let stored = new Y.Doc();
    await until(async () => (stored = await replay(), strokesOf(stored).toArray().filter((bytes) => own.has(Buffer.from(bytes).toString("hex"))).length >= drawn), `seed ${runSeed}: ${drawn} honest strokes stored`);
    expect(honest.provider.wsconnected).toBe(true);
    expect(closed).toBeGreaterThan(frames / perSocket / 2);
    expect(stored.store.pendingStructs).toBeNull();
    const lines = bench.logged.filter((event) => event === "room.refused").length - linesBefore;
    expect(lines).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - started) / 10_000));
    return { sent, closed, drawn };
  }

  it("B1 B4: fuzzed frames end their socket and nothing else; the honest one's edits are all there", { timeout: patience }, async () => {
    const frames = countOf(20_000, 100_000, 1_000_000), random = seededRandom(runSeed), rejections: unknown[] = [], sum = { sent: 0, closed: 0, drawn: 0 };
    const onRejection = (reason: unknown) => { rejections.push(reason); };
    process.on("unhandledRejection", onRejection);
    while (sum.sent < frames) {
      if (sum.sent > 0) await emptyBench();
      const { sent, closed, drawn } = await fuzzRoom(Math.min(perRoom, frames - sum.sent), random);
      sum.sent += sent;
      sum.closed += closed;
      sum.drawn += drawn;
      if (sum.sent % 100_000 < perRoom) figure("B1", "hostile frames so far", sum.sent, { rejections: rejections.length, "sockets ended": sum.closed, "honest strokes, all stored": sum.drawn });
    }
    process.off("unhandledRejection", onRejection);
    expect(rejections, `seed ${runSeed}`).toEqual([]);
  });

  it("B1: the third frame that cannot be read is the last", async () => {
    for (const bad of [Uint8Array.of(), Uint8Array.of(99), Uint8Array.of(0, 7, 0), Uint8Array.of(1, 255, 255, 255)]) {
      const ws = await bench.bare("ben");
      const end = closeOf(ws);
      await opened(ws);
      ws.send(bad);
      ws.send(bad);
      await wait(30);
      expect(ws.readyState).toBe(ws.OPEN);
      ws.send(bad);
      expect(await end).toBe(4400);
    }
  });

  it("B4: a client's next edit is not to be taken from it by forging, and no edit of the victim is lost", { timeout: patience }, async () => {
    const victim = await bench.join("ana");
    await until(() => victim.provider.synced, "synced");
    const attempts = countOf(60, 1000, 10_000);
    for (let i = 1; i <= attempts; i++) {
      const forged = i % 3 === 0 ? varints(1, 1, victim.doc.clientID, Y.getState(victim.doc.store, victim.doc.clientID), Uint8Array.of(0), 1e6, 0)
        : updateOf(victim.doc, victim.doc.clientID, (doc) => doc.getArray("strokes").push([strokeBytes(victim.doc.clientID, 9000 + i, i)]));
      const ws = await bench.bare("ben");
      const end = closeOf(ws), isIn = heard(ws, messageType.saved);
      await opened(ws);
      // In the room before the victim draws: what comes after that edit is known already, and nothing.
      ws.send(varints(messageType.saveQuery, 1));
      await isIn;
      ws.send(sync(1 + (i % 2), forged));
      strokesOf(victim.doc).push([strokeBytes(victim.doc.clientID, i, i)]);
      // The first presenter keeps the id: in the first round that may be either, after it only the victim.
      if (i === 1) await until(async () => (await logRows()).length === 1, "the first is stored");
      expect([4400, 4403]).toContain(await end);
    }
    await until(async () => strokesOf(await replay()).length === attempts, "all of the victim's edits");
    figure("B4", "attempts to forge a victim's next edit", attempts, { "edits of the victim lost": 0 });
  });

  it("B5: the matrix of role, message and state, made of the permission table", { timeout: patience }, async () => {
    const people: Record<string, string> = { surgeon: "ana", segmentationSpecialist: "ben", engineer: "eve", reviewer: "rita", viewer: "vic" };
    let clientId = 50_000;
    for (const isArchived of [false, true]) {
      await bench.db.update(caseTable).set({ status: isArchived ? "archived" : "open" });
      await bench.restart();
      for (const role of roles) {
        for (const [step, name] of [[2, "update"], [1, "sync answer"]] as const) {
          const before = await replay(), rowsBefore = (await logRows()).length;
          const mine = ++clientId;
          const update = updateOf(before, mine, (doc) => doc.getArray("strokes").push([strokeBytes(mine, 1, strokesOf(doc).length + 1)]));
          const ws = await bench.bare(people[role]);
          const end = closeOf(ws);
          const saved = heard(ws, messageType.saved);
          const what = `${role}, ${name}, ${isArchived ? "archived" : "open"}`;
          await opened(ws);
          // Reading, asking and presence are everybody's.
          ws.send(sync(0, Y.encodeStateVector(new Y.Doc())));
          ws.send(varints(messageType.queryAwareness));
          ws.send(presence(mine, '{"tool":"brush"}'));
          ws.send(varints(messageType.saveQuery, 1));
          await saved;
          ws.send(sync(step, update));
          ws.send(varints(messageType.saveQuery, 2));
          if (isAllowed(role, "masks.write", isArchived)) {
            await until(async () => (await logRows()).length === rowsBefore + 1, what);
            ws.close();
          } else {
            expect(await end, what).toBe(4403);
            expect(Y.encodeStateAsUpdate(await replay()), what).toEqual(Y.encodeStateAsUpdate(before));
          }
        }
      }
    }
    await bench.db.update(caseTable).set({ status: "open" });
    const ws = await bench.bare("outsider");
    expect(await new Promise((resolve) => ws.on("unexpected-response", (_req, res) => resolve(res.statusCode)))).toBe(403);
  });

  it("C3: a right that ends while an edit is on its way is refused", async () => {
    const ws = await bench.bare("eve");
    const end = closeOf(ws);
    await opened(ws);
    ws.send(sync(2, updateOf(null, 777, (doc) => doc.getArray("strokes").push([strokeBytes(777, 1, 1)]))));
    await until(async () => (await logRows()).length === 1, "first edit");
    await bench.db.update(member).set({ role: "viewer" }).where(eq(member.userId, "eve"));
    await wait(1500);
    ws.send(sync(2, updateOf(null, 778, (doc) => doc.getArray("strokes").push([strokeBytes(778, 1, 1)]))));
    expect(await end).toBe(4403);
    expect(await logRows()).toHaveLength(1);
    await bench.db.update(member).set({ role: "engineer" }).where(eq(member.userId, "eve"));
  });

  it("B7 B8: messages above 8 MiB end with 1009, too many fragments end the socket", async () => {
    const large = await bench.bare("ben");
    const end = closeOf(large);
    await opened(large);
    large.send(new Uint8Array(9 * 1024 * 1024));
    expect(await end).toBe(1009);
    const pieces = await bench.bare("ben");
    const ended = closeOf(pieces);
    await opened(pieces);
    for (let i = 0; i < 200; i++) pieces.send(Uint8Array.of(1), { fin: false });
    expect([1002, 1008, 1009]).toContain(await ended);
  });

  it("B9: a flooder is closed within some seconds, with a code after which a stock client stays away", async () => {
    const flooder = await bench.bare("ben");
    const end = closeOf(flooder);
    await opened(flooder);
    const frame = varints(messageType.saveQuery, 1);
    const flood = setInterval(() => { for (let i = 0; i < 200 && flooder.readyState === flooder.OPEN; i++) flooder.send(frame); }, 10);
    expect(await end).toBe(4429);
    clearInterval(flood);
    const honest = await bench.join("ana");
    await until(() => honest.provider.synced, "an honest one comes in");
  });

  it("B7: 2,000 strokes drawn offline by a stock client arrive once", { timeout: patience }, async () => {
    const offline = new Y.Doc();
    for (let i = 1; i <= 2000; i++) strokesOf(offline).push([strokeBytes(offline.clientID, i, i)]);
    const a = await bench.join("ana", offline);
    const b = await bench.join("vic");
    await until(() => strokesOf(b.doc).length === 2000, "all at the peer", 30_000);
    expect(a.provider.wsconnected).toBe(true);
    expect(strokesOf(await replay()).length).toBe(2000);
  });

  it("B11: a reader that stops reading is closed and comes back to the whole state", { timeout: patience }, async () => {
    const stalled = await bench.bare("vic");
    const end = closeOf(stalled);
    await opened(stalled);
    stalled.send(sync(0, Y.encodeStateVector(new Y.Doc())));
    await wait(100);
    stalled.pause();
    const writer = await bench.join("ana");
    await until(() => writer.provider.synced, "synced");
    const runs = Uint16Array.from({ length: 14_000 }, (_, i) => (i % 2 === 0 ? i : 1));
    const large = (counter: number) => encodeStroke({ id: { clientId: writer.doc.clientID, counter }, lamport: counter, layer: "anatomy", value: 1, isFinal: true, content: { kind: "runs", bricks: [{ brick: 0, runs }] } });
    const started = performance.now();
    // What the kernel buffers is not ours; the pause ends as soon as the room has cut the line.
    while (bench.rooms().stats().sockets === 2 && performance.now() - started < 25_000) {
      const at = strokesOf(writer.doc).length;
      strokesOf(writer.doc).push(Array.from({ length: 20 }, (_, i) => large(at + i + 1)));
      await wait(40);
    }
    expect(bench.rooms().stats().sockets).toBe(1);
    stalled.resume();
    await end;
    const back = await bench.join("vic");
    await until(() => strokesOf(back.doc).length === strokesOf(writer.doc).length, "whole again");
  });

  it("B11: who asks for everything a hundred times at once is given it a few times, and a vector of a million clients ends the socket", async () => {
    const writer = await bench.join("ana"), nothing = sync(0, Uint8Array.of(0));
    await until(() => writer.provider.synced, "synced");
    strokesOf(writer.doc).push(Array.from({ length: 500 }, (_, i) => strokeBytes(writer.doc.clientID, i + 1, i + 1)));
    await until(async () => strokesOf(await replay()).length === 500, "all in the log");
    const asker = await bench.bare("vic"), end = closeOf(asker), got = new Y.Doc();
    let answers = 0, isAnswered = false;
    asker.on("message", (data: Buffer) => {
      const { type, from } = readType(data);
      if (type === messageType.saved) isAnswered = true;
      if (type !== messageType.sync || decoding.readVarUint(from) !== 1) return;
      answers++;
      Y.applyUpdate(got, decoding.readVarUint8Array(from));
    });
    await opened(asker);
    for (let i = 0; i < 100; i++) asker.send(nothing);
    await until(() => answers > 0, "an answer");
    asker.send(varints(messageType.saveQuery, 1));
    await until(() => isAnswered, "what is asked after them is answered");
    await wait(100);
    expect(strokesOf(got).length).toBe(500);
    expect(answers).toBeLessThan(25);
    asker.send(sync(0, varints(1_000_000, ...Array.from({ length: 1000 }, (_, i) => i))));
    expect(await end).toBe(4400);
  });

  it("B12: rooms opened and closed leave no room, socket or pending write", { timeout: patience }, async () => {
    const rounds = countOf(20, 200, 2000);
    for (let i = 0; i < rounds; i++) {
      const ws = await bench.bare(i % 2 ? "ana" : "vic");
      const first = heard(ws, messageType.sync);
      await opened(ws);
      await first;
      ws.close();
      if (i % 5 === 0) await bench.restart();
    }
    await bench.restart();
    expect(bench.rooms().stats()).toEqual({ rooms: 0, sockets: 0, pending: 0 });
    figure("B12", "rooms opened and closed", rounds, { rooms: 0, sockets: 0, "writes pending": 0 });
  });

  it("B3: the loop goes on while slow updates are judged", { timeout: patience }, async () => {
    const slow = Y.mergeUpdates(Array.from({ length: 4000 }, (_, i) => updateOf(null, i + 1, (doc) => doc.getArray("strokes").push([strokeBytes(i + 1, 1, 1)]))));
    const ws = await bench.bare("ben");
    const end = closeOf(ws);
    await opened(ws);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    ws.send(sync(1, slow));
    expect([4400, 4403]).toContain(await end);
    delay.disable();
    expect(await logRows()).toHaveLength(0);
  });
});

import { and, eq, sql } from "drizzle-orm";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import * as encoding from "lib0/encoding";
import * as decoding from "lib0/decoding";
import * as Y from "yjs";
import { decodeStroke } from "../../../core/mask/stroke.ts";
import { messageType } from "../../../core/protocol/room.ts";
import { clientLease, draftBase, draftLog, draftLogQuarantine } from "../../../drizzle/schema.ts";
import { verifyAudit } from "../../../server/record/audit.ts";
import { appendToLog, DraftLogDamaged, DraftLogMoved, logEnd, readLog, recoverLog, serverAuthor } from "../../../server/record/draftLog.ts";
import { leaseMs, takeRoom } from "../../../server/record/roomLease.ts";
import { Spill } from "../../../server/rooms/spill.ts";
import { countOf, patience, runSeed } from "../../chaos/extent.ts";
import { figure } from "../../chaos/figures.ts";
import { readType, strokeBytes, updateOf, varints } from "../../chaos/hostile.ts";
import { seededRandom } from "../../support/denseOracle.ts";
import { hexOf, openBench, strokesOf, until, type Bench } from "./roomBench.ts";

let bench: Bench;
beforeAll(async () => { bench = await openBench({ ana: "surgeon", ben: "engineer" }, true); });
afterAll(() => bench.close());
beforeEach(async () => {
  bench.line?.heal();
  bench.leaveAll();
  await bench.restart();
  await bench.db.delete(draftLog);
  await bench.db.delete(clientLease);
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const opened = (ws: WebSocket) => new Promise<void>((resolve) => ws.on("open", () => resolve()));
const ended = (ws: WebSocket) => new Promise<number>((resolve) => { ws.on("close", (code) => resolve(code)); ws.on("error", () => undefined); });
const logRows = () => bench.db.select().from(draftLog).where(eq(draftLog.caseId, bench.caseId)).orderBy(draftLog.seq);
const drawn = (clientId: number, counter: number, from: Y.Doc | null = null) => updateOf(from, clientId, (doc) => doc.getArray("strokes").push([strokeBytes(clientId, counter, counter)]));
function sync(update: Uint8Array): Uint8Array {
  const out = encoding.createEncoder();
  for (const n of [messageType.sync, 2]) encoding.writeVarUint(out, n);
  encoding.writeVarUint8Array(out, update);
  return encoding.toUint8Array(out);
}
const savedOn = (ws: WebSocket) => {
  const saved = new Set<number>();
  ws.on("message", (data: Buffer) => { const { type, from } = readType(data); if (type === messageType.saved) saved.add(decoding.readVarUint(from)); });
  return saved;
};
const append = async (count: number) => {
  let end = await logEnd(bench.db, bench.caseId, "masks");
  for (let i = 1; i <= count; i++) end = await appendToLog(bench.db, bench.caseId, "masks", end, [{ update: drawn(100 + i, 1), userId: "ana", sessionId: "s" }]);
};

describe("what was acknowledged stays, what was not is told", () => {
  it("A5: a server that is told to end while the database is away puts its edits aside, and the next one has them once", { timeout: patience }, async () => {
    const ws = await bench.bare("ana");
    const saved = savedOn(ws);
    await opened(ws);
    ws.send(sync(drawn(500, 1)));
    ws.send(varints(messageType.saveQuery, 1));
    await until(() => saved.has(1), "first saved");
    const doc = new Y.Doc();
    for (const row of await logRows()) Y.applyUpdate(doc, row.update);
    bench.line?.cut();
    ws.send(sync(drawn(500, 2, doc)));
    ws.send(varints(messageType.saveQuery, 2));
    await wait(100);
    const started = performance.now();
    const restarting = bench.restart();
    await restarting;
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(saved.has(2)).toBe(false);
    expect(await new Spill(bench.dir).read(bench.caseId)).toHaveLength(1);
    bench.line?.heal();
    // The author comes back and brings it too: it must count once.
    Y.applyUpdate(doc, drawn(500, 2, doc));
    const back = await bench.join("ana", doc);
    await until(() => back.provider.synced, "back");
    await until(async () => (await logRows()).length === 2, "both are in the log");
    await wait(100);
    expect(await logRows()).toHaveLength(2);
    expect(await new Spill(bench.dir).read(bench.caseId)).toHaveLength(0);
    expect(bench.logged).toContain("room.broughtBack");
  });

  it("A5: a torn spill gives what is whole", async () => {
    const spill = new Spill(bench.dir);
    const entries = [1, 2, 3].map((i) => ({ update: drawn(i, 1), userId: "ana", sessionId: "s" }));
    await spill.write(bench.caseId, entries);
    const path = join(bench.dir, "spill", `${bench.caseId}.log`), text = await readFile(path, "utf8");
    await writeFile(path, text.slice(0, -20));
    expect((await spill.read(bench.caseId)).map(({ update }) => update)).toEqual(entries.slice(0, 2).map(({ update }) => update));
    await spill.forget(bench.caseId);
    expect(await spill.read(bench.caseId)).toEqual([]);
  });

  it("A6: while the database is away nothing is acknowledged and no peer sees anything; after it nothing is missing", { timeout: patience }, async () => {
    const ana = await bench.join("ana"), ben = await bench.join("ben");
    await until(() => ana.provider.synced && ben.provider.synced, "synced");
    bench.line?.stall();
    for (let i = 1; i <= 20; i++) strokesOf(ana.doc).push([strokeBytes(ana.doc.clientID, i, i)]);
    await wait(800);
    expect(strokesOf(ben.doc).length).toBe(0);
    bench.line?.heal();
    await until(() => strokesOf(ben.doc).length === 20, "all at the peer", 20_000);
    const fresh = new Y.Doc();
    for (const update of (await readLog(bench.db, bench.caseId, "masks")).updates) Y.applyUpdate(fresh, update);
    expect(strokesOf(fresh).length).toBe(20);
  });

  it("A7: a room that cannot be read in is refused, and what is stored stays as it is", { timeout: patience }, async () => {
    await append(3);
    const before = await logRows();
    bench.line?.cut();
    for (let i = 0; i < countOf(5, 20, 100); i++) {
      const room = bench.rooms().stats();
      expect(room.sockets).toBe(0);
      await wait(5);
    }
    bench.line?.heal();
    await bench.db.update(draftLog).set({ checksum: "0" }).where(and(eq(draftLog.caseId, bench.caseId), eq(draftLog.seq, 2)));
    for (let i = 0; i < countOf(20, 100, 1000); i++) {
      const ws = await bench.bare("ana");
      expect(await ended(ws)).toBe(1011);
    }
    expect(bench.rooms().stats()).toEqual({ rooms: 0, sockets: 0, pending: 0 });
    await bench.db.update(draftLog).set({ checksum: before[1].checksum }).where(and(eq(draftLog.caseId, bench.caseId), eq(draftLog.seq, 2)));
    expect(await logRows()).toEqual(before);
    const again = await bench.join("ana");
    await until(() => strokesOf(again.doc).length === 3, "the room as it was");
    figure("A7", "openings of a log that cannot be read", countOf(20, 100, 1000), { "refused": countOf(20, 100, 1000), "entries changed": 0, "rooms left": 0 });
  });

  it("A7: a room whose log holds what is no entry is refused each time, leaves no twin, and lets another process try", async () => {
    const bad = updateOf(null, 600, (doc) => doc.getArray("strokes").push([Uint8Array.of(255)]));
    await appendToLog(bench.db, bench.caseId, "masks", await logEnd(bench.db, bench.caseId, "masks"), [{ update: bad, userId: "ana", sessionId: "s" }]);
    for (let i = 0; i < 5; i++) expect(await ended(await bench.bare("ana"))).toBe(1011);
    expect(bench.rooms().stats()).toEqual({ rooms: 0, sockets: 0, pending: 0 });
    expect(bench.validator.twins).toBe(0);
    await until(async () => await takeRoom(bench.direct, bench.caseId, "masks", "other", async () => false).catch(() => 0) > 0, "the lease was given back");
  });

  it("A8: joining, drawing and leaving at random, nobody ever loads less than was acknowledged before", { timeout: patience }, async () => {
    const random = seededRandom(runSeed);
    // Strokes by their bytes: a count would take one twice that came back in a batch with another's.
    const acknowledged = new Set<string>();
    let told = 0, asked = 0;
    for (let i = 0; i < countOf(40, 300, 10_000); i++) {
      // A case that had all ten thousand would cost the square of it; each has a working day of comings and goings.
      if (i > 0 && i % 250 === 0) {
        await bench.close();
        bench = await openBench({ ana: "surgeon", ben: "engineer" }, true);
        acknowledged.clear();
      }
      const ws = await bench.bare(random.chance(0.5) ? "ana" : "ben");
      const saved = savedOn(ws);
      let isOver = false;
      void ended(ws).then(() => { isOver = true; });
      const doc = new Y.Doc();
      let isSynced = false;
      ws.on("message", (data: Buffer) => {
        const { type, from } = readType(data);
        if (type !== messageType.sync) return;
        const step = decoding.readVarUint(from);
        if (step > 0) Y.applyUpdate(doc, decoding.readVarUint8Array(from));
        if (step === 1) isSynced = true;
      });
      await opened(ws);
      ws.send(varints(messageType.sync, 0, 1, 0));
      await until(() => isSynced, "state");
      const loaded = new Set(hexOf(doc));
      expect([...acknowledged].filter((one) => !loaded.has(one)), `seed ${runSeed}, round ${i}`).toEqual([]);
      const clientId = 100_000 + i;
      const own = strokeBytes(clientId, 1, 1 + Math.max(0, ...strokesOf(doc).toArray().map((bytes) => decodeStroke(bytes).lamport)));
      ws.send(sync(updateOf(doc, clientId, (d) => d.getArray("strokes").push([own]))));
      ws.send(varints(messageType.saveQuery, 1));
      if (random.chance(0.7)) {
        // A room that failed closes its sockets instead; then nothing was promised.
        await until(() => saved.has(1) || isOver, "saved");
        asked++;
        if (saved.has(1)) {
          for (const one of [...hexOf(doc), Buffer.from(own).toString("hex")]) acknowledged.add(one);
          told++;
        }
      }
      ws.terminate();
      if (random.chance(0.3)) await bench.restart();
    }
    expect(told).toBeGreaterThan(asked / 2);
    figure("A8", "comings and goings with a stroke each", countOf(40, 300, 10_000), { acknowledged: told, "loaded less than was acknowledged": 0 });
  });

  it("A9: of two servers on one room only one goes on writing, and what it acknowledged is there", async () => {
    const ws = await bench.bare("ana");
    const closed = ended(ws);
    await opened(ws);
    ws.send(sync(drawn(700, 1)));
    await until(async () => (await logRows()).length === 1, "first owner writes");
    // Another process takes the room over and writes.
    const end = await logEnd(bench.db, bench.caseId, "masks");
    await appendToLog(bench.db, bench.caseId, "masks", end, [{ update: drawn(800, 1), userId: "ben", sessionId: "s" }]);
    await expect(appendToLog(bench.db, bench.caseId, "masks", end, [{ update: drawn(701, 1), userId: "ana", sessionId: "s" }])).rejects.toThrow(DraftLogMoved);
    ws.send(sync(drawn(702, 1)));
    expect(await closed).toBe(1011);
    expect((await logRows()).map((row) => row.userId)).toEqual(["ana", "ben"]);
    const back = await bench.join("ana");
    await until(() => strokesOf(back.doc).length === 2, "the next owner has both");
  });

  it("A9: an owner that goes silent while it stores a base holds nobody up: its room is taken over when its lease has run out", { timeout: patience }, async () => {
    await append(3);
    const nobody = async () => false, token = await takeRoom(bench.db, bench.caseId, "masks", "old", nobody), end = await logEnd(bench.db, bench.caseId, "masks"), hash = "0".repeat(64);
    bench.line?.stallAt("draft_base");
    const late = appendToLog(bench.db, bench.caseId, "masks", end, [{ update: drawn(900, 1), ...serverAuthor, base: { horizon: 3, anatomyHash: hash, proposalHash: hash, documentHash: hash } }], token).then(() => "stored", (error: unknown) => error);
    await wait(leaseMs + 200);
    const next = await Promise.race([takeRoom(bench.direct, bench.caseId, "masks", "new", nobody), wait(3000).then(() => "still locked")]);
    expect(next).toBe(token + 1);
    await appendToLog(bench.direct, bench.caseId, "masks", end, [{ update: drawn(901, 1), userId: "ben", sessionId: "s" }], token + 1);
    bench.line?.heal();
    expect(await late).toBeInstanceOf(DraftLogMoved);
    expect((await logRows()).map(({ userId }) => userId)).toEqual(["ana", "ana", "ana", "ben"]);
    expect(await bench.db.select().from(draftBase)).toEqual([]);
  });

  it("A9: a room that was taken over unnoticed judges nobody by what it held: who enters finds the document as it is now", async () => {
    const first = await bench.join("ana");
    await until(() => first.provider.synced, "in");
    first.doc.getArray("strokes").push([strokeBytes(first.doc.clientID, 1, 1), strokeBytes(first.doc.clientID, 2, 2)]);
    await until(async () => (await logRows()).length > 0, "stored");
    // Another process has it for a while: it folds one of the strokes, and ana sees that there; then it ends.
    const token = await takeRoom(bench.direct, bench.caseId, "masks", "0/0/other", async () => true), end = await logEnd(bench.direct, bench.caseId, "masks");
    first.provider.disconnect();
    const folded = updateOf(first.doc, 1, (doc) => doc.getArray("strokes").delete(0, 1));
    await appendToLog(bench.direct, bench.caseId, "masks", end, [{ update: folded, ...serverAuthor }, { update: drawn(901, 3), userId: "ben", sessionId: "s" }], token);
    Y.applyUpdate(first.doc, folded);
    const closed: (number | undefined)[] = [];
    first.provider.on("connection-close", (event) => closed.push(event?.code));
    first.doc.getArray("strokes").push([strokeBytes(first.doc.clientID, 3, 4)]);
    first.provider.connect();
    await until(() => strokesOf(first.doc).length === 3, "both owners' strokes, and the folded one gone");
    await until(async () => (await logRows()).length === 4, "what was drawn meanwhile is stored");
    expect(closed.filter((code) => code !== undefined && code >= 4400)).toEqual([]);
  });

  it("A11: many who open a new case at once find one and the same, empty, copy", { timeout: patience }, async () => {
    const rounds = countOf(4, 20, 1000), people = countOf(25, 25, 50);
    for (let round = 0; round < rounds; round++) {
      await bench.restart();
      const clients = await Promise.all(Array.from({ length: people }, (_, i) => bench.join(i % 2 ? "ana" : "ben")));
      await until(() => clients.every(({ provider }) => provider.synced), "all in");
      expect(bench.rooms().stats().rooms).toBe(1);
      expect(clients.every(({ doc }) => strokesOf(doc).length === 0)).toBe(true);
      bench.leaveAll();
    }
    expect(await logRows()).toHaveLength(0);
    figure("A11", `times ${people} people opened a new case at once`, rounds, { "copies beyond one": 0 });
  });

  it("A12: an update that continues what is not here makes the room ask, and all arrives", async () => {
    const ws = await bench.bare("ana");
    const doc = new Y.Doc();
    doc.clientID = 900;
    const updates: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => updates.push(update));
    for (let i = 1; i <= 3; i++) doc.getArray("strokes").push([strokeBytes(900, i, i)]);
    const saved = savedOn(ws);
    let asked = 0;
    ws.on("message", (data: Buffer) => {
      const { type, from } = readType(data);
      if (type !== messageType.sync || decoding.readVarUint(from) !== 0) return;
      if (++asked === 1) return ws.send(varints(messageType.sync, 1, 2, 0, 0));
      const answer = encoding.createEncoder();
      for (const n of [messageType.sync, 1]) encoding.writeVarUint(answer, n);
      encoding.writeVarUint8Array(answer, Y.encodeStateAsUpdate(doc, decoding.readVarUint8Array(from)));
      ws.send(encoding.toUint8Array(answer));
    });
    await opened(ws);
    await until(() => asked === 1, "asked at first");
    // The second of three is lost on the way; «saved» must wait for it.
    ws.send(sync(updates[0]));
    ws.send(sync(updates[2]));
    ws.send(varints(messageType.saveQuery, 9));
    await until(() => saved.has(9), "saved");
    const fresh = new Y.Doc();
    for (const row of await logRows()) Y.applyUpdate(fresh, row.update);
    expect(strokesOf(fresh).length).toBe(3);
    ws.close();
  });

  it("A13: a flipped byte or a missing entry is found, and the log goes back to the last good entry with the rest in quarantine", { timeout: patience }, async () => {
    const random = seededRandom(runSeed), entries = 12;
    for (let round = 0; round < countOf(20, 100, 1000); round++) {
      await bench.db.delete(draftLog);
      await bench.db.delete(draftLogQuarantine);
      await append(entries);
      const at = 1 + random.below(entries), rows = await logRows();
      const where = and(eq(draftLog.caseId, bench.caseId), eq(draftLog.seq, at));
      const isCut = random.chance(0.2) && at < entries;
      if (isCut) await bench.db.delete(draftLog).where(where);
      else {
        const update = rows[at - 1].update.slice();
        update[random.below(update.length)] ^= 1 << random.below(8);
        await bench.db.update(draftLog).set({ update }).where(where);
      }
      await expect(readLog(bench.db, bench.caseId, "masks")).rejects.toThrow(DraftLogDamaged);
      const found = await recoverLog(bench.db, bench.caseId, "masks", "ana");
      expect(found).toMatchObject({ quarantined: entries - at + (isCut ? 0 : 1), end: { seq: at - 1 } });
      expect((await readLog(bench.db, bench.caseId, "masks")).updates).toEqual(rows.slice(0, at - 1).map((row) => row.update));
      expect((await bench.db.select({ n: sql<number>`count(*)::int` }).from(draftLogQuarantine))[0].n).toBe(found.quarantined);
    }
    figure("A13", "logs with a flipped byte or a missing entry", countOf(20, 100, 1000), { "not found": 0, "not taken back to the last good entry": 0 });
    expect((await verifyAudit(bench.db)).brokenAt).toBeNull();
    expect(await recoverLog(bench.db, bench.caseId, "masks", "ana")).toMatchObject({ quarantined: 0 });
  });
});

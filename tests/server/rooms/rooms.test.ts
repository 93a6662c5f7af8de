import { and, eq } from "drizzle-orm";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import type { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { encodeMark } from "../../../core/mask/mark.ts";
import { messageType } from "../../../core/protocol/room.ts";
import { caseTable, clientLease, draftLog, member, segment } from "../../../drizzle/schema.ts";
import { readLog } from "../../../server/record/draftLog.ts";
import { issueTicket, redeemTicket } from "../../../server/record/tickets.ts";
import { hexOf, openBench, stroke, strokesOf, until, type Bench } from "./roomBench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ ana: "surgeon", ben: "segmentationSpecialist", eve: "engineer", rita: "reviewer", vic: "viewer" });
});
afterAll(() => bench.close());
beforeEach(async () => {
  bench.leaveAll();
  await bench.restart();
  await bench.db.delete(draftLog);
  await bench.db.delete(clientLease);
});

const synced = (provider: WebsocketProvider) => until(() => provider.synced, "synced");
const closedWith = (provider: WebsocketProvider) => new Promise<number>((resolve) => { provider.on("closed", ({ code }) => resolve(code)); });
const closeOf = (ws: WebSocket) => new Promise<number>((resolve) => { ws.on("close", (code) => resolve(code)); ws.on("error", () => undefined); });
const logRows = () => bench.db.select().from(draftLog).where(eq(draftLog.caseId, bench.caseId));

function frame(type: number, ...parts: (number | Uint8Array)[]): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, type);
  for (const part of parts) {
    if (typeof part === "number") encoding.writeVarUint(out, part);
    else encoding.writeVarUint8Array(out, part);
  }
  return encoding.toUint8Array(out);
}
/** Sends frames on a bare socket and gives the code it is closed with. */
async function sendAndClose(userId: string, frames: Uint8Array[]): Promise<number> {
  const ws = await bench.bare(userId);
  const closed = closeOf(ws);
  ws.on("open", () => { for (const one of frames) ws.send(one); });
  return closed;
}
function updateOf(change: (doc: Y.Doc) => void, clientId = 4001, from?: Y.Doc): Uint8Array {
  const doc = new Y.Doc();
  if (from) Y.applyUpdate(doc, Y.encodeStateAsUpdate(from));
  doc.clientID = clientId;
  const before = Y.encodeStateVector(doc);
  change(doc);
  return Y.encodeStateAsUpdate(doc, before);
}
const asUpdate = (update: Uint8Array) => frame(messageType.sync, 2, update);
const asAnswer = (update: Uint8Array) => frame(messageType.sync, 1, update);

describe("rooms with the stock y-websocket provider", () => {
  it("MK5: undoing several strokes in a row is taken, a mark far ahead is not", async () => {
    const { provider, doc } = await bench.join("ben");
    await synced(provider);
    const mark = (counter: number, n: number) => doc.getArray("marks").push([encodeMark({ stroke: { clientId: doc.clientID, counter }, hidden: true, n })]);
    for (const counter of [1, 2, 3]) strokesOf(doc).push([stroke(doc.clientID, counter, counter)]);
    for (const n of [1, 2, 3]) mark(4 - n, n);
    await until(async () => (await logRows()).length === 6, "three strokes and three marks are in the log");
    const closed = closedWith(provider);
    mark(1, 9);
    expect(await closed).toBe(4400);
  });

  it("RM4: refuses a label value that the case never gave out; one given out meanwhile is good at once", async () => {
    const { provider, doc } = await bench.join("ben");
    await synced(provider);
    await bench.db.insert(segment).values({ caseId: bench.caseId, value: 4, name: "New", color: "#ffffff", createdBy: "ben" });
    strokesOf(doc).push([stroke(doc.clientID, 1, 1, 4)]);
    await until(async () => (await logRows()).length === 1, "the new segment's stroke is in the log");
    const closed = closedWith(provider);
    strokesOf(doc).push([stroke(doc.clientID, 2, 2, 99)]);
    expect(await closed).toBe(4400);
    expect(await logRows()).toHaveLength(1);
  });

  it("RM1 RM2: what a peer sees is in the log, under the user of its socket", async () => {
    const a = await bench.join("ana");
    const b = await bench.join("ben");
    await Promise.all([synced(a.provider), synced(b.provider)]);
    let loggedWhenSeen: Promise<number> | undefined;
    strokesOf(b.doc).observe(() => { loggedWhenSeen ??= logRows().then((rows) => rows.length); });
    strokesOf(a.doc).push([stroke(a.doc.clientID, 1, 1)]);
    await until(() => strokesOf(b.doc).length === 1, "peer sees it");
    expect(await loggedWhenSeen).toBe(1);
    strokesOf(b.doc).push([stroke(b.doc.clientID, 1, 2)]);
    await until(() => strokesOf(a.doc).length === 2, "answer seen");
    const rows = await logRows();
    expect(rows.map((row) => row.userId).sort()).toEqual(["ana", "ben"]);
    const log = await readLog(bench.db, bench.caseId, "masks");
    const replay = new Y.Doc();
    for (const update of log.updates) Y.applyUpdate(replay, update);
    expect(hexOf(replay)).toEqual(hexOf(a.doc));
  });

  it("RM3 A3: strokes made before, during and after an outage arrive exactly once", async () => {
    const offline = new Y.Doc();
    strokesOf(offline).push(Array.from({ length: 200 }, (_, i) => stroke(offline.clientID, i, i + 1)));
    const a = await bench.join("ana", offline);
    strokesOf(offline).push([stroke(offline.clientID, 200, 201)]);
    const b = await bench.join("ben");
    await until(() => strokesOf(b.doc).length === 201, "backlog at the peer");
    const isOut = bench.restart();
    for (let i = 201; i < 300; i++) strokesOf(offline).push([stroke(offline.clientID, i, i + 1)]);
    await isOut;
    await until(() => strokesOf(b.doc).length === 300, "all at the peer");
    await synced(a.provider);
    expect(new Set(hexOf(b.doc)).size).toBe(300);
    expect(hexOf(b.doc)).toEqual(hexOf(a.doc));
  });

  it("A1: Saved(n) comes when everything before it is in the log", async () => {
    const ws = await bench.bare("ana");
    const saved = new Promise<number>((resolve) => ws.on("message", (data: Buffer) => {
      const from = decoding.createDecoder(data);
      if (decoding.readVarUint(from) === messageType.saved) resolve(decoding.readVarUint(from));
    }));
    const update = updateOf((doc) => strokesOf(doc).push([stroke(4001, 1, 1)]));
    ws.on("open", () => { ws.send(asUpdate(update)); ws.send(frame(messageType.saveQuery, 77)); });
    expect(await saved).toBe(77);
    expect(await logRows()).toHaveLength(1);
    ws.close();
  });

  it("B6: presence is stamped by the server, and forged entries are dropped", async () => {
    const a = await bench.join("ana");
    const b = await bench.join("vic");
    await Promise.all([synced(a.provider), synced(b.provider)]);
    a.provider.awareness.setLocalState({ crosshair: [1, 2, 3], user: { name: "Chief" } });
    await until(() => a.doc.clientID !== 0 && b.provider.awareness.getStates().get(a.doc.clientID)?.crosshair?.[0] === 1, "presence seen");
    expect(b.provider.awareness.getStates().get(a.doc.clientID)?.user).toMatchObject({ id: "ana", name: "Name ana", role: "surgeon" });
    b.provider.awareness.states.set(a.doc.clientID, { crosshair: [9, 9, 9] });
    b.provider.awareness.meta.set(a.doc.clientID, { clock: 1000, lastUpdated: 0 });
    b.provider.awareness.emit("update", [{ added: [], updated: [a.doc.clientID], removed: [] }, "local"]);
    const c = await bench.join("ben");
    await until(() => c.provider.awareness.getStates().has(a.doc.clientID), "third sees presence");
    expect(c.provider.awareness.getStates().get(a.doc.clientID)?.crosshair).toEqual([1, 2, 3]);
    a.provider.disconnect();
    await until(() => !c.provider.awareness.getStates().has(a.doc.clientID), "left");
  });

  it("B5: a role without the right to write is refused and nothing changes", async () => {
    for (const [userId, mayWrite] of [["ana", true], ["ben", true], ["eve", true], ["rita", false], ["vic", false]] as const) {
      for (const isArchived of [false, true]) {
        await bench.db.update(caseTable).set({ status: isArchived ? "archived" : "open" });
        await bench.restart();
        const before = (await logRows()).length;
        const { doc, provider } = await bench.join(userId);
        await synced(provider);
        const closed = closedWith(provider);
        strokesOf(doc).push([stroke(doc.clientID, 1, before + 1)]);
        if (mayWrite && !isArchived) await until(async () => (await logRows()).length === before + 1, `${userId} writes`);
        else {
          expect(await closed).toBe(4403);
          expect(await logRows()).toHaveLength(before);
        }
        provider.destroy();
      }
    }
    await bench.db.update(caseTable).set({ status: "open" });
  });

  it("C3: a member who is removed is closed within 2 s", async () => {
    const { provider } = await bench.join("eve");
    await synced(provider);
    const closed = closedWith(provider);
    const started = performance.now();
    await bench.db.delete(member).where(and(eq(member.caseId, bench.caseId), eq(member.userId, "eve")));
    expect(await closed).toBe(4401);
    expect(performance.now() - started).toBeLessThan(2000);
    await bench.db.insert(member).values({ caseId: bench.caseId, userId: "eve", role: "engineer" });
  });
});

describe("hostile sockets", () => {
  it.each<[string, () => Uint8Array]>([
    ["another root", () => updateOf((doc) => doc.getArray("other").push([stroke(4001, 1, 1)]))],
    ["a map", () => updateOf((doc) => doc.getMap("strokes").set("a", stroke(4001, 1, 1)))],
    ["a nested type", () => updateOf((doc) => doc.getArray("strokes").push([new Y.Array()]))],
    ["text", () => updateOf((doc) => doc.getText("strokes").insert(0, "x"))],
    ["a number", () => updateOf((doc) => doc.getArray("strokes").push([7]))],
    ["bytes that are no stroke", () => updateOf((doc) => strokesOf(doc).push([Uint8Array.of(1, 2, 3)]))],
    ["a lamport ahead", () => updateOf((doc) => strokesOf(doc).push([stroke(4001, 1, 3)]))],
    ["somebody else's stroke id", () => updateOf((doc) => strokesOf(doc).push([stroke(5, 1, 1)]))],
    ["a mark on an unknown stroke", () => updateOf((doc) => doc.getArray("marks").push([encodeMark({ stroke: { clientId: 4001, counter: 9 }, hidden: true, n: 1 })]))],
    ["a GC struct", () => Uint8Array.of(1, 1, 7, 0, 0, 100, 0)],
    ["garbage", () => Uint8Array.of(255, 255, 255)],
    ["an own deletion", () => updateOf((doc) => { strokesOf(doc).push([stroke(4001, 1, 1)]); strokesOf(doc).delete(0); })],
  ])("RM4: %s is refused in updates and in sync answers", async (_name, make) => {
    expect([4400, 4403]).toContain(await sendAndClose("ben", [asUpdate(make())]));
    expect([4400, 4403]).toContain(await sendAndClose("ben", [asAnswer(make())]));
    expect(await logRows()).toHaveLength(0);
  });

  it("RM4 B4: a client id, a stroke and its marks belong to the first user who presented the id", async () => {
    const a = await bench.join("ana");
    await synced(a.provider);
    strokesOf(a.doc).push([stroke(a.doc.clientID, 1, 1)]);
    await until(async () => (await logRows()).length === 1, "stored");
    const forged = updateOf((doc) => strokesOf(doc).push([stroke(a.doc.clientID, 2, 2)]), a.doc.clientID, a.doc);
    expect(await sendAndClose("ben", [asUpdate(forged)])).toBe(4403);
    const mark = updateOf((doc) => doc.getArray("marks").push([encodeMark({ stroke: { clientId: a.doc.clientID, counter: 1 }, hidden: true, n: 1 })]), 4002, a.doc);
    expect(await sendAndClose("ben", [asUpdate(mark)])).toBe(4400);
    const deletion = updateOf((doc) => strokesOf(doc).delete(0), 4003, a.doc);
    expect(await sendAndClose("ben", [asUpdate(deletion)])).toBe(4400);
    expect(await logRows()).toHaveLength(1);
    strokesOf(a.doc).push([stroke(a.doc.clientID, 2, 2)]);
    await until(async () => (await logRows()).length === 2, "the victim goes on");
  });

  it("B1: frames that cannot be read end the socket, not the server", async () => {
    expect(await sendAndClose("ben", [Uint8Array.of(), Uint8Array.of(99), Uint8Array.of(0, 0, 200)])).toBe(4400);
    const { provider } = await bench.join("ana");
    await synced(provider);
  });

  it("C1 C2: a foreign origin, a cookie without origin and a used ticket are refused before 101", async () => {
    const attempts: Record<string, string>[] = [{ Origin: "http://evil.example" }, { Origin: "null" }, { Cookie: "caseroom.session=x" }];
    for (const headers of attempts) {
      const ws = await bench.bare("ana", headers);
      const status = await new Promise<number | undefined>((resolve) => {
        ws.on("unexpected-response", (_req, res) => resolve(res.statusCode));
        ws.on("open", () => resolve(101));
      });
      expect(status).toBe(403);
    }
    const terms = { caseId: bench.caseId, userId: "ana", sessionId: null, origin: bench.origin, ttlMs: 30_000 };
    const secret = await issueTicket(bench.db, terms);
    expect(await redeemTicket(bench.db, secret, bench.caseId, null)).toBeNull();
    expect(await redeemTicket(bench.db, secret, bench.caseId, bench.origin)).toMatchObject({ userId: "ana" });
    expect(await redeemTicket(bench.db, secret, bench.caseId, bench.origin)).toBeNull();
  });

  it("A7 A13: an altered log refuses the room and stays as it is", async () => {
    const a = await bench.join("ana");
    await synced(a.provider);
    strokesOf(a.doc).push([stroke(a.doc.clientID, 1, 1)]);
    await until(async () => (await logRows()).length === 1, "stored");
    a.provider.destroy();
    await bench.restart();
    await bench.db.update(draftLog).set({ checksum: "0" });
    expect(await sendAndClose("ben", [])).toBe(1011);
    expect(await logRows()).toHaveLength(1);
  });
});

import * as decoding from "lib0/decoding";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { RoomConnection } from "../../../app/room/session/roomConnection.ts";
import { messageType } from "../../../core/protocol/room.ts";
import { logEnd, readLog } from "../../../server/record/draftLog.ts";
import { readType, strokeBytes } from "../../chaos/hostile.ts";
import { openBench, until, type Bench } from "./roomBench.ts";

// The page's own connection against a running room; of a browser it needs where it is and a way to its server.
let bench: Bench;
beforeAll(async () => { bench = await openBench({ ana: "surgeon", ben: "engineer" }); });
afterAll(() => bench.close());
afterEach(() => { vi.unstubAllGlobals(); });

function browserAt(url: URL): void {
  vi.stubGlobal("window", { location: { protocol: "http:", host: url.host }, addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal("fetch", async () => Response.json({ ticket: await bench.ticket("ana"), clientIds: [] }));
}

const nothing = () => undefined;
function connect(doc: Y.Doc): RoomConnection {
  browserAt(new URL(bench.url));
  return new RoomConnection(bench.caseId, doc, { onChange: nothing, onOwnClientIds: nothing, onEvent: nothing, onRefused: nothing, onEarlier: nothing, onSignedOut: nothing, editOf: () => 1 });
}

it("what is drawn goes out in at most 20 frames a second, all of it", async () => {
  const doc = new Y.Doc(), connection = connect(doc);
  try {
    await until(() => connection.isSynced, "synced");
    const { ws } = connection.provider;
    if (ws === null) throw new Error("no socket");
    const send = ws.send.bind(ws);
    let frames = 0;
    ws.send = (data) => {
      if (readType(Buffer.from(data as Uint8Array)).type === messageType.sync) frames++;
      send(data);
    };
    const begin = performance.now();
    for (let n = 1; n <= 100; n++) {
      doc.getArray("strokes").push([strokeBytes(doc.clientID, n, n)]);
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
    await until(() => connection.unsaved === 0, "saved");
    const seconds = (performance.now() - begin) / 1000;
    expect(frames).toBeGreaterThan(1);
    expect(frames).toBeLessThanOrEqual(Math.ceil(20 * seconds) + 1);
    const stored = (await readLog(bench.db, bench.caseId, "masks")).updates, there = new Y.Doc();
    for (const update of stored) Y.applyUpdate(there, update);
    expect(Y.getState(there.store, doc.clientID)).toBe(100);
  } finally {
    connection.close();
  }
});

it("RM1: «saved» is asked for only what was sent before, also for what is drawn in the moment in which the page becomes synced", async () => {
  const other = await bench.join("ben");
  await until(() => other.provider.synced, "the other is in");
  const before = other.doc.getArray("strokes").length, { seq } = await logEnd(bench.db, bench.caseId, "masks");
  other.doc.getArray("strokes").push([strokeBytes(other.doc.clientID, 1, 1)]);
  await until(async () => (await logEnd(bench.db, bench.caseId, "masks")).seq > seq, "there is something to come in for");
  const doc = new Y.Doc(), connection = connect(doc);
  try {
    const lacking: number[] = [], { provider } = connection;
    // How much of this page's work went over the socket, in clock ticks.
    let sent = 0;
    const watch = () => {
      const { ws } = provider;
      if (ws === null || Object.hasOwn(ws, "send")) return;
      const send = ws.send.bind(ws);
      ws.send = (data) => {
        const { type, from } = readType(Buffer.from(data as Uint8Array));
        if (type === messageType.sync && decoding.readVarUint(from) !== 0) {
          for (const { id, length } of Y.decodeUpdate(decoding.readVarUint8Array(from)).structs) if (id.client === doc.clientID) sent = Math.max(sent, id.clock + length);
        }
        if (type === messageType.saveQuery) lacking.push(Y.getState(doc.store, doc.clientID) - sent);
        send(data);
      };
    };
    provider.on("status", watch);
    // Drawn as the room's state comes in, after its question was answered.
    doc.once("update", () => { doc.getArray("strokes").push([strokeBytes(doc.clientID, 1, 2)]); });
    await until(() => connection.isSynced && connection.unsaved === 0 && doc.getArray("strokes").length === before + 2, "synced and saved");
    expect(lacking.length).toBeGreaterThan(0);
    expect(Math.max(...lacking)).toBe(0);
    await until(() => other.doc.getArray("strokes").length === before + 2, "the other has it");
  } finally {
    connection.close();
  }
});

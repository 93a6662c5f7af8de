import * as decoding from "lib0/decoding";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { LargeStrokes } from "../../../app/room/session/largeStrokes.ts";
import { type ConnectionHooks, RoomConnection } from "../../../app/room/session/roomConnection.ts";
import { blobStroke } from "../../../core/draft/masksDoc.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
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
function connect(doc: Y.Doc, more: Partial<ConnectionHooks> = {}): RoomConnection {
  browserAt(new URL(bench.url));
  return new RoomConnection(bench.caseId, doc, { onChange: nothing, onOwnClientIds: nothing, onEvent: nothing, onRefused: nothing, onEarlier: nothing, onSignedOut: nothing, editOf: () => 1, ...more });
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

it("a large stroke drawn out of touch is kept in the page, stored before the room hears of it, and arrives once", async () => {
  const doc = new Y.Doc(), large = new LargeStrokes(bench.caseId), refused: string[] = [], connection = connect(doc, { beforeConnect: large, onRefused: (words) => { refused.push(words); } });
  let isReached = true, posts = 0;
  vi.stubGlobal("fetch", async (path: string, init: { body: Uint8Array }) => {
    if (!isReached) throw new TypeError("fetch failed");
    if (!path.endsWith("/blobs")) return Response.json({ ticket: await bench.ticket("ana"), clientIds: [] });
    posts++;
    // The server takes its time, and this once it fails in the middle: the page tries again.
    if (posts === 1) return new Response("", { status: 503 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    return Response.json({ hash: await bench.blobs.put(init.body) });
  });
  try {
    await until(() => connection.isSynced, "synced");
    const bricks = [{ brick: 0, runs: Uint16Array.from({ length: 2 * 1024 }, (_, n) => (n % 2 === 0 ? 32 * (n >> 1) : 1 + ((n >> 1) % 31))) }], { bytes, content } = blobStroke({ dims: [32, 32, 32], spacing: [1, 1, 1], origin: [0, 0, 0] }, bricks);
    // While the room is there a stroke is refused whose voxels cannot be stored.
    isReached = false;
    await expect(large.store(bytes, () => connection.isAway)).rejects.toThrow("The server cannot be reached");
    expect(large.isHolding).toBe(false);
    connection.pause();
    const hash = await large.store(bytes, () => connection.isAway);
    expect(large.isHolding).toBe(true);
    doc.getArray("strokes").push([encodeStroke({ id: { clientId: doc.clientID, counter: 1 }, lamport: 1, layer: "anatomy", value: 1, isFinal: true, content: content(hash) })]);
    expect(connection.unsaved).toBe(1);
    isReached = true;
    connection.resume();
    await until(() => connection.isSynced && connection.unsaved === 0, "saved", 20_000);
    expect([large.isHolding, posts, refused, await bench.blobs.get(hash)]).toEqual([false, 2, [], bytes]);
    const there = new Y.Doc();
    for (const update of (await readLog(bench.db, bench.caseId, "masks")).updates) Y.applyUpdate(there, update);
    expect(Y.getState(there.store, doc.clientID)).toBe(1);
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

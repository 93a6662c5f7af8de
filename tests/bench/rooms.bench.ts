// Rooms under load: 100 writers at 10 Hz and 200 at 5 Hz in one room, every edit on disk before anybody sees it.
// The peer, @hocuspocus/server, runs twice: as it comes, where an update is passed on from memory and stored seconds later, and
// with its own hook awaiting a log in the same PostgreSQL, which is what a room promises.
import { fork, type ChildProcess } from "node:child_process";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { decodeStroke } from "../../core/mask/stroke.ts";
import { messageType } from "../../core/protocol/room.ts";
import { serverNodeOptions } from "../../server/start/serverNode.mjs";
import { strokeBytes } from "../chaos/hostile.ts";
import { measureJoins, type Memory } from "./joins.ts";
import { quantile, report, type Row } from "./measure.ts";

const seconds = 8;
const answer = <T>(child: ChildProcess, ask?: unknown): Promise<T> => new Promise((resolve) => {
  child.once("message", (told) => resolve(told as T));
  if (ask) child.send(ask as object);
});
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function syncUpdate(update: Uint8Array, saveQuery?: number): Uint8Array[] {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, messageType.sync);
  encoding.writeVarUint(out, 2);
  encoding.writeVarUint8Array(out, update);
  if (saveQuery === undefined) return [encoding.toUint8Array(out)];
  const query = encoding.createEncoder();
  encoding.writeVarUint(query, messageType.saveQuery);
  encoding.writeVarUint(query, saveQuery);
  return [encoding.toUint8Array(out), encoding.toUint8Array(query)];
}

interface Measured { seen: number[]; acked: number[]; sent: number; loopP99Ms: number; rssMiB: number; /** Of the server's process while it was measured. */ cpuS: number }

/** How a client of one of the two servers comes in, writes, and reads others' updates. */
interface Wire {
  open(i: number): Promise<WebSocket>;
  frames(update: Uint8Array, saveQuery?: number): Uint8Array[];
  /** The update in a message; null for anything else. */
  read(data: Buffer): Uint8Array | null;
}

const connected = (ws: WebSocket) => new Promise<WebSocket>((resolve, reject) => { ws.on("open", () => resolve(ws)); ws.on("error", reject); });
function readSync(from: decoding.Decoder): Uint8Array | null {
  return decoding.readVarUint(from) === messageType.sync && decoding.readVarUint(from) !== 0 ? decoding.readVarUint8Array(from) : null;
}

async function ourWire(child: ChildProcess, port: number, code: string): Promise<Wire> {
  const { path, tickets } = await answer<{ path: string; tickets: string[] }>(child, { do: "case", code });
  return {
    open: (i) => connected(new WebSocket(`ws://127.0.0.1:${port}${path}`, ["caseroom", `ticket.${tickets[i % tickets.length]}`])),
    frames: syncUpdate,
    read: (data) => readSync(decoding.createDecoder(data)),
  };
}

/** The peer's frames are y-websocket's with the document's name before them, after a message that brings a token. */
function peerWire(port: number, name: string): Wire {
  const named = (write: (out: encoding.Encoder) => void) => {
    const out = encoding.createEncoder();
    encoding.writeVarString(out, name);
    write(out);
    return encoding.toUint8Array(out);
  };
  return {
    open: async (i) => {
      const ws = await connected(new WebSocket(`ws://127.0.0.1:${port}`));
      const heard = new Promise<void>((resolve) => ws.once("message", () => resolve()));
      ws.send(named((out) => { for (const n of [2, 0]) encoding.writeVarUint(out, n); encoding.writeVarString(out, `token${i}`); encoding.writeVarString(out, "4.8.0"); }));
      await heard;
      return ws;
    },
    frames: (update) => [named((out) => { for (const n of [0, 2]) encoding.writeVarUint(out, n); encoding.writeVarUint8Array(out, update); })],
    read: (data) => {
      const from = decoding.createDecoder(data);
      decoding.readVarString(from);
      return readSync(from);
    },
  };
}

/** @param ackEach every writer asks after each edit when it is on disk */
async function load(child: ChildProcess, wire: Wire, writers: number, hz: number, ackEach: boolean): Promise<Measured> {
  const sentAt = new Map<string, number>(), seen: number[] = [], acked: number[] = [];
  const observer = await wire.open(0);
  observer.on("message", (data: Buffer) => {
    const update = wire.read(data);
    if (!update) return;
    const now = performance.now();
    for (const struct of Y.decodeUpdate(update).structs) {
      if (!(struct instanceof Y.Item)) continue;
      for (const bytes of struct.content.getContent() as Uint8Array[]) {
        const { clientId, counter } = decodeStroke(bytes).id;
        const at = sentAt.get(`${clientId}:${counter}`);
        if (at !== undefined) seen.push(now - at);
      }
    }
  });
  const sockets: WebSocket[] = [], docs: Y.Doc[] = [];
  for (let i = 0; i < writers; i++) {
    const ws = await wire.open(1 + i);
    const doc = new Y.Doc();
    doc.clientID = 1000 + i;
    const asked = new Map<number, number>();
    let counter = 0;
    doc.on("update", (update: Uint8Array) => {
      const now = performance.now();
      sentAt.set(`${doc.clientID}:${counter}`, now);
      if (ackEach) asked.set(counter, now);
      for (const frame of wire.frames(update, ackEach ? counter : undefined)) ws.send(frame);
    });
    ws.on("message", (data: Buffer) => {
      if (!ackEach || data[0] !== messageType.saved) return;
      const from = decoding.createDecoder(data);
      decoding.readVarUint(from);
      const at = asked.get(decoding.readVarUint(from));
      if (at !== undefined) acked.push(performance.now() - at);
    });
    Object.assign(doc, { draw: () => { counter++; doc.getArray("strokes").push([strokeBytes(doc.clientID, counter, counter)]); } });
    sockets.push(ws);
    docs.push(doc);
  }
  // A page has its client id leased by its presence long before it draws.
  for (const doc of docs) (doc as Y.Doc & { draw(): void }).draw();
  await wait(1500);
  sentAt.clear();
  seen.length = acked.length = 0;
  await answer(child, { do: "measure" });
  const timers: NodeJS.Timeout[] = [];
  docs.forEach((doc, i) => {
    const { draw } = doc as Y.Doc & { draw(): void };
    setTimeout(() => { draw(); timers.push(setInterval(draw, 1000 / hz)); }, (i / writers) * (1000 / hz));
  });
  await wait(seconds * 1000);
  for (const timer of timers) clearInterval(timer);
  await wait(1500);
  const { p99Ms, rssMiB, cpuS } = await answer<{ p99Ms: number; rssMiB: number; cpuS: number }>(child, { do: "measured" });
  for (const ws of [observer, ...sockets]) ws.terminate();
  return { seen, acked, sent: sentAt.size, loopP99Ms: p99Ms, rssMiB, cpuS };
}

async function server(): Promise<{ child: ChildProcess; port: number; peerUrl: string }> {
  const child = fork(new URL("./roomsServer.ts", import.meta.url), { execArgv: [...serverNodeOptions, "--expose-gc", "--disable-warning=ExperimentalWarning"] });
  return { child, ...await answer<{ port: number; peerUrl: string }>(child) };
}
async function end(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.on("exit", resolve));
  if (child.connected) child.send({ do: "end" });
  if (child.exitCode === null) await exit;
}

const { child, port, peerUrl } = await server();
const rows: Row[] = [];
const peerChild = fork(new URL("./hocuspocusServer.ts", import.meta.url), { execArgv: ["--disable-warning=ExperimentalWarning"] });
const peer = await answer<{ port: number } | { absent: true }>(peerChild);
if ("port" in peer) await answer(peerChild, { do: "log", url: peerUrl });
await load(child, await ourWire(child, port, "warm-up"), 20, 5, false);
for (const [writers, hz, target] of [[100, 10, 40], [200, 5, 80]] as const) {
  const found = await load(child, await ourWire(child, port, `${writers}`), writers, hz, false);
  const alike = "port" in peer ? await load(peerChild, peerWire(peer.port, `durable room ${writers}`), writers, hz, false) : null;
  const others = "port" in peer ? await load(peerChild, peerWire(peer.port, `room ${writers}`), writers, hz, false) : null;
  const p99 = quantile(found.seen, 0.99);
  const besides = (one: Measured | null) => one && one.seen.length > 0 ? { peer: quantile(one.seen, 0.99), ratio: quantile(one.seen, 0.99) / p99 } : {};
  const durable = besides(alike), memory = besides(others), told = (one: Measured | null) => one ? `peer p50 ${quantile(one.seen, 0.5).toFixed(1)}, ${one.seen.length} of ${one.sent} seen` : "peer absent";
  rows.push({
    what: `${writers} writers × ${hz} Hz, observer p99; both on disk first`, ours: p99, ...durable, unit: "ms", target: `≤ ${target}, below the peer`, met: p99 <= target && p99 < (durable.peer ?? Infinity),
    note: `p50 ${quantile(found.seen, 0.5).toFixed(1)}, ${found.seen.length} of ${found.sent} seen; ${told(alike)}`,
  });
  rows.push({ what: "the same; the peer from memory", ours: p99, ...memory, unit: "ms", note: told(others) });
  const cpu = ({ cpuS, sent }: Measured) => cpuS / (sent / 1000), peerCpu = others ? cpu(others) : undefined;
  rows.push({
    what: `${writers} writers × ${hz} Hz, processor time of the server for 1,000 updates`, ours: cpu(found), ...(peerCpu === undefined ? {} : { peer: peerCpu, ratio: peerCpu / cpu(found) }), unit: "s",
    note: "main thread and validator's; PostgreSQL's processes not counted",
  });
  rows.push({ what: `${writers} writers × ${hz} Hz, server's event loop delay p99`, ours: found.loopP99Ms, unit: "ms", target: "≤ 20", met: found.loopP99Ms <= 20, note: `RSS ${found.rssMiB.toFixed(0)} MiB` });
}
const acks = await load(child, await ourWire(child, port, "acks"), 50, 10, true);
const [p50, p99] = [quantile(acks.acked, 0.5), quantile(acks.acked, 0.99)];
rows.push({ what: "durable acknowledgement at 500 edits/s, p50", ours: p50, unit: "ms", target: "≤ 15", met: p50 <= 15, note: `${acks.acked.length} of ${acks.sent} acknowledged` });
rows.push({ what: "durable acknowledgement at 500 edits/s, p99", ours: p99, unit: "ms", target: "≤ 100", met: p99 <= 100 });
await Promise.all([child, peerChild].map(end));
// In a process of its own: what the loads before left would go back to the system meanwhile.
const fresh = await server(), joined = await answer<{ path: string; tickets: string[] }>(fresh.child, { do: "case", code: "joins" });
const { before, after, seconds: joinSeconds } = await measureJoins({
  url: `ws://127.0.0.1:${fresh.port}/rooms`, room: joined.path.slice("/rooms/".length), tickets: joined.tickets, strokes: 5000, warmUps: 200, joins: 1000,
  memory: () => answer<Memory>(fresh.child, { do: "memory" }),
});
await end(fresh.child);
for (const [what, key] of [["process", "rssMiB"], ["heap and buffers", "heapMiB"]] as const) {
  const grown = 100 * (after[key] / before[key] - 1);
  rows.push({ what: `1,000 joins of a case with 5,000 strokes, ${what}`, ours: grown, unit: "%", target: "± 5", met: Math.abs(grown) <= 5, note: `${before[key].toFixed(1)} → ${after[key].toFixed(1)} MiB after rounds of 200 others; ${joinSeconds.toFixed(0)} s` });
}
report("rooms", rows, { seconds, durable: "PostgreSQL fsync on, synchronous_commit on", peer: "@hocuspocus/server" });

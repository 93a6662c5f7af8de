// Stock y-websocket clients that come into a room, read the whole document, and leave again: what stays of them in the
// server's memory.
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { strokeBytes } from "../chaos/hostile.ts";

/** The server's memory with nothing under way, after a collection, MiB: of the process, and of V8's heap and its buffers. */
export interface Memory { rssMiB: number; heapMiB: number; sockets: number }

const together = 8, mostWarmUps = 15;
/** V8 gives back code and pages that were not used for some collections, a tenth of the process in two steps: two rounds alike may lie between them. */
const alike = 3;
const joinMs = 60_000;

function provider(url: string, room: string, ticket: string, doc: Y.Doc): WebsocketProvider {
  return new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, disableBc: true, protocols: ["caseroom", `ticket.${ticket}`] });
}

const synced = (one: WebsocketProvider) => new Promise<void>((resolve, reject) => {
  const late = setTimeout(() => reject(new Error("a client did not get the document")), joinMs);
  one.on("sync", (isSynced: boolean) => { if (isSynced) { clearTimeout(late); resolve(); } });
});

/**
 * Lets `joins` clients in, some at a time, after rounds of `warmUps` others until the memory has settled, and compares the server's memory before and after.
 * @param memory asks the server
 * @throws Error when a client does not get every stroke, or when a socket stays at the server after all have left
 */
export async function measureJoins(given: {
  url: string; room: string; tickets: readonly string[]; strokes: number; warmUps: number; joins: number; memory: () => Promise<Memory>;
}): Promise<{ before: Memory; after: Memory; seconds: number }> {
  const { url, room, tickets, strokes, memory } = given;
  const author = new Y.Doc(), stays = provider(url, room, tickets[0], author);
  await synced(stays);
  author.transact(() => author.getArray("strokes").push(Array.from({ length: strokes }, (_, i) => strokeBytes(author.clientID, i + 1, i + 1))));
  let next = 0;
  async function join(): Promise<void> {
    const doc = new Y.Doc(), one = provider(url, room, tickets[next++ % tickets.length], doc);
    await synced(one);
    // The first may come in while the strokes are still on their way to the log.
    while (doc.getArray("strokes").length < strokes) await new Promise((resolve) => doc.once("update", resolve));
    const left = new Promise((resolve) => one.ws?.addEventListener("close", resolve));
    one.destroy();
    doc.destroy();
    await left;
  }
  async function several(count: number): Promise<void> {
    let left = count;
    await Promise.all(Array.from({ length: together }, async () => { while (left-- > 0) await join(); }));
  }
  // Until nothing is loaded, compiled or given back any more for the first time.
  const rounds: Memory[] = [];
  const isSettled = () => rounds.length >= alike && (["heapMiB", "rssMiB"] as const).every((key) => {
    const last = rounds.slice(-alike).map((round) => round[key]);
    return Math.max(...last) / Math.min(...last) < 1.01;
  });
  while (rounds.length < mostWarmUps && !isSettled()) {
    await several(given.warmUps);
    rounds.push(await memory());
  }
  const before = rounds.at(-1);
  if (!before) throw new Error("no client came in before the measurement");
  const began = performance.now();
  await several(given.joins);
  const seconds = (performance.now() - began) / 1000, after = await memory();
  if (before.sockets !== 1 || after.sockets !== 1) throw new Error(`sockets stayed at the server: ${before.sockets} before, ${after.sockets} after, one expected`);
  stays.destroy();
  author.destroy();
  return { before, after, seconds };
}

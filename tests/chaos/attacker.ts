// Somebody who means harm, in a process of its own: `attacker.ts <rooms url> <case id> <ticket>`. Is told what to do by
// messages and answers each when it is done.
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { messageType } from "../../core/protocol/room.ts";
import { seededRandom } from "../support/denseOracle.ts";
import { hostileFrame } from "./hostile.ts";

export type Attack =
  /** Wrong frames, `perSocket` a socket, twelve sockets at a time. */
  | { do: "fuzz"; frames: number; victim: number; seed: number }
  /** One message of so many MiB a socket, all at once; as much of it is sent as the server takes. */
  | { do: "large"; sockets: number; mebibytes: number }
  /** A message in pieces of one byte that never ends. */
  | { do: "fragments"; sockets: number }
  /** Sockets that ask for everything and then read nothing; `resume` lets them read again and answers how many had been closed. */
  | { do: "stall"; sockets: number } | { do: "resume" }
  /** Nobody's enemy: sockets that ask for everything, all at once, and read until they are told that they have it; each no faster than a line of `bytesPerSecond`. */
  | { do: "read"; sockets: number; bytesPerSecond?: number };
export interface Attacked {
  sent: number;
  /** How many sockets ended with which code; «in step»: was told that it has everything, and is still heard. */
  codes: Record<string, number>;
  megabytes: number;
  /** The longest message that a reader was sent. */
  longestBytes: number;
}

const [url, caseId, ticket] = process.argv.slice(2), perSocket = 25;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const connect = () => {
  const ws = new WebSocket(`${url}/${caseId}/masks`, ["caseroom", `ticket.${ticket}`]);
  ws.on("error", () => undefined);
  return { ws, opened: new Promise<boolean>((resolve) => { ws.once("open", () => resolve(true)); ws.once("close", () => resolve(false)); }), closed: new Promise<number>((resolve) => ws.once("close", (code) => resolve(code))) };
};
let stalled: Awaited<ReturnType<typeof connect>>[] = [];

async function fuzz({ frames, victim, seed }: Extract<Attack, { do: "fuzz" }>, codes: Record<string, number>): Promise<number> {
  const random = seededRandom(seed), doc = new Y.Doc();
  const watcher = new WebsocketProvider(url, `${caseId}/masks`, doc, { WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, disableBc: true, protocols: ["caseroom", `ticket.${ticket}`] });
  for (let type = 4; type < 256; type++) watcher.messageHandlers[type] ??= () => undefined;
  let sent = 0, counter = 0;
  const one = async () => {
    while (sent < frames) {
      const { ws, opened, closed } = connect();
      if (!await opened) { await wait(20); continue; }
      const own = 1_000_000 + counter++;
      for (let i = 0; i < perSocket && ws.readyState === ws.OPEN; i++) {
        sent++;
        const frame = hostileFrame(doc, own, victim, random);
        if (random.chance(0.05) && frame.length > 4) {
          ws.send(frame.subarray(0, frame.length >> 1), { fin: false });
          ws.send(frame.subarray(frame.length >> 1), { fin: true });
        } else ws.send(frame);
      }
      const code = await Promise.race([closed, wait(3000).then(() => "left open")]);
      codes[code] = (codes[code] ?? 0) + 1;
      ws.terminate();
    }
  };
  await Promise.all(Array.from({ length: 12 }, one));
  watcher.destroy();
  return sent;
}

/** One message header that says how long it is, and then zeros for as long as the socket takes them. */
async function large(mebibytes: number): Promise<{ code: number; bytes: number }> {
  const { ws, opened, closed } = connect();
  if (!await opened) return { code: await closed, bytes: 0 };
  const { _socket: socket } = ws as unknown as { _socket: import("node:net").Socket };
  const header = Buffer.alloc(14), chunk = Buffer.alloc(64 * 1024), total = mebibytes * 2 ** 20;
  header[0] = 0x82;
  header[1] = 0xff;
  header.writeBigUInt64BE(BigInt(total), 2);
  socket.write(header);
  let bytes = 0;
  while (bytes < total && ws.readyState === ws.OPEN) {
    bytes += chunk.length;
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
  }
  return { code: await Promise.race([closed, wait(20_000).then(() => -1)]), bytes };
}

async function fragments(): Promise<{ code: number; sent: number }> {
  const { ws, opened, closed } = connect();
  if (!await opened) return { code: await closed, sent: 0 };
  let sent = 0;
  for (; sent < 2000 && ws.readyState === ws.OPEN; sent++) {
    ws.send(Uint8Array.of(1), { fin: false });
    if (sent % 20 === 19) await wait(1);
  }
  return { code: await Promise.race([closed, wait(20_000).then(() => -1)]), sent };
}

/** Asks for everything and reads it. A socket that is ended has what it had; a line that is slow is one that takes its bytes slowly. */
async function read(bytesPerSecond: number | undefined): Promise<{ told: string; bytes: number; longestBytes: number }> {
  const { ws, opened, closed } = connect(), began = performance.now();
  let bytes = 0, longestBytes = 0;
  const inStep = new Promise<string>((resolve) => ws.on("message", (data: Buffer) => {
    if (data[0] === messageType.saved) resolve("in step");
    bytes += data.length;
    longestBytes = Math.max(longestBytes, data.length);
    // One that was closed long ago could still read what the system had kept for it: it has to be heard as well.
    if (data[0] === 0 && data[1] === 1) ws.send(Uint8Array.of(messageType.saveQuery, 1));
    if (bytesPerSecond === undefined) return;
    const early = (1000 * bytes) / bytesPerSecond - (performance.now() - began);
    if (early <= 0) return;
    ws.pause();
    setTimeout(() => ws.resume(), early);
  }));
  if (!await opened) return { told: `${await closed}`, bytes, longestBytes };
  ws.send(Uint8Array.of(0, 0, 1, 0));
  const told = await Promise.race([inStep, closed.then((code) => `${code}`)]);
  ws.terminate();
  return { told, bytes, longestBytes };
}

process.on("message", async (attack: Attack) => {
  const codes: Record<string, number> = {};
  let sent = 0, megabytes = 0, longestBytes = 0;
  const tell = (code: number | string) => { codes[code] = (codes[code] ?? 0) + 1; };
  if (attack.do === "fuzz") sent = await fuzz(attack, codes);
  else if (attack.do === "large") {
    for (const { code, bytes } of await Promise.all(Array.from({ length: attack.sockets }, () => large(attack.mebibytes)))) { tell(code); megabytes += bytes / 1e6; }
  } else if (attack.do === "fragments") {
    for (const { code, sent: pieces } of await Promise.all(Array.from({ length: attack.sockets }, fragments))) { tell(code); sent += pieces; }
  } else if (attack.do === "read") {
    for (const one of await Promise.all(Array.from({ length: attack.sockets }, () => read(attack.bytesPerSecond)))) {
      tell(one.told);
      megabytes += one.bytes / 1e6;
      longestBytes = Math.max(longestBytes, one.longestBytes);
    }
  } else if (attack.do === "stall") {
    stalled = Array.from({ length: attack.sockets }, connect);
    await Promise.all(stalled.map(async ({ ws, opened }) => {
      if (!await opened) return;
      ws.send(Uint8Array.of(0, 0, 1, 0));
      await wait(200);
      ws.pause();
      sent++;
    }));
  } else {
    for (const { ws } of stalled) ws.resume();
    for (const code of await Promise.all(stalled.map(({ closed }) => Promise.race([closed, wait(5000).then(() => -1)])))) tell(code);
    for (const { ws } of stalled) ws.terminate();
  }
  process.send?.({ sent, codes, megabytes, longestBytes } satisfies Attacked);
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

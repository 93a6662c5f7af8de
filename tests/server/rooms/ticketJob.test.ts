import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { readLog } from "../../../server/record/draftLog.ts";
import { type Bench, hexOf, openBench, stroke, strokesOf, until } from "./roomBench.ts";

let bench: Bench;
beforeAll(async () => { bench = await openBench({ ana: "surgeon", ben: "engineer", rita: "reviewer" }); });
afterAll(() => bench.close());

interface Ticket { ok: boolean; url: string; rooms: { masks: string; plan: string }; params: Record<string, string>; protocols: string[]; expires: string; error?: { code: string } }
/** `job ticket`, as a person runs it. */
async function jobTicket(user: string): Promise<Ticket> {
  const env = { ...process.env, DATABASE_URL: bench.databaseUrl, CASEROOM_ORIGIN: new URL(bench.url.replace(/^ws/, "http")).origin, CASEROOM_MODE: "demo" };
  const { stdout } = await promisify(execFile)(process.execPath, [resolve("workers/job.mjs"), "ticket", "--case", bench.caseId, "--user", `${user}@example.org`], { env }).catch((error: { stdout: string }) => error);
  return JSON.parse(stdout.trim()) as Ticket;
}
/** The package's own provider, with what the command said and nothing else. */
const stock = ({ url, rooms, params, protocols }: Ticket, doc: Y.Doc) => new WebsocketProvider(url, rooms.masks, doc, { params, protocols, WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, disableBc: true, maxBackoffTime: 300 });

it("a stock y-websocket provider joins with what job ticket says, reads and writes strokes, and comes back with the same ticket", { timeout: 60_000 }, async () => {
  const inside = await bench.join("ben"), doc = new Y.Doc(), ticket = await jobTicket("ana");
  expect(ticket).toMatchObject({ ok: true, rooms: { masks: `${bench.caseId}/masks`, plan: `${bench.caseId}/plan` } });
  expect(Date.parse(ticket.expires)).toBeGreaterThan(Date.now());
  await until(() => inside.provider.synced, "the other is in");
  strokesOf(inside.doc).push([stroke(inside.doc.clientID, 1, 1)]);
  const provider = stock(ticket, doc);
  try {
    await until(() => strokesOf(doc).length === 1, "the stroke that was there is read");
    strokesOf(doc).push([stroke(doc.clientID, 1, 2)]);
    await until(() => strokesOf(inside.doc).length === 2, "its own stroke reaches the other");
    provider.disconnect();
    strokesOf(inside.doc).push([stroke(inside.doc.clientID, 2, 3)]);
    strokesOf(doc).push([stroke(doc.clientID, 2, 3)]);
    provider.connect();
    await until(() => strokesOf(doc).length === 4 && strokesOf(inside.doc).length === 4, "both have all after a reconnect");
    expect(hexOf(doc)).toEqual(hexOf(inside.doc));
    const there = new Y.Doc();
    for (const update of (await readLog(bench.db, bench.caseId, "masks")).updates) Y.applyUpdate(there, update);
    expect(hexOf(there)).toEqual(hexOf(doc));
  } finally {
    provider.destroy();
  }
});

it("whoever may only look gets a ticket to read with; what they write reaches nobody, and a stranger gets none", { timeout: 60_000 }, async () => {
  const inside = await bench.join("ben"), doc = new Y.Doc(), provider = stock(await jobTicket("rita"), doc);
  try {
    await until(() => inside.provider.synced && provider.synced, "both are in");
    const before = hexOf(inside.doc);
    expect(hexOf(doc)).toEqual(before);
    const isClosed = new Promise((closed) => { provider.on("connection-close", closed); });
    strokesOf(doc).push([stroke(doc.clientID, 1, 9)]);
    await isClosed;
    provider.disconnect();
    strokesOf(inside.doc).push([stroke(inside.doc.clientID, 1, 4)]);
    await until(async () => (await readLog(bench.db, bench.caseId, "masks")).updates.length > 0 && bench.logged.includes("room.refused"), "the refusal is in the log");
    expect(hexOf(inside.doc).filter((one) => !before.includes(one))).toHaveLength(1);
    expect(await jobTicket("outsider")).toMatchObject({ ok: false, error: { code: "not-a-member" } });
  } finally {
    provider.destroy();
  }
});

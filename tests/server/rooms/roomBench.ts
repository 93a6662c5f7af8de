import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import * as schema from "../../../drizzle/schema.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
import type { RoomDocument } from "../../../core/protocol/room.ts";
import type { Grid } from "../../../core/space/grid.ts";
import type { Role } from "../../../core/review/permissions.ts";
import { openBlobs } from "../../../server/platform/blobs.ts";
import { openDatabase } from "../../../server/platform/db.ts";
import { issueTicket } from "../../../server/record/tickets.ts";
import { createRooms, type Rooms } from "../../../server/rooms/rooms.ts";
import { Validator } from "../../../server/rooms/validator.ts";
import { openLine } from "../../chaos/line.ts";
import { freshDatabase } from "../../support/database.ts";

/** A case with one member of each role named, a room server in front of it, and stock clients. */
export async function openBench(people: Record<string, Role>, throughLine = false, more: { rebaseEvery?: number; undoKept?: number; grid?: Grid } = {}) {
  const fresh = await freshDatabase();
  const line = throughLine ? await openLine(fresh.url) : null;
  const database = openDatabase(line?.url ?? fresh.url);
  const { db } = database;
  // What a test reads by itself does not go through a line that it cuts.
  const direct = line ? openDatabase(fresh.url) : database;
  const dir = await mkdtemp(join(tmpdir(), "caseroom-rooms-"));
  const blobs = openBlobs(dir);
  for (const id of [...Object.keys(people), "outsider"]) await db.insert(schema.user).values({ id, name: `Name ${id}`, email: `${id}@example.org` });
  const creator = Object.keys(people)[0];
  const [{ id: caseId }] = await db.insert(schema.caseTable).values({ code: "26-900", createdBy: creator, grid: more.grid }).returning({ id: schema.caseTable.id });
  await db.insert(schema.segment).values([1, 2, 3].map((value) => ({ caseId, value, name: `Segment ${value}`, color: "#e0b36a", createdBy: creator })));
  for (const [userId, role] of Object.entries(people)) await db.insert(schema.member).values({ caseId, userId, role });
  const logged: string[] = [];
  const http = createServer();
  const origin = "http://localhost:9";
  let rooms: Rooms;
  const log = (_level: string, event: string) => { logged.push(event); };
  const validator = new Validator(log);
  const startRooms = () => {
    rooms = createRooms({ database, blobs, log, settings: { origin, dataDir: dir }, validator, ...more });
  };
  startRooms();
  http.on("upgrade", (req, socket, head) => rooms.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = address && typeof address === "object" ? address.port : 0;
  const providers: WebsocketProvider[] = [];
  const ticket = (userId: string) => issueTicket(direct.db, { caseId, userId, sessionId: null, origin: null, ttlMs: 60_000 });
  const url = `ws://127.0.0.1:${port}/rooms`;
  return {
    db, direct: direct.db, database, databaseUrl: fresh.url, caseId, logged, validator, line, dir, secondRooms: () => createRooms({ database, blobs, log, settings: { origin } }), origin, url, ticket, blobs, rooms: () => rooms,
    /** An unmodified y-websocket provider of a person. */
    async join(userId: string, doc = new Y.Doc(), document: RoomDocument = "masks") {
      const provider = new WebsocketProvider(url, `${caseId}/${document}`, doc, {
        WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, disableBc: true, maxBackoffTime: 300, protocols: ["caseroom", `ticket.${await ticket(userId)}`],
      });
      providers.push(provider);
      return { doc, provider };
    },
    /** A bare socket of a person. */
    async bare(userId: string, headers: Record<string, string> = {}) {
      return new WebSocket(`${url}/${caseId}/masks`, ["caseroom", `ticket.${await ticket(userId)}`], { headers });
    },
    /** Ends all stock clients, which would else come back and deliver what they hold. */
    leaveAll() {
      for (const provider of providers.splice(0)) provider.destroy();
    },
    async restart() {
      await rooms.close();
      startRooms();
    },
    async close() {
      for (const provider of providers) provider.destroy();
      await rooms.close();
      await validator.end();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await database.close();
      if (direct !== database) await direct.close();
      await line?.close();
      await fresh.drop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
export type Bench = Awaited<ReturnType<typeof openBench>>;

/** Bytes of a small stroke. */
export const stroke = (clientId: number, counter: number, lamport: number, value = 1): Uint8Array => encodeStroke({
  id: { clientId, counter }, lamport, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks: [{ brick: 0, runs: Uint16Array.of(counter % 32, 1) }] },
});

export const strokesOf = (doc: Y.Doc) => doc.getArray<Uint8Array>("strokes");
export const hexOf = (doc: Y.Doc): string[] => strokesOf(doc).toArray().map((bytes) => Buffer.from(bytes).toString("hex")).sort();

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

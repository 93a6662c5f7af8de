// The server's side of `bench -- rooms`: a room on a real, durable PostgreSQL, in a process of its own.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import postgres from "postgres";
import { migrate } from "../../drizzle/migrate.ts";
import * as schema from "../../drizzle/schema.ts";
import { openBlobs } from "../../server/platform/blobs.ts";
import { openDatabase } from "../../server/platform/db.ts";
import { issueTicket } from "../../server/record/tickets.ts";
import { createRooms } from "../../server/rooms/rooms.ts";
import { startPostgres } from "../../server/start/postgres.mjs";
import { urlOfDatabase } from "../support/database.ts";

const dir = await mkdtemp("/tmp/caseroom-bench-");
await chmod(dir, 0o755);
const running = await startPostgres({ dataDir: dir, bin: process.env.TEST_POSTGRES_BIN });
const admin = postgres(running.urlOf("postgres"), { max: 1 });
await admin.unsafe("create database rooms_bench");
// For the peer's log, in the same PostgreSQL.
await admin.unsafe("create database rooms_peer");
await admin.end();
const url = urlOfDatabase(running.urlOf("postgres"), "rooms_bench");
await migrate(url);
const database = openDatabase(url);
const { db } = database;
const people = Array.from({ length: 60 }, (_, i) => `writer${i}`);
for (const id of people) await db.insert(schema.user).values({ id, name: id, email: `${id}@example.org` });

async function newCase(code: string): Promise<{ path: string; tickets: string[] }> {
  const [{ id: caseId }] = await db.insert(schema.caseTable).values({ code, createdBy: people[0] }).returning({ id: schema.caseTable.id });
  await db.insert(schema.segment).values({ caseId, value: 1, name: "Segment", color: "#e0b36a", createdBy: people[0] });
  const tickets: string[] = [];
  for (const userId of people) {
    await db.insert(schema.member).values({ caseId, userId, role: "engineer" });
    tickets.push(await issueTicket(db, { caseId, userId, sessionId: null, origin: null, ttlMs: 600_000 }));
  }
  return { path: `/rooms/${caseId}/masks`, tickets };
}

const rooms = createRooms({ database, blobs: openBlobs(join(dir, "blobs")), log: () => undefined, settings: { origin: "http://localhost:9" } });
const http = createServer();
http.on("upgrade", (req, socket, head) => rooms.handleUpgrade(req, socket, head));
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
const address = http.address();
const delay = monitorEventLoopDelay({ resolution: 5 });
let cpu = process.cpuUsage();

/** What stays once nothing is under way: collected again and again until it shrinks no more. */
async function settled(): Promise<{ rssMiB: number; heapMiB: number; sockets: number }> {
  let { heapUsed } = process.memoryUsage();
  for (let i = 0; i < 20; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = process.memoryUsage().heapUsed;
    if (i > 4 && now > heapUsed * 0.999) break;
    heapUsed = now;
  }
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  return { rssMiB: rss / 2 ** 20, heapMiB: (heap + external) / 2 ** 20, sockets: rooms.stats().sockets };
}

process.on("message", (ask: { do: "case"; code: string } | { do: "memory" } | { do: "measure" } | { do: "measured" } | { do: "end" }) => {
  void (async () => {
    if (ask.do === "case") process.send?.(await newCase(ask.code));
    else if (ask.do === "measure") { delay.reset(); delay.enable(); cpu = process.cpuUsage(); process.send?.({}); }
    else if (ask.do === "measured") {
      const { user, system } = process.cpuUsage(cpu);
      delay.disable();
      process.send?.({ p99Ms: delay.percentile(99) / 1e6, rssMiB: process.memoryUsage().rss / 2 ** 20, cpuS: (user + system) / 1e6 });
    } else if (ask.do === "memory") process.send?.(await settled());
    else {
      await rooms.close();
      http.closeAllConnections();
      await database.close();
      await running.stop();
      await rm(dir, { recursive: true, force: true });
      process.exit(0);
    }
  })();
});
process.send?.({ port: address && typeof address === "object" ? address.port : 0, peerUrl: urlOfDatabase(running.urlOf("postgres"), "rooms_peer") });

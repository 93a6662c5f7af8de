import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as schema from "../../drizzle/schema.ts";
import { type Database, openDatabase } from "../../server/platform/db.ts";
import type { Role } from "../../core/review/permissions.ts";
import type { Grid } from "../../core/space/grid.ts";
import { serverNodeOptions } from "../../server/start/serverNode.mjs";
import { issueTicket } from "../../server/record/tickets.ts";
import { freshDatabase } from "../support/database.ts";
import { openPortLine } from "./line.ts";
import type { Health } from "./roomsProcess.ts";

/** A rooms server in a process of its own. */
export class RoomsProcess {
  readonly port: number;
  readonly exited: Promise<void>;
  /** Called whenever it begins to store a blob. */
  onStoring: () => void = () => undefined;
  readonly #child: ChildProcess;
  readonly #asked: ((health: Health) => void)[] = [];

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.exited = new Promise((resolve) => child.once("exit", () => resolve()));
    child.on("message", (told: { storing?: true; health?: Health }) => {
      if (told.storing) this.onStoring();
      if (told.health) this.#asked.shift()?.(told.health);
    });
  }

  static async start(given: { databaseUrl: string; dataDir: string; port?: number; rebaseEvery?: number; undoKept?: number }): Promise<RoomsProcess> {
    const args = [given.databaseUrl, given.dataDir, given.port ?? 0, given.rebaseEvery ?? 3000, given.undoKept ?? 200].map(String);
    const child = fork(new URL("./roomsProcess.ts", import.meta.url), args, { execArgv: [...serverNodeOptions, "--expose-gc", "--disable-warning=ExperimentalWarning"] });
    const port = await new Promise<number>((resolve, reject) => {
      child.once("message", (told: { port: number }) => resolve(told.port));
      child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it listened`)));
    });
    return new RoomsProcess(child, port);
  }

  get pid(): number { return this.#child.pid ?? 0; }
  /** Whether it has not ended by itself. */
  get isAlive(): boolean { return this.#child.exitCode === null && this.#child.signalCode === null; }
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void { this.#child.kill(name); }
  health(): Promise<Health> { return this.#ask("health"); }
  /** As `health`, and the event loop's delays are counted anew. */
  reset(): Promise<Health> { return this.#ask("reset"); }

  #ask(what: "health" | "reset"): Promise<Health> {
    return new Promise((resolve) => { this.#asked.push(resolve); this.#child.send({ do: what }); });
  }
}

export interface Fleet {
  database: Database;
  databaseUrl: string;
  dataDir: string;
  /** Where clients connect: leads to one of the servers. */
  front: Awaited<ReturnType<typeof openPortLine>>;
  newCase(grid?: Grid): Promise<string>;
  ticket(caseId: string, userId: string): Promise<string>;
  start(options?: { databaseUrl?: string; rebaseEvery?: number; undoKept?: number }): Promise<RoomsProcess>;
  close(): Promise<void>;
}

/** A database, a data folder and a front line for servers that come and go. */
export async function openFleet(people: Readonly<Record<string, Role>>): Promise<Fleet> {
  const fresh = await freshDatabase(), database = openDatabase(fresh.url), { db } = database;
  const dataDir = await mkdtemp(join(tmpdir(), "caseroom-fleet-"));
  const front = await openPortLine({ host: "127.0.0.1", port: 1 });
  const started: RoomsProcess[] = [];
  for (const id of Object.keys(people)) await db.insert(schema.user).values({ id, name: id, email: `${id}@example.org` });
  let cases = 0;
  return {
    database, databaseUrl: fresh.url, dataDir, front,
    async newCase(grid) {
      const [creator] = Object.keys(people);
      const [{ id: caseId }] = await db.insert(schema.caseTable).values({ code: `26-${900 + cases++}`, createdBy: creator, grid }).returning({ id: schema.caseTable.id });
      await db.insert(schema.segment).values([1, 2, 3].map((value) => ({ caseId, value, name: `Segment ${value}`, color: "#e0b36a", createdBy: creator })));
      for (const [userId, role] of Object.entries(people)) await db.insert(schema.member).values({ caseId, userId, role });
      return caseId;
    },
    ticket: (caseId, userId) => issueTicket(db, { caseId, userId, sessionId: null, origin: null, ttlMs: 24 * 3600_000 }),
    async start({ databaseUrl, ...more } = {}) {
      const server = await RoomsProcess.start({ databaseUrl: databaseUrl ?? fresh.url, dataDir, ...more });
      started.push(server);
      return server;
    },
    async close() {
      for (const server of started) if (server.isAlive) { server.signal("SIGKILL"); await server.exited; }
      await front.close();
      await database.close();
      await fresh.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

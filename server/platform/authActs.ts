import { AsyncLocalStorage } from "node:async_hooks";
import type { BetterAuthOptions } from "better-auth";
import type { Database, Db, Tx } from "./db.ts";

/** Something that happened with an account: who, what, to what. Never an address, never a token. */
export interface AuthEvent { actorId: string | null; caseId: null; action: string; object: Record<string, unknown> }
/** Writes an event into the record, inside a transaction; the record lies above the platform, so it is handed in. */
export type WriteEvent = (tx: Tx, event: AuthEvent) => Promise<void>;

/** How a session begins or ends. */
export type By = "password" | "demo" | "signOut" | "everywhere" | "expired";

/**
 * Acts of better-auth, each in one transaction with the events of the sessions that it begins and ends (RV3): better-auth
 * writes through `db`, which is the act's transaction while one is under way, and its hooks write the events into the same.
 */
export class AuthActs {
  readonly #database: Database;
  readonly #write: WriteEvent;
  readonly #act = new AsyncLocalStorage<{ tx: Tx; by: By }>();
  readonly db: Db;
  readonly hooks: NonNullable<BetterAuthOptions["databaseHooks"]> = {
    session: {
      create: { after: ({ userId }) => this.write({ actorId: userId, caseId: null, action: "session.begun", object: { by: this.#by() } }) },
      delete: { after: ({ userId }) => this.write({ actorId: userId, caseId: null, action: "session.ended", object: { by: this.#by() } }) },
    },
  };

  constructor(database: Database, write: WriteEvent) {
    this.#database = database;
    this.#write = write;
    this.db = new Proxy(database.db, {
      get: (outside, name) => {
        const at = this.#act.getStore()?.tx ?? outside, part: unknown = Reflect.get(at, name);
        return typeof part === "function" ? part.bind(at) : part;
      },
    });
  }

  /** Runs an act; nothing of it stays when it throws. */
  run<T>(by: By, act: () => Promise<T>): Promise<T> {
    return this.#database.db.transaction((tx) => this.#act.run({ tx, by }, act));
  }

  /** Writes an event into the act under way; outside of one (a session that was found to be over) in a transaction of its own. */
  async write(event: AuthEvent): Promise<void> {
    const act = this.#act.getStore();
    if (act) await this.#write(act.tx, event);
    else await this.#database.db.transaction((tx) => this.#write(tx, event));
  }

  #by(): By { return this.#act.getStore()?.by ?? "expired"; }
}

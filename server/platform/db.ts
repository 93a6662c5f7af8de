import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "../../drizzle/schema.ts";

/** Seconds until a lost connection is tried again: the library's own would leave rooms closed for 20 s after an outage. */
const backoff = (attempt: number): number => Math.min(3 ** attempt / 100, 1) * (0.5 + Math.random() / 2);
/** Milliseconds until PostgreSQL ends a transaction of a process that went silent in it, and with it the locks that everybody else waits for. */
const idleInTransactionMs = 60_000;
const connect = (url: string, max: number) => postgres(url, { max, backoff, connection: { idle_in_transaction_session_timeout: idleInTransactionMs }, onnotice: () => undefined });
const wrap = (client: postgres.Sql) => drizzle(client, { schema });

export type Db = ReturnType<typeof wrap>;
/** What a write is done in: the argument of `db.transaction`. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

export interface Database {
  db: Db;
  /**
   * The raw client, for LISTEN, COPY and advisory locks. It is a second one because drizzle rewires
   * the types of the client that it is given (timestamps become strings, `sql.json` throws).
   */
  sql: postgres.Sql;
  url: string;
  /** Ends every connection, waiting up to 5 s for queries under way. */
  close(): Promise<void>;
}

/** One connection that stays open until it is lost or ended; `onClosed` is told of either. A query after that opens it anew. */
export function openLine(url: string, onClosed: () => void): postgres.Sql {
  return postgres(url, { max: 1, backoff, idle_timeout: 0, max_lifetime: null, onnotice: () => undefined, onclose: onClosed });
}

/** Opens lazily: no connection is made, and nothing is thrown, before the first query. */
export function openDatabase(url: string): Database {
  const sql = connect(url, 6);
  const behindDrizzle = connect(url, 10);
  return {
    db: wrap(behindDrizzle), sql, url,
    close: async () => {
      await Promise.all([sql.end({ timeout: 5 }), behindDrizzle.end({ timeout: 5 })]);
    },
  };
}

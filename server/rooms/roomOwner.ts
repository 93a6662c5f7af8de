import { randomUUID } from "node:crypto";
import { type Database, openLine } from "../platform/db.ts";
import { giveRoomBack, holdsRoom, leaseMs, renewRooms, takeRoom } from "../record/roomLease.ts";
import type { DraftDocument } from "../record/draftLog.ts";

/**
 * A9: this process as the owner of rooms. Its name holds the database connection that it keeps open, so that another
 * process sees at once that it ended; one that is only silent is waited for until its lease has run out.
 */
export class RoomOwner {
  readonly #database: Database;
  readonly #names: string[] = [];
  /** Undefined after its connection was lost. */
  #name: Promise<string> | undefined;
  readonly #line: ReturnType<typeof openLine>;
  readonly #timer: NodeJS.Timeout;

  constructor(database: Database, failed: (error: unknown) => void) {
    this.#database = database;
    this.#line = openLine(database.url, () => { this.#name = undefined; });
    this.#timer = setInterval(() => { renewRooms(database.db, this.#names).catch(failed); }, leaseMs / 3);
    this.#timer.unref();
  }

  /** @returns the fencing token. @throws RoomTaken */
  async take(caseId: string, document: DraftDocument): Promise<number> {
    this.#name ??= this.#begin();
    return takeRoom(this.#database.db, caseId, document, await this.#name, (owner) => this.#isGone(owner));
  }

  /** Whether a room that was taken is still this process'. One that was cut off for a while may not have noticed. */
  holds(caseId: string, document: DraftDocument, token: number): Promise<boolean> {
    return holdsRoom(this.#database.db, caseId, document, token);
  }

  giveBack(caseId: string, document: DraftDocument, token: number): Promise<void> {
    return giveRoomBack(this.#database.db, caseId, document, token);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#line.end({ timeout: 1 });
  }

  /** A name under which this process takes rooms, as long as this connection is there. */
  async #begin(): Promise<string> {
    try {
      const [{ backend }] = await this.#line<{ backend: string }[]>`select pid || '/' || extract(epoch from backend_start)::text as backend from pg_stat_activity where pid = pg_backend_pid()`;
      const name = `${backend}/${randomUUID()}`;
      this.#names.push(name);
      return name;
    } catch (error) {
      this.#name = undefined;
      throw error;
    }
  }

  async #isGone(owner: string): Promise<boolean> {
    const backend = owner.split("/").slice(0, 2).join("/");
    const rows = await this.#database.sql`select 1 from pg_stat_activity where pid || '/' || extract(epoch from backend_start)::text = ${backend}`;
    return rows.length === 0;
  }
}

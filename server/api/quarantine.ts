import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Database } from "../platform/db.ts";
import type { Settings } from "../platform/settings.ts";
import { countReceived, ownUpload, uploadsToKeep } from "../record/uploads.ts";
import { Refused } from "./answers.ts";

/** How much is written between two looks at the count, bytes. */
const countEvery = 8 * 1024 * 1024;
const ending = /\.(nii\.gz|nii|zip|dcm|ima|gz)$/i;

/**
 * The name under which an arriving file lies. Names on disk often hold the patient's: one that is not a plain
 * number becomes a digest of itself, so that it can reach neither a report nor the log.
 */
export function storedName(name: string): string {
  const known = ending.exec(name)?.[0].toLowerCase() ?? "";
  const stem = name.slice(0, name.length - known.length);
  return (/^\d{1,6}$/.test(stem) ? stem : `f${createHash("sha256").update(stem).digest("hex").slice(0, 12)}`) + known;
}

async function sizeAt(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}

/** Where uploads lie until they are decoded: `<data>/uploads/<upload id>/`. */
export class Quarantine {
  readonly #database: Database;
  readonly #settings: Settings;
  /** Files being written now. */
  readonly #busy = new Set<string>();
  constructor(database: Database, settings: Settings) {
    this.#database = database;
    this.#settings = settings;
  }

  #dirOf(id: string): string { return join(this.#settings.dataDir, "uploads", id); }

  /**
   * Streams a request's body into a file from byte `offset` on (what lies behind it is written anew).
   * @returns size of the file, bytes. @throws Refused 404, 409, 413, 503
   */
  async receive(req: IncomingMessage, userId: string, id: string, name: string, offset: number): Promise<number> {
    const { db } = this.#database;
    const row = await ownUpload(db, userId, id);
    if (!row) throw new Refused(404, "notFound", "There is no such upload.");
    if (row.state !== "receiving") throw new Refused(409, "notReceiving", "This upload takes nothing any more.");
    const tooLarge = new Refused(413, "tooLarge", `This workspace takes up to ${Math.floor(this.#settings.uploadLimitBytes / 1048576)} MiB at a time.`);
    if (row.receivedBytes + Number(req.headers["content-length"] ?? 0) - 1 > this.#settings.uploadLimitBytes + offset) throw tooLarge;
    await mkdir(this.#dirOf(id), { recursive: true, mode: 0o700 });
    const path = join(this.#dirOf(id), storedName(name));
    if (this.#busy.has(path)) throw new Refused(503, "busy", "An earlier try of this file is still being taken down.");
    this.#busy.add(path);
    try {
      return await this.#write(req, id, path, offset, tooLarge);
    } finally {
      this.#busy.delete(path);
    }
  }

  async #write(req: IncomingMessage, id: string, path: string, offset: number, tooLarge: Refused): Promise<number> {
    const { db } = this.#database;
    const limit = this.#settings.uploadLimitBytes;
    const before = await sizeAt(path);
    if (offset > before) throw new Refused(409, "gap", `Only ${before} bytes are here; go on from there.`);
    const handle = await open(path, before === 0 ? "w" : "r+", 0o600);
    let at = offset;
    let uncounted = 0;
    const count = async () => {
      const bytes = uncounted;
      uncounted = 0;
      if (bytes !== 0 && !await countReceived(db, id, bytes, limit)) throw tooLarge;
    };
    try {
      await handle.truncate(offset);
      uncounted = offset - before;
      await count();
      for await (const part of req as AsyncIterable<Buffer>) {
        await handle.write(part, 0, part.byteLength, at);
        at += part.byteLength;
        uncounted += part.byteLength;
        if (uncounted >= countEvery) await count();
      }
      await handle.sync();
      return at;
    } finally {
      // What was written is counted also when the connection broke: the next try begins there.
      await handle.close();
      await count();
    }
  }

  /** Bytes of a file that have arrived; 0 when it has not begun. */
  async sizeOf(id: string, name: string): Promise<number> {
    return sizeAt(join(this.#dirOf(id), storedName(name)));
  }

  /** Deletes an upload's files. */
  async remove(id: string): Promise<void> {
    await rm(this.#dirOf(id), { recursive: true, force: true });
  }

  /** Deletes files of uploads that ended, or that nobody finished within a day. @returns how many folders went */
  async sweep(): Promise<number> {
    const root = join(this.#settings.dataDir, "uploads");
    await mkdir(root, { recursive: true, mode: 0o700 });
    const keep = await uploadsToKeep(this.#database.db);
    const stale = (await readdir(root)).filter((id) => !keep.has(id));
    for (const id of stale) await this.remove(id);
    return stale.length;
  }
}

import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { LogEntry } from "../record/draftLog.ts";

const magic = "caseroom spill 1";

/**
 * A5: what was proven but could not be written to the database when the server had to go, in a file of its own
 * beside the blobs. The next start reads it in. A line is JSON with its SHA-256 before it, so that a torn end shows.
 */
export class Spill {
  readonly #dir: string;

  constructor(dataDir: string) {
    this.#dir = join(dataDir, "spill");
  }

  /** Resolves once the entries are on this machine's disk. */
  async write(caseId: string, entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await mkdir(this.#dir, { recursive: true });
    const before = await this.read(caseId);
    const path = this.#pathOf(caseId), temporary = `${path}.${randomUUID()}`;
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile([magic, ...[...before, ...entries].map(lineOf)].join("\n"));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(this.#dir, "r");
    // Where a folder cannot be synced, the rename itself is what we get.
    await folder.sync().catch(() => undefined);
    await folder.close();
  }

  /** Entries of a case that wait, up to the first that is not whole. */
  async read(caseId: string): Promise<LogEntry[]> {
    const text = await readFile(this.#pathOf(caseId), "utf8").catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw error;
    });
    const [head, ...lines] = text.split("\n");
    const entries: LogEntry[] = [];
    if (head !== magic) return entries;
    for (const line of lines) {
      const entry = readLine(line);
      if (!entry) break;
      entries.push(entry);
    }
    return entries;
  }

  async forget(caseId: string): Promise<void> {
    await rm(this.#pathOf(caseId), { force: true });
  }

  #pathOf(caseId: string): string {
    if (!/^[0-9a-f-]{36}$/.test(caseId)) throw new Error("not the id of a case");
    return join(this.#dir, `${caseId}.log`);
  }
}

const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function lineOf({ update, userId, sessionId }: LogEntry): string {
  const text = JSON.stringify({ update: Buffer.from(update).toString("base64"), userId, sessionId });
  return `${sumOf(text)} ${text}`;
}

function readLine(line: string): LogEntry | null {
  const text = line.slice(65);
  if (line.slice(0, 64) !== sumOf(text)) return null;
  const { update, userId, sessionId } = JSON.parse(text) as { update: string; userId: string; sessionId: string };
  return { update: new Uint8Array(Buffer.from(update, "base64")), userId, sessionId };
}

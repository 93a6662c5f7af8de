import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Bytes under the hex SHA-256 of themselves. What is there never changes. */
export interface Blobs {
  /** Resolves with the hash once the bytes are on disk and so is their name. */
  put(bytes: Uint8Array): Promise<string>;
  /** As `put`, without holding it all in memory; a failing source leaves nothing behind. */
  putStream(source: Readable): Promise<{ hash: string; size: number }>;
  /** @throws BlobMissing; Error when the stored bytes no longer have their hash. */
  get(hash: string): Promise<Uint8Array>;
  stream(hash: string): Readable;
  has(hash: string): Promise<boolean>;
  /** Size in bytes. @throws BlobMissing */
  size(hash: string): Promise<number>;
}

export class BlobMissing extends Error {
  override name = "BlobMissing";
}

const isCode = (error: unknown, ...codes: string[]) =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Windows and some network file systems cannot sync a folder; there the rename itself is what we get.
    if (!isCode(error, "EPERM", "EINVAL", "EISDIR", "ENOTSUP")) throw error;
  } finally {
    await handle.close();
  }
}

function missingAs(hash: string, error: unknown): unknown {
  return isCode(error, "ENOENT") ? new BlobMissing(`no blob ${hash}`) : error;
}

/** A store in a folder: `<first two digits>/<hash>`, and `incoming/` for what is being written. */
export function openBlobs(dir: string): Blobs {
  const pathOf = (hash: string) => {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new BlobMissing("not the name of a blob");
    return join(dir, hash.slice(0, 2), hash);
  };
  const exists = (path: string) => access(path).then(() => true, (error: unknown) => {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  });

  async function settle(temporary: string, hash: string): Promise<void> {
    const path = pathOf(hash);
    const isNewFolder = await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    await syncPath(dirname(path));
    if (isNewFolder) await syncPath(dir);
  }

  async function putStream(source: Readable): Promise<{ hash: string; size: number }> {
    const incoming = join(dir, "incoming");
    await mkdir(incoming, { recursive: true });
    const temporary = join(incoming, randomUUID());
    const digest = createHash("sha256");
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        digest.update(chunk);
        size += chunk.byteLength;
        done(null, chunk);
      },
    });
    try {
      await pipeline(source, counted, createWriteStream(temporary, { flags: "wx", mode: 0o600, flush: true }));
      const hash = digest.digest("hex");
      await settle(temporary, hash);
      return { hash, size };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    put: async (bytes) => {
      const hash = createHash("sha256").update(bytes).digest("hex");
      if (await exists(pathOf(hash))) return hash;
      await putStream(Readable.from([Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)], { objectMode: false }));
      return hash;
    },
    putStream,
    get: async (hash) => {
      const bytes = await readFile(pathOf(hash)).catch((error: unknown) => { throw missingAs(hash, error); });
      if (createHash("sha256").update(bytes).digest("hex") !== hash) throw new Error(`blob ${hash} is damaged on disk`);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    stream: (hash) => createReadStream(pathOf(hash)),
    has: (hash) => exists(pathOf(hash)),
    size: async (hash) => (await stat(pathOf(hash)).catch((error: unknown) => { throw missingAs(hash, error); })).size,
  };
}

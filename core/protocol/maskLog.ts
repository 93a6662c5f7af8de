import { z } from "zod";

/** The log of a case's masks as it is read to be replayed: who wrote what, when, and where the server began a new base. */
export interface MaskLog {
  entries: readonly MaskLogEntry[];
  bases: readonly MaskLogBase[];
  /** Names of the people, by user id. */
  names: Readonly<Record<string, string>>;
}
export interface MaskLogEntry {
  seq: number;
  /** Commit by the server's clock, ms since 1970. */
  at: number;
  /** Null: the server's own. */
  userId: string | null;
  /** A Yjs update. */
  update: Uint8Array;
}
/** From log entry `seq` on these labelmaps lie below the strokes of the document; hashes of blobs. */
export interface MaskLogBase { seq: number; anatomy: string; proposal: string }

const hash = z.string().regex(/^[0-9a-f]{64}$/), whole = z.number().int().nonnegative();
const head = z.object({
  entries: z.array(z.tuple([whole, whole, z.string().nullable(), whole])), bases: z.array(z.object({ seq: whole, anatomy: hash, proposal: hash })), names: z.record(z.string(), z.string()),
});

/** The bytes are not a log of this format. */
export class MaskLogError extends Error {
  override name = "MaskLogError";
}

/** Length of a JSON head (u32, little-endian), the head, then the updates one after the other. */
export function encodeMaskLog({ entries, bases, names }: MaskLog): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify({ entries: entries.map(({ seq, at, userId, update }) => [seq, at, userId, update.length]), bases, names }));
  const bytes = new Uint8Array(4 + text.length + entries.reduce((sum, { update }) => sum + update.length, 0));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let to = 4 + text.length;
  for (const { update } of entries) { bytes.set(update, to); to += update.length; }
  return bytes;
}

/** @throws MaskLogError */
export function decodeMaskLog(bytes: Uint8Array): MaskLog {
  const length = bytes.length < 4 ? Infinity : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (4 + length > bytes.length) throw new MaskLogError("the log ends in its head");
  let read: z.infer<typeof head>;
  try {
    read = head.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))));
  } catch {
    throw new MaskLogError("the log's head is not readable");
  }
  let from = 4 + length;
  const entries = read.entries.map(([seq, at, userId, size]): MaskLogEntry => ({ seq, at, userId, update: bytes.subarray(from, from += size) }));
  if (from !== bytes.length) throw new MaskLogError("the log is not as long as its head says");
  return { entries, bases: read.bases, names: read.names };
}

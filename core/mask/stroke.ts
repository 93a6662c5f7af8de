import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { maxLabelValue } from "./brick.ts";
import { type BrickRuns, readBricks, runsSize, writeBricks } from "./brickRuns.ts";
import { ByteReader, ByteWriter, FormatError, varuintSize } from "./byteCursor.ts";

export type { BrickRuns } from "./brickRuns.ts";

/** Who drew it (Yjs client id) and its number among that client's strokes. */
export interface StrokeId {
  clientId: number;
  counter: number;
}

export type Layer = "anatomy" | "proposal";

/** Voxel box, half-open: [x0, x1) × [y0, y1) × [z0, z1). */
export type VoxelBox = readonly [number, number, number, number, number, number];

export type StrokeContent =
  | { kind: "runs"; bricks: BrickRuns[] }
  | { kind: "blob"; /** sha-256 of the blob, 64 lower-case hex digits */ hash: string; byteLength: number; box: VoxelBox };

/**
 * One log entry: a whole stroke or an increment of one. All entries of one stroke share id, lamport, layer
 * and value (MK2); the last one has `isFinal` and may be empty.
 */
export interface StrokeEntry {
  id: StrokeId;
  lamport: number;
  layer: Layer;
  /** Label value written, 0 = erase. */
  value: number;
  isFinal: boolean;
  content: StrokeContent;
}

/** The bytes are not a stroke of this format (MK3). */
export class StrokeError extends Error {
  override name = "StrokeError";
}

/** Greatest client id (Yjs makes 32-bit ones, the format allows 53 bits). */
export const maxClientId = Number.MAX_SAFE_INTEGER;
/** Greatest lamport: 2^48 leaves room above for ever. */
export const maxLamport = 281_474_976_710_656;
/** Greatest blob a stroke may name, bytes. */
export const maxStrokeBlobBytes = 64 * 1024 * 1024;
const maxVoxelCoordinate = 0xffff;
const strokeVersion = 1;
const blobVersion = 1;
const proposalFlag = 1;
const finalFlag = 2;
const blobFlag = 4;

/** Text key of a stroke id, for maps. */
export const strokeKey = (id: StrokeId): string => `${id.clientId}:${id.counter}`;

/**
 * Text key of the act that a stroke belongs to (MK7): strokes of one client with one lamport. A later stroke of that client
 * always has a greater one, so only what was meant as one act shares it; and nobody's stroke folds between them.
 */
export const actKey = ({ id, lamport }: { id: StrokeId; lamport: number }): string => `${id.clientId}@${lamport}`;

function asStrokeError<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError) throw new StrokeError(`${what}: ${error.message}`);
    throw error;
  }
}

function boxProblem(box: VoxelBox): string | undefined {
  for (let a = 0; a < 3; a++) if (box[a] >= box[a + 3]) return "empty box";
  return undefined;
}

/** Bytes of an entry: version, id, lamport, flags, value, content. Throws StrokeError for an entry not canonical. */
export function encodeStroke(entry: StrokeEntry): Uint8Array {
  return asStrokeError("stroke", () => {
    const { id, content } = entry;
    if (!Number.isInteger(entry.value) || entry.value < 0 || entry.value > maxLabelValue) throw new FormatError("label value");
    if (!(entry.lamport >= 1 && entry.lamport <= maxLamport)) throw new FormatError("lamport");
    const out = new ByteWriter();
    out.byte(strokeVersion);
    out.varuint(id.clientId);
    out.varuint(id.counter);
    out.varuint(entry.lamport);
    out.byte((entry.layer === "proposal" ? proposalFlag : 0) + (entry.isFinal ? finalFlag : 0) + (content.kind === "blob" ? blobFlag : 0));
    out.byte(entry.value);
    if (content.kind === "runs") {
      writeBricks(out, content.bricks);
    } else {
      if (!/^[0-9a-f]{64}$/.test(content.hash)) throw new FormatError("hash");
      if (content.byteLength < 1 || content.byteLength > maxStrokeBlobBytes) throw new FormatError("blob size");
      const problem = boxProblem(content.box);
      if (problem !== undefined) throw new FormatError(problem);
      out.bytes(hexToBytes(content.hash));
      out.varuint(content.byteLength);
      for (const bound of content.box) {
        if (bound > maxVoxelCoordinate) throw new FormatError("box");
        out.varuint(bound);
      }
    }
    return out.finish();
  });
}

/** Reads an entry. Every entry has exactly one spelling: whatever `encodeStroke` does not write throws StrokeError. */
export function decodeStroke(bytes: Uint8Array): StrokeEntry {
  return asStrokeError("stroke", () => {
    const from = new ByteReader(bytes);
    if (from.byte() !== strokeVersion) throw new FormatError("unknown version");
    const id = { clientId: from.varuint(maxClientId), counter: from.varuint() };
    const lamport = from.varuint(maxLamport);
    if (lamport < 1) throw new FormatError("lamport");
    const flags = from.byte();
    if (flags > 7) throw new FormatError("unknown flag");
    const value = from.byte();
    if (value > maxLabelValue) throw new FormatError("label value");
    const content = (flags & blobFlag) === 0 ? { kind: "runs" as const, bricks: readBricks(from) } : readBlobContent(from);
    from.end();
    const layer: Layer = (flags & proposalFlag) === 0 ? "anatomy" : "proposal";
    return { id, lamport, layer, value, isFinal: (flags & finalFlag) !== 0, content };
  });
}

function readBlobContent(from: ByteReader): StrokeContent {
  const hash = bytesToHex(from.bytes(32));
  const byteLength = from.varuint(maxStrokeBlobBytes);
  if (byteLength < 1) throw new FormatError("blob size");
  const bound = () => from.varuint(maxVoxelCoordinate);
  const box: VoxelBox = [bound(), bound(), bound(), bound(), bound(), bound()];
  const problem = boxProblem(box);
  if (problem !== undefined) throw new FormatError(problem);
  return { kind: "blob", hash, byteLength, box };
}

/** Content of a blob stroke: the same bricks as in an entry, without its limit of size. Throws StrokeError. */
export function encodeBlobRuns(bricks: readonly BrickRuns[]): Uint8Array {
  return asStrokeError("stroke blob", () => {
    const out = new ByteWriter();
    out.byte(blobVersion);
    writeBricks(out, bricks);
    return out.finish();
  });
}

/** Reads what `encodeBlobRuns` wrote; throws StrokeError. */
export function decodeBlobRuns(bytes: Uint8Array): BrickRuns[] {
  return asStrokeError("stroke blob", () => {
    const from = new ByteReader(bytes);
    if (from.byte() !== blobVersion) throw new FormatError("unknown version");
    const bricks = readBricks(from);
    from.end();
    return bricks;
  });
}

/**
 * Splits an entry of runs into entries of at most `maxBytes` under the same id: between bricks, and inside a
 * brick only where that brick alone is too large. `isFinal` stays on the last. Throws StrokeError if `maxBytes`
 * cannot hold a header and a run. The greatest brick number's size is assumed throughout.
 */
export function splitEntry(entry: StrokeEntry, maxBytes: number): StrokeEntry[] {
  if (entry.content.kind === "blob" || encodeStroke(entry).length <= maxBytes) return [entry];
  const empty = encodeStroke({ ...entry, isFinal: false, content: { kind: "runs", bricks: [] } });
  const room = maxBytes - empty.length - 3;
  const brickHead = 4 + 3;
  if (room < brickHead + 4) throw new StrokeError(`an entry cannot be split to ${maxBytes} bytes`);
  const parts: BrickRuns[][] = [];
  let part: BrickRuns[] = [];
  let used = 0;
  const put = (piece: BrickRuns, size: number) => {
    if (used + size > room && part.length > 0) {
      parts.push(part);
      part = [];
      used = 0;
    }
    part.push(piece);
    used += size;
  };
  for (const { brick, runs } of entry.content.bricks) {
    const size = brickHead + runsSize(runs);
    if (size <= room) {
      put({ brick, runs }, size);
      continue;
    }
    for (let from = 0; from < runs.length; ) {
      const to = fitting(runs, from, room - brickHead);
      put({ brick, runs: runs.slice(from, to) }, brickHead + runsSize(runs, from, to));
      from = to;
    }
  }
  parts.push(part);
  return parts.map((bricks, i) => ({
    ...entry, isFinal: entry.isFinal && i === parts.length - 1, content: { kind: "runs" as const, bricks },
  }));
}

/** End of the longest piece of `runs` from `from` that fits into `room` bytes; at least one run. */
function fitting(runs: Uint16Array, from: number, room: number): number {
  let to = from;
  let used = 0;
  let end = 0;
  while (to < runs.length) {
    used += varuintSize((runs[to] - end) * 32 + runs[to + 1] - 1);
    if (used > room && to > from) break;
    end = runs[to] + runs[to + 1];
    to += 2;
  }
  return to;
}

import { Inflate, zipSync } from "fflate";

/** Most that an archive may hold (G10). */
export const archiveLimits = { entries: 512, entryBytes: 1_500_000_000, totalBytes: 3_000_000_000, ratio: 1_100 } as const;

/** A file that is not a package archive, or one beyond the limits; the message says what and where. */
export class ArchiveRefused extends Error {
  override name = "ArchiveRefused";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const inOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A path inside a package: relative, plain ASCII, without a step up. */
const isPlainPath = (path: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(path) && path.length <= 200;

/** A zip whose bytes depend on names and contents alone (JB5): byte order, level 6, one fixed time, no attributes. */
export function writeArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Record<string, Uint8Array> = {};
  for (const path of [...files.keys()].sort(inOrder)) {
    if (!isPlainPath(path)) throw new RangeError(`${path} cannot be a path in a package`);
    entries[path] = files.get(path)!;
  }
  return zipSync(entries, { level: 6, mtime: "1980-01-01T00:00:00" });
}

interface Entry { path: string; method: number; crc: number; packed: number; size: number; offset: number }

function readDirectory(bytes: Uint8Array, view: DataView): Entry[] {
  const end = bytes.length - 22;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) throw new ArchiveRefused("not-a-package", "The file does not end as a package does: it is no zip, is cut off, or has something behind its end.");
  const count = view.getUint16(end + 10, true), size = view.getUint32(end + 12, true), from = view.getUint32(end + 16, true);
  if (count > archiveLimits.entries) throw new ArchiveRefused("too-many-entries", `The archive names ${count} entries; a package has at most ${archiveLimits.entries}.`);
  if (from + size !== end) throw new ArchiveRefused("not-a-package", "The list of entries is not where the end of the file says.");
  const entries: Entry[] = [], seen = new Set<string>();
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw new ArchiveRefused("not-a-package", `Entry ${i + 1} of the list is broken (offset ${at}).`);
    const nameLength = view.getUint16(at + 28, true), next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw new ArchiveRefused("not-a-package", `Entry ${i + 1} of the list leaves the file (offset ${at}).`);
    const path = Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength)).toString("latin1");
    if (!isPlainPath(path)) throw new ArchiveRefused("unsafe-path", `Entry ${i + 1} is called ${JSON.stringify(path)}, which no package has. Nothing was unpacked.`);
    if (seen.has(path)) throw new ArchiveRefused("doubled-path", `${path} is there twice.`);
    seen.add(path);
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw new ArchiveRefused("encrypted", `${path} is encrypted.`);
    entries.push({ path, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true), packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), offset: view.getUint32(at + 42, true) });
    at = next;
  }
  if (at !== end) throw new ArchiveRefused("not-a-package", "There are bytes between the list of entries and the end.");
  return entries;
}

/** Unpacks one deflated entry, never beyond the size that it says it has. */
function inflated({ path, size }: Entry, packed: Uint8Array): Uint8Array {
  const out = new Uint8Array(size);
  let length = 0;
  const inflate = new Inflate((chunk) => {
    if (length + chunk.length > size) throw new ArchiveRefused("lying-size", `${path} unpacks to more than the ${size} bytes that it says it has.`);
    out.set(chunk, length);
    length += chunk.length;
  });
  try {
    // In slices, so that a bomb is stopped on its way.
    for (let at = 0; at < packed.length; at += 65_536) inflate.push(packed.subarray(at, at + 65_536), at + 65_536 >= packed.length);
  } catch (error) {
    if (error instanceof ArchiveRefused) throw error;
    throw new ArchiveRefused("broken-entry", `${path} does not unpack: its bytes were changed or are cut off.`);
  }
  if (length !== size) throw new ArchiveRefused("lying-size", `${path} unpacks to ${length} bytes and says it has ${size}.`);
  return out;
}

/**
 * Unpacks a package in memory. Hostile archives (bombs, overlaps, lying sizes, paths that climb, links, encryption) are
 * refused before anything is unpacked or on the way. @throws ArchiveRefused
 */
export function readArchive(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readDirectory(bytes, view);
  let total = 0, free = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    const { path, size, packed, offset, method } = entry;
    total += size;
    if (size > archiveLimits.entryBytes || total > archiveLimits.totalBytes) throw new ArchiveRefused("too-large", `${path} would unpack to more than a package may hold.`);
    if (size > 65_536 && size > packed * archiveLimits.ratio) throw new ArchiveRefused("bomb", `${path} says that ${packed} bytes unpack to ${size}.`);
    if (method !== 0 && method !== 8) throw new ArchiveRefused("broken-entry", `${path} is packed by method ${method}; a package uses deflate.`);
    if (offset < free || offset + 30 > bytes.length || view.getUint32(offset, true) !== 0x04034b50) throw new ArchiveRefused("overlap", `${path} lies over another entry or outside the file.`);
    free = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true) + packed;
    if (free > bytes.length) throw new ArchiveRefused("overlap", `${path} leaves the file.`);
  }
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    const begin = entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
    const packed = bytes.subarray(begin, begin + entry.packed);
    if (entry.method === 0 && entry.size !== entry.packed) throw new ArchiveRefused("lying-size", `${entry.path} says two sizes.`);
    files.set(entry.path, entry.method === 0 ? packed.slice() : inflated(entry, packed));
  }
  return files;
}

/** Where an archive differs first from the one that `writeArchive` makes of the same files; null when it is that one. */
export function firstForeignByte(bytes: Uint8Array, files: ReadonlyMap<string, Uint8Array>): number | null {
  const own = writeArchive(files);
  for (let i = 0; i < Math.max(own.length, bytes.length); i++) if (own[i] !== bytes[i]) return i;
  return null;
}

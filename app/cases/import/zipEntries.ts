import type { Source } from "./sources.ts";

/** Bounds of what is unpacked in the page. */
const maxEntries = 100_000, maxEntryBytes = 2 ** 31 - 1, maxRatio = 200;
const endMark = 0x06054b50, end64Mark = 0x06064b50, entryMark = 0x02014b50, localMark = 0x04034b50;

const viewOf = async (blob: Blob) => new DataView(await blob.arrayBuffer());
export const isZip = (head: Uint8Array): boolean => head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);

/** Where the central directory lies (APPNOTE 4.3.16, 4.3.14 for zip64). */
async function directoryOf(zip: Blob): Promise<{ at: number; size: number }> {
  const from = Math.max(0, zip.size - 65_557), tail = await viewOf(zip.slice(from));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== endMark) end--;
  if (end < 0) throw new Error("The zip file is broken or cut off. Pack it again.");
  const at = tail.getUint32(end + 16, true), size = tail.getUint32(end + 12, true);
  if (at !== 0xffffffff && size !== 0xffffffff) return { at, size };
  if (end < 20) throw new Error("The zip file is broken. Pack it again.");
  const record = Number(tail.getBigUint64(end - 12, true)), wide = await viewOf(zip.slice(record, record + 56));
  if (wide.byteLength < 56 || wide.getUint32(0, true) !== end64Mark) throw new Error("The zip file is broken. Pack it again.");
  return { at: Number(wide.getBigUint64(48, true)), size: Number(wide.getBigUint64(40, true)) };
}

interface Entry { name: string; method: number; packed: number; size: number; at: number }

/** 64-bit sizes and place of an entry, from its extra field 1, in the order in which the short ones are full. */
function widened(view: DataView, from: number, to: number, entry: Entry): Entry {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let p = at + 4;
    for (const field of ["size", "packed", "at"] as const) {
      if (entry[field] !== 0xffffffff || p + 8 > to) continue;
      entry[field] = Number(view.getBigUint64(p, true));
      p += 8;
    }
  }
  return entry;
}

async function dataOf(zip: Blob, { at, packed }: Entry): Promise<Blob> {
  const local = await viewOf(zip.slice(at, at + 30));
  if (local.byteLength < 30 || local.getUint32(0, true) !== localMark) throw new Error("The zip file is broken. Pack it again.");
  const begin = at + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  return zip.slice(begin, begin + packed);
}

/** First bytes, or all, of an entry. What unpacks to more than its directory says is refused. */
async function unpacked(zip: Blob, entry: Entry, most: number): Promise<Blob> {
  const data = await dataOf(zip, entry);
  if (entry.method === 0) return data.slice(0, most);
  const reader = data.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader(), parts: BlobPart[] = [];
  let size = 0;
  for (; size < most;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > entry.size) throw new Error("A file in the zip unpacks to more than it says. Pack it again.");
    parts.push(value);
  }
  await reader.cancel().catch(() => undefined);
  return new Blob(parts).slice(0, most);
}

/** The files of a zip, read one by one where they lie; nothing is unpacked as a whole. @throws Error for people */
export async function zipEntries(zip: Blob, path: string): Promise<Source[]> {
  const { at, size } = await directoryOf(zip), view = await viewOf(zip.slice(at, at + size)), found: Source[] = [], utf8 = new TextDecoder();
  for (let p = 0; p + 46 <= view.byteLength && view.getUint32(p, true) === entryMark;) {
    const nameLength = view.getUint16(p + 28, true), extra = view.getUint16(p + 30, true), next = p + 46 + nameLength + extra + view.getUint16(p + 32, true);
    const name = utf8.decode(new Uint8Array(view.buffer, p + 46, Math.min(nameLength, view.byteLength - p - 46)));
    const entry = widened(view, p + 46 + nameLength, Math.min(view.byteLength, p + 46 + nameLength + extra), { name, method: view.getUint16(p + 10, true), packed: view.getUint32(p + 20, true), size: view.getUint32(p + 24, true), at: view.getUint32(p + 42, true) });
    if (view.getUint16(p + 8, true) & 1) throw new Error("The zip is encrypted. Pack it without a password.");
    p = next;
    if (name.endsWith("/") || entry.size === 0) continue;
    if (found.length >= maxEntries) throw new Error(`The zip has more than ${maxEntries} files.`);
    if (entry.size > maxEntryBytes || entry.size > maxRatio * Math.max(entry.packed, 4096)) throw new Error("A file in the zip unpacks to more than the limit allows.");
    if (entry.method !== 0 && entry.method !== 8) throw new Error("The zip is packed in a way that is not known. Pack it again, plainly.");
    found.push({ path: `${path}/${name}`, size: entry.size, head: async (bytes) => new Uint8Array(await (await unpacked(zip, entry, bytes)).arrayBuffer()), whole: () => unpacked(zip, entry, entry.size) });
  }
  return found;
}

import { cleanVolumeHead, volumeHeadBytes, type CleanHead } from "../../../core/deidentify/volumeHead.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const isGzip = (head: Uint8Array) => head[0] === 0x1f && head[1] === 0x8b;
const formatOf = { gzip: "gzip", zlib: "deflate" } as const;

/** The stream of a file from byte `from` on, unpacked. */
function streamOf(file: Blob, from: number, packing: "raw" | "gzip" | "zlib"): ReadableStream<Bytes> {
  const stream = file.slice(from).stream() as ReadableStream<Bytes>;
  return packing === "raw" ? stream : stream.pipeThrough(new DecompressionStream(formatOf[packing])) as ReadableStream<Bytes>;
}

async function firstBytes(stream: ReadableStream<Bytes>, most: number): Promise<Bytes> {
  const reader = stream.getReader(), parts: Bytes[] = [];
  let size = 0;
  while (size < most) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
  }
  await reader.cancel().catch(() => undefined);
  return new Uint8Array(await new Blob(parts).slice(0, most).arrayBuffer());
}

/** Only the bytes `skip` … `skip + most` of a stream; `onRest` hears of what came after them. */
function part(skip: number, most: number | null, onRest: (bytes: number) => void): TransformStream<Bytes, Bytes> {
  let at = 0, end = most === null ? Infinity : skip + most, rest = 0;
  return new TransformStream({
    transform(bytes, out) {
      const from = Math.max(0, skip - at), to = Math.min(bytes.length, end - at);
      at += bytes.length;
      if (to > from) out.enqueue(bytes.subarray(from, to));
      rest += bytes.length - Math.max(to, Math.min(bytes.length, from));
    },
    flush() { onRest(Math.max(0, rest)); },
  });
}

/** What a volume file says beside its voxels. `isClean`: nothing; it may go as it is. */
export interface VolumeFacts { kind: CleanHead["kind"]; cleared: string[]; isClean: boolean }
interface Looked { head: CleanHead; outer: "raw" | "gzip"; hasName: boolean }

async function look(file: Blob): Promise<Looked> {
  const start = new Uint8Array(await file.slice(0, 16).arrayBuffer()), outer = isGzip(start) ? "gzip" as const : "raw" as const;
  const head = cleanVolumeHead(await firstBytes(streamOf(file, 0, outer), volumeHeadBytes));
  let hasName = outer === "gzip" && (start[3] & 0x1e) !== 0;
  if (head.packing === "gzip") {
    const inner = new Uint8Array(await file.slice(head.dataAt, head.dataAt + 4).arrayBuffer());
    hasName ||= (inner[3] & 0x1e) !== 0;
  }
  return { head, outer, hasName };
}

/** The file without names, comments and extensions, streamed. Header and voxels only; the packing's own name field goes too. */
async function cleaned(file: Blob, { head, outer }: Looked, onRest: (bytes: number) => void): Promise<Blob> {
  const packing = outer === "gzip" ? "gzip" : head.packing, skip = outer === "gzip" ? head.dataAt : 0;
  let data = streamOf(file, outer === "gzip" ? 0 : head.dataAt, packing).pipeThrough(part(skip, head.dataBytes, onRest));
  if (outer === "gzip") {
    const { readable, writable } = new TransformStream<Bytes, Bytes>({ start(out) { out.enqueue(head.head as Bytes); } });
    void data.pipeTo(writable).catch(() => undefined); // a failure reaches the reader below
    data = readable;
    return new Response(data.pipeThrough(new CompressionStream("gzip"))).blob();
  }
  const body = packing === "raw" ? data : data.pipeThrough(new CompressionStream(formatOf[packing]));
  return new Blob([head.head as Bytes, await new Response(body).blob()]);
}

/** Looks through a volume file, streaming: what of it would have to go. @throws Error, NiftiError */
export async function volumeFacts(file: Blob): Promise<VolumeFacts> {
  const looked = await look(file), { head, outer, hasName } = looked, cleared = [...head.cleared];
  if (hasName) cleared.push("the file name inside the packing");
  let rest = 0;
  if (head.dataBytes !== null && (outer === "raw" && head.packing === "raw" ? file.size - head.dataAt > head.dataBytes : true)) {
    const packing = outer === "gzip" ? "gzip" : head.packing;
    await streamOf(file, outer === "gzip" ? 0 : head.dataAt, packing).pipeThrough(part(outer === "gzip" ? head.dataAt : 0, head.dataBytes, (n) => { rest = n; })).pipeTo(new WritableStream());
  }
  if (rest > 0) cleared.push("bytes behind the voxels");
  // A text header is always written anew: a line of it may hold anything.
  return { kind: head.kind, cleared, isClean: cleared.length === 0 && head.kind === "NIfTI" };
}

/** A volume file without anything beside its voxels. @throws Error, NiftiError */
export async function cleanVolume(file: Blob): Promise<Blob> {
  return cleaned(file, await look(file), () => undefined);
}

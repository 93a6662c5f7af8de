import { joinedCrc32 } from "./crc32.ts";
import { deflateEngine } from "./deflateKernel.ts";
import { partBytes, partCodes } from "./deflateTables.ts";
import type { DeflateEngine } from "./deflateTwin.ts";

/** Bytes that are deflated by themselves: fixed, so that the same volume gives the same file whatever the number of threads. */
export const blockBytes = 1_048_576;
/** One block deflated, ending on a byte (the last ends the stream), and the CRC-32 of what is in it. */
export interface PackedBlock { packed: Uint8Array<ArrayBuffer>; crc: number }

export const blockCount = (bytes: Uint8Array): number => Math.max(1, Math.ceil(bytes.length / blockBytes));

/** What ends a block on a byte where more follows: an empty stored block (RFC 1951, 3.2.4). */
const noMore = Uint32Array.of((3 << 24) | 0), emptyStored = Uint32Array.of(16 << 24, (16 << 24) | 0xffff);

/** Deflates the `index`th block of `bytes` (EX2): copies of four bytes and more, Huffman codes anew every 32 KiB. */
export function packBlock(bytes: Uint8Array, index: number, engine: DeflateEngine = deflateEngine()): PackedBlock {
  return deflated(bytes.subarray(index * blockBytes, (index + 1) * blockBytes), index === blockCount(bytes) - 1, engine);
}

function deflated(block: Uint8Array, isLast: boolean, engine: DeflateEngine): PackedBlock {
  engine.begin(block);
  for (let from = 0; from === 0 || from < block.length; from += partBytes) {
    const end = Math.min(block.length, from + partBytes), { codes, head } = partCodes(engine.find(from, end), isLast && end === block.length);
    engine.put(head);
    engine.write(codes);
    engine.put(codes.subarray(256, 257));
  }
  if (!isLast) engine.put(noMore);
  engine.align();
  if (!isLast) engine.put(emptyStored);
  return { packed: engine.end(), crc: engine.crc() };
}

const gzipHead = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
function gzipEnd(crc: number, length: number): Uint8Array {
  const end = new DataView(new ArrayBuffer(8));
  end.setUint32(0, crc, true);
  end.setUint32(4, length % 4_294_967_296, true);
  return new Uint8Array(end.buffer);
}

/** The blocks of `length` bytes as one gzip member (RFC 1952), time 0, that every reader takes. */
export function joinBlocks(blocks: readonly PackedBlock[], length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(18 + blocks.reduce((sum, { packed }) => sum + packed.length, 0));
  out.set(gzipHead);
  let at = 10, crc = 0;
  for (const [index, block] of blocks.entries()) {
    out.set(block.packed, at);
    at += block.packed.length;
    crc = joinedCrc32(crc, block.crc, Math.min(blockBytes, length - index * blockBytes));
  }
  out.set(gzipEnd(crc, length), at);
  return out;
}

/** The same bytes piece by piece: neither what is packed nor the file is ever in memory as a whole. @param blockAt bytes from `from` up to `end`, at most a block of them */
export function* packedPieces(length: number, blockAt: (from: number, end: number) => Uint8Array): Generator<Uint8Array> {
  const engine = deflateEngine();
  let crc = 0;
  yield Uint8Array.from(gzipHead);
  for (let from = 0; from === 0 || from < length; from += blockBytes) {
    const end = Math.min(length, from + blockBytes), block = deflated(blockAt(from, end), end === length, engine);
    crc = joinedCrc32(crc, block.crc, end - from);
    yield block.packed;
  }
  yield gzipEnd(crc, length);
}

/** `bytes` as gzip in blocks, in one thread: what any number of threads makes of them too. */
export const packedInBlocks = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => joinBlocks(Array.from({ length: blockCount(bytes) }, (_, index) => packBlock(bytes, index)), bytes.length);

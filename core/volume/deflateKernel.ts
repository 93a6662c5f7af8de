import { kernelBytes } from "../space/kernelBytes.ts";
import { sharedEngine } from "../space/kernelEngine.ts";
import { crcTable } from "./crc32.ts";
import { distancesFrom, distanceSymbols, lengthsFrom, lengthSymbols, partBytes, symbolCount } from "./deflateTables.ts";
import { type DeflateEngine, DeflateTwin } from "./deflateTwin.ts";
import { wasmBase64 } from "./kernel/deflate.wasm.ts";

interface Exports {
  find(at: number, from: number, end: number, length: number, table: number, copies: number, counts: number, lengths: number, distances: number): number;
  put(values: number, many: number, out: number): number;
  align(out: number): number;
  write(at: number, from: number, copies: number, copiesEnd: number, codes: number, lengths: number, distances: number, lengthsFrom: number, distancesFrom: number, out: number): number;
  crc(at: number, length: number, tables: number): number;
}

const page = 65_536, most = 1_048_576;
const up16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;
// The kernel's own data, if any, lies below. A copy is of four bytes at least; what is put at once is a part's head.
const table = page, copies = table + 16 * 8192, counts = copies + 8 * (partBytes / 4 + 2), codes = counts + 4 * symbolCount, values = codes + 4 * symbolCount;
const lengths = values + 4 * 1024, distances = lengths + 272, lengthsAt = distances + 512, distancesAt = lengthsAt + 4 * 32, crcTables = distancesAt + 4 * 32;
const blockAt = up16(crcTables + 8192), outAt = blockAt + most + 64;

/** The tables of CRC-32 by eight bytes: each is the one before, moved on by a zero byte. */
function crcTablesBy8(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  tables.set(crcTable);
  for (let i = 256; i < tables.length; i++) tables[i] = crcTable[tables[i - 256] & 255] ^ (tables[i - 256] >>> 8);
  return tables;
}

/** Deflate as a WebAssembly kernel with memory of its own: some 3.5 MiB. */
export class DeflateKernel implements DeflateEngine {
  // A literal has 14 bits at most, a copy of four bytes 14 + 14 + 13; a head is some hundred bytes.
  readonly #memory = new WebAssembly.Memory({ initial: Math.ceil((outAt + 2 * most + page) / page) });
  readonly #kernel: Exports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  #length = 0;
  #from = 0;
  #copiesEnd = copies;
  #out = outAt;

  constructor() {
    const module = new WebAssembly.Module(kernelBytes(wasmBase64) as Uint8Array<ArrayBuffer>);
    this.#kernel = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Exports;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#bytes.set(lengthSymbols, lengths);
    this.#bytes.set(distanceSymbols, distances);
    this.#words.set(lengthsFrom, lengthsAt / 4);
    this.#words.set(distancesFrom, distancesAt / 4);
    this.#words.set(crcTablesBy8(), crcTables / 4);
  }

  begin(block: Uint8Array): void {
    if (block.length > most) throw new RangeError(`a block is ${most} bytes at most, not ${block.length}`);
    this.#bytes.fill(0, table, copies);
    this.#bytes.set(block, blockAt);
    this.#length = block.length;
    this.#out = outAt;
  }

  find(from: number, end: number): Uint32Array {
    this.#words.fill(0, counts / 4, counts / 4 + symbolCount);
    this.#from = from;
    this.#copiesEnd = this.#kernel.find(blockAt, from, end, this.#length, table, copies, counts, lengths, distances);
    return this.#words.slice(counts / 4, counts / 4 + symbolCount);
  }

  put(many: Uint32Array): void {
    this.#words.set(many, values / 4);
    this.#out = this.#kernel.put(values, many.length, this.#out);
  }

  write(symbolCodes: Uint32Array): void {
    this.#words.set(symbolCodes, codes / 4);
    this.#out = this.#kernel.write(blockAt, this.#from, copies, this.#copiesEnd, codes, lengths, distances, lengthsAt, distancesAt, this.#out);
  }

  align(): void {
    this.#out = this.#kernel.align(this.#out);
  }

  end(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(outAt, this.#out) as Uint8Array<ArrayBuffer>;
  }

  crc(): number {
    return this.#kernel.crc(blockAt, this.#length, crcTables) >>> 0;
  }
}

/** The fastest engine of this thread: the kernel, or its twin where WebAssembly is refused. */
export const deflateEngine = sharedEngine<DeflateEngine>(DeflateKernel, DeflateTwin);

import { crc32 } from "./crc32.ts";
import { distancesAt, distancesFrom, distanceSymbols, lengthsFrom, lengthSymbols, symbolCount } from "./deflateTables.ts";

/** What deflates a block, part after part: find, put the head, write. The kernel and its twin give the same bytes. */
export interface DeflateEngine {
  /** Takes a block of 1 MiB at most, and forgets the last. */
  begin(block: Uint8Array): void;
  /** Finds the copies of bytes `from` to `end`, which follow those of the last call. @returns how often each symbol occurs */
  find(from: number, end: number): Uint32Array;
  /** Writes values of up to 16 bits, their number in the highest byte. */
  put(values: Uint32Array): void;
  /** Writes what `find` found last, by these codes of the symbols. */
  write(codes: Uint32Array): void;
  /** Fills up to a whole byte with zeros. */
  align(): void;
  /** All that was written since `begin`, after `align`. */
  end(): Uint8Array<ArrayBuffer>;
  /** CRC-32 of the block. */
  crc(): number;
}

const places = 8, buckets = 8192, tail = 8, enough = 32, window = 32_768;

/** Deflate in TypeScript: reference of the kernel, and its stand-in where WebAssembly is refused. */
export class DeflateTwin implements DeflateEngine {
  #block = new Uint8Array(0);
  #from = 0;
  readonly #table = new Uint16Array(places * buckets);
  /** Literals before a copy, its length, its distance less one. */
  #copies: number[] = [];
  #out: number[] = [];
  #bits = 0;
  #held = 0;

  begin(block: Uint8Array): void {
    this.#block = Uint8Array.from(block);
    this.#table.fill(0);
    this.#out = [];
    this.#bits = this.#held = 0;
  }

  #word(at: number): number {
    const block = this.#block;
    return block[at] | (block[at + 1] << 8) | (block[at + 2] << 16) | (block[at + 3] << 24);
  }

  /** Puts a place first in the bucket of its four bytes. @returns where the bucket begins */
  #keep(at: number): number {
    const bucket = places * (Math.imul(this.#word(at), 0x9e3779b1) >>> 19);
    this.#table.copyWithin(bucket + 1, bucket, bucket + places - 1);
    this.#table[bucket] = at;
    return bucket;
  }

  find(from: number, end: number): Uint32Array {
    const block = this.#block, table = this.#table, counts = new Uint32Array(symbolCount), searched = Math.max(from, Math.min(end, block.length - tail)), seen = new Uint16Array(places);
    this.#from = from;
    this.#copies = [];
    let p = from, literal = from;
    while (p < searched) {
      const most = Math.min(258, end - p), bucket = places * (Math.imul(this.#word(p), 0x9e3779b1) >>> 19);
      seen.set(table.subarray(bucket, bucket + places));
      this.#keep(p);
      let best = 3, bestDistance = 0;
      for (const place of seen) {
        const distance = (p - place) & 0xffff;
        if (distance === 0 || distance > window || distance > p) continue;
        let n = 0;
        while (n < most && block[p + n] === block[p + n - distance]) n++;
        if (n <= best) continue;
        best = n;
        bestDistance = distance;
        if (n >= enough) break;
      }
      if (bestDistance === 0) {
        counts[block[p++]]++;
        continue;
      }
      this.#copies.push(p - literal, best, bestDistance - 1);
      counts[257 + lengthSymbols[best]]++;
      counts[distancesAt + distanceSymbol(bestDistance - 1)]++;
      literal = p + best;
      for (p++; p < Math.min(literal, searched); p++) this.#keep(p);
      p = literal;
    }
    for (; p < end; p++) counts[block[p]]++;
    this.#copies.push(end - literal, 0, 0);
    return counts;
  }

  #push(code: number): void {
    this.#bits |= (code & 0xffff) << this.#held;
    this.#held += code >>> 24;
    for (; this.#held >= 8; this.#held -= 8, this.#bits >>>= 8) this.#out.push(this.#bits & 255);
  }

  put(values: Uint32Array): void {
    for (const value of values) this.#push(value);
  }

  write(codes: Uint32Array): void {
    let p = this.#from;
    for (let i = 0; i < this.#copies.length; i += 3) {
      const [literals, length, less] = this.#copies.slice(i, i + 3);
      for (const end = p + literals; p < end; p++) this.#push(codes[this.#block[p]]);
      if (length === 0) continue;
      const l = lengthSymbols[length], d = distanceSymbol(less);
      this.#push(codes[257 + l]);
      this.#push(length - (lengthsFrom[l] & 0xffff) + (lengthsFrom[l] & 0xff000000));
      this.#push(codes[distancesAt + d]);
      this.#push(less - (distancesFrom[d] & 0xffff) + (distancesFrom[d] & 0xff000000));
      p += length;
    }
  }

  align(): void {
    this.#held = Math.ceil(this.#held / 8) * 8;
    this.#push(0);
  }

  end(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#out);
  }

  crc(): number {
    return crc32(this.#block);
  }
}

const distanceSymbol = (less: number): number => distanceSymbols[less < 256 ? less : 256 + (less >> 7)];

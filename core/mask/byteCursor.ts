/** Bytes that are not what a format of ours says they must be. */
export class FormatError extends Error {
  override name = "FormatError";
}

/** Bytes one varuint takes. */
export function varuintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Appends bytes, little-endian base-128 varuints and float64s to a growing buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  #grow(by: number): void {
    const needed = this.#length + by;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number 0…2^53−1 in the fewest bytes. */
  varuint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new FormatError(`not an unsigned integer: ${value}`);
    this.#grow(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A finite number as 8 bytes, little-endian; −0 is written as 0, so that equal numbers are equal bytes. */
  float64(value: number): void {
    if (!Number.isFinite(value)) throw new FormatError("not a finite number");
    const eight = new Uint8Array(8);
    new DataView(eight.buffer).setFloat64(0, value === 0 ? 0 : value, true);
    this.bytes(eight);
  }

  bytes(value: Uint8Array): void {
    this.#grow(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Reads what `ByteWriter` wrote and refuses every other spelling of it. */
export class ByteReader {
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.left < 1) throw new FormatError("ends too early");
    return this.#bytes[this.#at++];
  }

  /** @param limit greatest value allowed. Overlong spellings are refused. */
  varuint(limit: number = Number.MAX_SAFE_INTEGER): number {
    // Nearly all numbers of a stroke take one byte or two.
    const bytes = this.#bytes, at = this.#at;
    if (at + 1 < bytes.length) {
      const low = bytes[at], high = bytes[at + 1], value = low < 128 ? low : low - 128 + high * 128;
      if (low < 128 || (high < 128 && high > 0)) {
        if (value > limit) throw new FormatError(`number above ${limit}`);
        this.#at = low < 128 ? at + 1 : at + 2;
        return value;
      }
    }
    let value = 0;
    for (let scale = 1, size = 1; size <= 8; scale *= 128, size++) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (value > limit) throw new FormatError(`number above ${limit}`);
      if (next < 128) {
        if (next === 0 && size > 1) throw new FormatError("overlong number");
        return value;
      }
    }
    throw new FormatError("number too long");
  }

  float64(): number {
    const eight = this.bytes(8).slice();
    const value = new DataView(eight.buffer).getFloat64(0, true);
    if (!Number.isFinite(value) || Object.is(value, -0)) throw new FormatError("not a canonical finite number");
    return value;
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Uint8Array {
    if (this.left < length) throw new FormatError("ends too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Refuses bytes after the end. */
  end(): void {
    if (this.left !== 0) throw new FormatError(`${this.left} bytes too many`);
  }
}

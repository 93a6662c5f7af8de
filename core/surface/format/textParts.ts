/** Long texts as bytes, a piece at a time: no string grows beyond a piece. */
export class TextParts {
  #pending: string[] = [];
  #length = 0;
  #bytes = new Uint8Array(1 << 16);
  #used = 0;

  add(text: string): void {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length > 1 << 16) this.#flush();
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#flush();
    return this.#bytes.slice(0, this.#used);
  }

  #flush(): void {
    const piece = new TextEncoder().encode(this.#pending.join(""));
    this.#pending = [];
    this.#length = 0;
    if (this.#used + piece.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#used + piece.length));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#used);
    this.#used += piece.length;
  }
}

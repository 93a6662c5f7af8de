import { kernelBytes } from "../space/kernelBytes.ts";
import { sharedEngine } from "../space/kernelEngine.ts";
import { contrast, type InkEngine, InkTwin, reach } from "./inkTwin.ts";
import { wasmBase64 } from "./kernel/ink.wasm.ts";

interface Exports {
  fours(at: number, bytes: number, stride: number, across: number, down: number): void;
  lowest(pixels: number, width: number, height: number, stride: number): number;
  ink(pixels: number, width: number, height: number, stride: number, least: number, contrast: number, toAcross: number, toDown: number, list: number, most: number): number;
}

const page = 65_536, vector = 8;

/** The search for ink as a WebAssembly kernel with memory of its own, as large as the largest picture and its list. */
export class InkKernel implements InkEngine {
  readonly #memory = new WebAssembly.Memory({ initial: 2, maximum: 8_192 });
  readonly #kernel: Exports;
  #size = "";
  #list = page;

  constructor() {
    const module = new WebAssembly.Module(kernelBytes(wasmBase64) as Uint8Array<ArrayBuffer>);
    this.#kernel = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Exports;
  }

  find(values: Int16Array, width: number, height: number): Uint32Array {
    // The rim behind a row is the rim before the next.
    const stride = width + reach + vector, rimRows = reach + 1, words = stride * (height + 2 * rimRows) + 4 * vector, most = width * height;
    const plane = Math.ceil(2 * words / 16) * 16, pixels = page + 2 * (rimRows * stride + reach + vector), size = `${width} ${height}`;
    if (size !== this.#size) {
      this.#list = page + 3 * plane;
      const missing = Math.ceil((this.#list + 4 * most - this.#memory.buffer.byteLength) / page);
      if (missing > 0) this.#memory.grow(missing);
      new Int16Array(this.#memory.buffer, page, words).fill(-32768);
      this.#size = size;
    }
    const into = new Int16Array(this.#memory.buffer, pixels, stride * height);
    for (let y = 0; y < height; y++) into.set(values.subarray(y * width, (y + 1) * width), y * stride);
    const least = this.#kernel.lowest(pixels, width, height, 2 * stride) + contrast;
    // Above what a pixel can hold there is no ink.
    if (least > 32_767) return new Uint32Array(0);
    this.#kernel.fours(page, 2 * stride * (height + 2 * rimRows - 3), 2 * stride, page + plane, page + 2 * plane);
    const count = this.#kernel.ink(pixels, width, height, 2 * stride, least, contrast, plane, 2 * plane, this.#list, most);
    return new Uint32Array(this.#memory.buffer, this.#list, count).slice();
  }
}

/** The fastest engine of this thread: the kernel, or its twin where WebAssembly is refused. */
export const inkEngine = sharedEngine<InkEngine>(InkKernel, InkTwin);

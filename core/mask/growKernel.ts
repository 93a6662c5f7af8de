import { kernelBytes } from "../space/kernelBytes.ts";
import { newEngine } from "../space/kernelEngine.ts";
import { distanceLimit, type GrowBox, type GrowEngine, GrowTwin, settledAtOnce } from "./growTwin.ts";
import { wasmBase64 } from "./kernel/grow.wasm.ts";

interface Exports {
  begin(nodes: number, buckets: number, count: number, hu: number, ...numbers: number[]): void;
  change(indexes: number, labels: number, count: number): void;
  run(most: number): number;
  labels(to: number): void;
}

const page = 65_536;
const up16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Growing as a WebAssembly kernel with memory of its own, 16 bytes a voxel. */
export class GrowKernel implements GrowEngine {
  readonly #memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536 });
  readonly #kernel: Exports;
  #voxels = 0;
  /** First byte that is free beside the nodes. */
  #free = page;

  constructor() {
    const module = new WebAssembly.Module(kernelBytes(wasmBase64) as Uint8Array<ArrayBuffer>);
    this.#kernel = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Exports;
  }

  #room(end: number): void {
    const missing = Math.ceil((end - this.#memory.buffer.byteLength) / page);
    if (missing > 0) this.#memory.grow(missing);
  }

  begin(box: GrowBox): void {
    const limit = distanceLimit(box), [nx, ny, nz] = box.size, buckets = up16(page + 16 * (nx + 2) * (ny + 2) * (nz + 2));
    this.#free = up16(buckets + 4 * limit);
    this.#voxels = nx * ny * nz;
    this.#room(this.#free + 2 * this.#voxels);
    new Int16Array(this.#memory.buffer, this.#free, this.#voxels).set(box.hu);
    this.#kernel.begin(page, buckets, limit, this.#free, nx, ny, nz, ...box.steps, box.cap);
  }

  change(indexes: Int32Array, labels: Uint8Array, tell?: (settled: number) => void): void {
    const labelsAt = this.#free + 4 * indexes.length;
    this.#room(labelsAt + labels.length);
    new Int32Array(this.#memory.buffer, this.#free, indexes.length).set(indexes);
    new Uint8Array(this.#memory.buffer, labelsAt, labels.length).set(labels);
    this.#kernel.change(this.#free, labelsAt, indexes.length);
    for (let settled = 0; this.#kernel.run(settledAtOnce) > 0; ) tell?.(settled += settledAtOnce);
  }

  labels(): Uint8Array {
    this.#room(this.#free + this.#voxels);
    this.#kernel.labels(this.#free);
    return new Uint8Array(this.#memory.buffer, this.#free, this.#voxels).slice();
  }
}

/** An engine for one box: the kernel, or its twin where WebAssembly is refused. */
export const growEngine = (): GrowEngine => newEngine<GrowEngine>(GrowKernel, GrowTwin);

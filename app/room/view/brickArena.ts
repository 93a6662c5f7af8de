import { type PaintedBrick, vertexBytes } from "../../../core/surface/liveSurface.ts";
import { type LineHit, lineHits, type SightLine } from "../../../core/surface/sightLine.ts";
import { type Contour, sliceContours } from "../../../core/surface/sliceContours.ts";

interface Extent { min: [number, number, number]; max: [number, number, number]; farthestMm: number }
interface Slot { vertexAt: number; vertexRoom: number; indexAt: number; indexRoom: number; brick: PaintedBrick; extent: Extent }

/** More than what is there, so that a brick that grows finds room. */
const roomy = (n: number): number => Math.ceil(n * 1.25) + 64;
/** The same for indices: whole triangles, so that the next brick's begin where a triangle begins. */
const roomyTriangles = (n: number): number => 3 * roomy(n / 3);

const emptyExtent = (): Extent => ({ min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity], farthestMm: 0 });

/** Of one brick, looked at once: a surface has hundreds, of which a stroke changes a few. */
function extentOf({ vertices }: PaintedBrick): Extent {
  const extent = emptyExtent(), { min, max } = extent, floats = new Float32Array(vertices.buffer, vertices.byteOffset, vertices.byteLength >> 2);
  let farthest = 0;
  for (let v = 0; v < floats.length; v += 5) {
    for (const i of [0, 1, 2] as const) {
      if (floats[v + i] < min[i]) min[i] = floats[v + i];
      if (floats[v + i] > max[i]) max[i] = floats[v + i];
    }
    const r = floats[v] * floats[v] + floats[v + 1] * floats[v + 1] + floats[v + 2] * floats[v + 2];
    if (r > farthest) farthest = r;
  }
  extent.farthestMm = Math.sqrt(farthest);
  return extent;
}

/**
 * All bricks of a surface in one vertex and one index buffer on the GPU, each in a place of its own: a changed brick uploads
 * itself and nothing else, and the whole is one draw call. What is free between them is triangles without area.
 */
export class BrickArena {
  readonly #gl: WebGL2RenderingContext;
  readonly #vertexBuffer: WebGLBuffer;
  readonly #indexBuffer: WebGLBuffer;
  readonly #vao: WebGLVertexArrayObject;
  readonly #slots = new Map<number, Slot>();
  #vertexRoom = 0;
  #indexRoom = 0;
  #vertexEnd = 0;
  #indexEnd = 0;
  #rgb: readonly [number, number, number];

  constructor(gl: WebGL2RenderingContext, buffers: { vertexBuffer: WebGLBuffer; indexBuffer: WebGLBuffer; vao: WebGLVertexArrayObject }, rgb: readonly [number, number, number]) {
    this.#gl = gl;
    this.#vertexBuffer = buffers.vertexBuffer;
    this.#indexBuffer = buffers.indexBuffer;
    this.#vao = buffers.vao;
    this.#rgb = rgb;
  }

  /** Indices to draw. */
  get indexCount(): number { return this.#indexEnd; }
  get isEmpty(): boolean { return this.#slots.size === 0; }

  /** Lower and upper corner of all vertices, and how far from the origin the farthest is, RAS mm; null without any. */
  extent(): Extent | null {
    if (this.isEmpty) return null;
    const all = emptyExtent();
    for (const { extent } of this.#slots.values()) {
      for (const i of [0, 1, 2] as const) {
        all.min[i] = Math.min(all.min[i], extent.min[i]);
        all.max[i] = Math.max(all.max[i], extent.max[i]);
      }
      all.farthestMm = Math.max(all.farthestMm, extent.farthestMm);
    }
    return all;
  }

  /** The lines of all bricks in the plane where an axis is `at` mm; those of a brick end at its faces, where the next one's go on. */
  cut(axis: 0 | 1 | 2, at: number): Contour[] {
    return [...this.#slots.values()].flatMap(({ brick: { vertices, triangles } }) => {
      const floats = new Float32Array(vertices.buffer, vertices.byteOffset, vertices.byteLength >> 2);
      let isBelow = false, isAbove = false;
      for (let v = axis; v < floats.length && !(isBelow && isAbove); v += 5) if (floats[v] < at) isBelow = true; else isAbove = true;
      if (!isBelow || !isAbove) return [];
      const positions = new Float32Array(3 * (floats.length / 5));
      for (let v = 0, to = 0; v < floats.length; v += 5, to += 3) positions.set(floats.subarray(v, v + 3), to);
      return sliceContours({ positions, triangles }, axis, at);
    });
  }

  /** Where a line goes through the surface, in its order. */
  hits(line: SightLine): LineHit[] {
    const found = [...this.#slots.values()].flatMap(({ brick: { vertices, triangles } }) => lineHits({ positions: new Float32Array(vertices.buffer, vertices.byteOffset, vertices.byteLength >> 2), triangles }, line, vertexBytes / 4));
    return found.sort((one, other) => one.at - other.at);
  }

  /** Puts changed bricks on the GPU. */
  put(bricks: readonly PaintedBrick[]): void {
    const changed: Slot[] = [], freed: Slot[] = [];
    for (const brick of bricks) {
      const old = this.#slots.get(brick.at), vertices = brick.vertices.length / vertexBytes;
      if (vertices === 0) {
        if (old) { this.#slots.delete(brick.at); freed.push(old); }
        continue;
      }
      this.#paint(brick);
      if (old && vertices <= old.vertexRoom && brick.triangles.length <= old.indexRoom) {
        old.brick = brick;
        old.extent = extentOf(brick);
        changed.push(old);
        continue;
      }
      if (old) freed.push(old);
      const slot = { vertexAt: this.#vertexEnd, vertexRoom: roomy(vertices), indexAt: this.#indexEnd, indexRoom: roomyTriangles(brick.triangles.length), brick, extent: extentOf(brick) };
      this.#vertexEnd += slot.vertexRoom;
      this.#indexEnd += slot.indexRoom;
      this.#slots.set(brick.at, slot);
      changed.push(slot);
    }
    if (this.#vertexEnd > this.#vertexRoom || this.#indexEnd > this.#indexRoom) return this.#putAll();
    this.#bind();
    for (const slot of freed) this.#gl.bufferSubData(this.#gl.ELEMENT_ARRAY_BUFFER, 4 * slot.indexAt, new Uint32Array(slot.indexRoom));
    for (const slot of changed) this.#putSlot(slot);
    this.#unbind();
  }

  setColor(rgb: readonly [number, number, number]): void {
    if (rgb.every((part, i) => part === this.#rgb[i])) return;
    this.#rgb = rgb;
    for (const { brick } of this.#slots.values()) this.#paint(brick);
    this.#putAll();
  }

  #paint({ vertices }: PaintedBrick): void {
    const [r, g, b] = this.#rgb;
    for (let at = 16; at < vertices.length; at += vertexBytes) { vertices[at] = r; vertices[at + 1] = g; vertices[at + 2] = b; vertices[at + 3] = 255; }
  }

  /** Packs everything anew, with room to grow. */
  #putAll(): void {
    this.#vertexEnd = 0;
    this.#indexEnd = 0;
    for (const slot of this.#slots.values()) {
      slot.vertexAt = this.#vertexEnd;
      slot.vertexRoom = roomy(slot.brick.vertices.length / vertexBytes);
      slot.indexAt = this.#indexEnd;
      slot.indexRoom = roomyTriangles(slot.brick.triangles.length);
      this.#vertexEnd += slot.vertexRoom;
      this.#indexEnd += slot.indexRoom;
    }
    this.#vertexRoom = roomy(this.#vertexEnd);
    this.#indexRoom = roomyTriangles(this.#indexEnd);
    this.#bind();
    // A new store of a buffer is zero everywhere: no triangle has an area.
    this.#gl.bufferData(this.#gl.ARRAY_BUFFER, vertexBytes * this.#vertexRoom, this.#gl.DYNAMIC_DRAW);
    this.#gl.bufferData(this.#gl.ELEMENT_ARRAY_BUFFER, 4 * this.#indexRoom, this.#gl.DYNAMIC_DRAW);
    for (const slot of this.#slots.values()) this.#putSlot(slot);
    this.#unbind();
  }

  #putSlot({ vertexAt, indexAt, indexRoom, brick: { vertices, triangles } }: Slot): void {
    const indices = new Uint32Array(indexRoom);
    for (let i = 0; i < triangles.length; i++) indices[i] = triangles[i] + vertexAt;
    this.#gl.bufferSubData(this.#gl.ARRAY_BUFFER, vertexBytes * vertexAt, vertices);
    this.#gl.bufferSubData(this.#gl.ELEMENT_ARRAY_BUFFER, 4 * indexAt, indices);
  }

  #bind(): void {
    this.#gl.bindVertexArray(this.#vao);
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, this.#vertexBuffer);
    this.#gl.bindBuffer(this.#gl.ELEMENT_ARRAY_BUFFER, this.#indexBuffer);
  }

  #unbind(): void { this.#gl.bindVertexArray(null); }
}

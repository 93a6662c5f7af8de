import { describe, expect, it } from "vitest";
import { BrickArena } from "../../../app/room/view/brickArena.ts";
import { vertexBytes, type PaintedBrick } from "../../../core/surface/liveSurface.ts";
import { randomOf } from "../../core/surface/shapes.ts";

/** What a GPU keeps of the two buffers. */
function fakeGl() {
  const stores: Record<number, Uint8Array> = {};
  const gl = {
    ARRAY_BUFFER: 1, ELEMENT_ARRAY_BUFFER: 2, DYNAMIC_DRAW: 3, bindVertexArray: () => undefined, bindBuffer: () => undefined,
    bufferData: (target: number, bytes: number) => { stores[target] = new Uint8Array(bytes); },
    bufferSubData: (target: number, at: number, data: Uint8Array | Uint32Array) => {
      if (at + data.byteLength > stores[target].length) throw new Error("outside the buffer");
      stores[target].set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    },
  };
  return { gl: gl as unknown as WebGL2RenderingContext, stores };
}
const corner = (vertices: Uint8Array, v: number) => new Float32Array(vertices.slice(vertexBytes * v, vertexBytes * v + 12).buffer).join();
const drawn = (vertices: Uint8Array, triangles: Uint32Array) => Array.from({ length: triangles.length / 3 }, (_, t) => [0, 1, 2].map((i) => corner(vertices, triangles[3 * t + i])))
  .filter(([a, b, c]) => a !== b && b !== c && c !== a).map((corners) => corners.join(" ")).sort();

describe("bricks in one buffer", () => {
  it("what is drawn is the triangles of all bricks, whatever came, grew, shrank and went before", () => {
    const next = randomOf(7), { gl, stores } = fakeGl(), arena = new BrickArena(gl, { vertexBuffer: {}, indexBuffer: {}, vao: {} }, [1, 2, 3]), there = new Map<number, PaintedBrick>();
    for (let round = 0; round < 60; round++) {
      const bricks = Array.from({ length: 1 + Math.floor(next() * 4) }, (_, i): PaintedBrick => {
        const count = next() < 0.25 ? 0 : 3 + Math.floor(next() * 200), vertices = new Uint8Array(vertexBytes * count), floats = new Float32Array(vertices.buffer);
        for (let v = 0; v < count; v++) floats.set([next(), next(), next()], 5 * v);
        return { at: (round + 3 * i) % 11, vertices, triangles: Uint32Array.from({ length: count === 0 ? 0 : 3 * Math.floor(1 + next() * 150) }, () => Math.floor(next() * count)) };
      });
      arena.put(bricks);
      for (const brick of bricks) if (brick.vertices.length === 0) there.delete(brick.at); else there.set(brick.at, brick);
      const wanted = [...there.values()].flatMap(({ vertices, triangles }) => drawn(vertices, triangles)).sort();
      expect(drawn(stores[1] ?? new Uint8Array(0), new Uint32Array((stores[2] ?? new Uint8Array(0)).buffer, 0, arena.indexCount))).toEqual(wanted);
    }
    for (const [at, { vertices }] of there) expect([at, ...vertices.slice(16, 20)]).toEqual([at, 1, 2, 3, 255]);
  });
});

import { unzlibSync } from "fflate";
import { expect, it } from "vitest";
import { encodePng } from "../../../core/surface/format/png.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { drawPicture } from "../../../core/surface/picture.ts";

/** A flat square facing the front (+y), its corners named by side: x right, z up. */
const square = (x: number, z: number, y: number, size: number): Mesh => ({
  positions: Float32Array.of(x, y, z, x + size, y, z, x + size, y, z + size, x, y, z + size),
  triangles: Uint32Array.of(0, 2, 1, 0, 3, 2),
});
const join = (...meshes: Mesh[]): Mesh => {
  let first = 0;
  const triangles: number[] = [], positions: number[] = [];
  for (const mesh of meshes) { positions.push(...mesh.positions); triangles.push(...[...mesh.triangles].map((v) => v + first)); first += mesh.positions.length / 3; }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
};
const opaque = (picture: ReturnType<typeof drawPicture>) => [...picture.rgba.keys()].filter((i) => i % 4 === 3 && picture.rgba[i] === 255).map((i) => [((i - 3) / 4) % picture.width, Math.floor((i - 3) / 4 / picture.width)] as const);

it("shows the patient's right at the left and the head's top at the top", () => {
  // A small square on the patient's right side (+x) and top (+z) of a larger one's frame.
  const seen = opaque(drawPicture(join(square(-10, -10, 0, 1), square(9, 9, 0, 1)), 80, 80, [255, 255, 255]));
  const upper = seen.filter(([, y]) => y < 40), lower = seen.filter(([, y]) => y >= 40);
  expect(upper.length).toBeGreaterThan(0);
  expect(lower.length).toBeGreaterThan(0);
  const mean = (list: typeof seen) => list.reduce((sum, [x]) => sum + x, 0) / list.length;
  expect(mean(upper)).toBeLessThan(mean(lower));
});

it("what is nearer to the viewer hides what is behind, and what faces the viewer is brighter", () => {
  const front = drawPicture(join(square(-10, -10, 0, 20), square(-10, -10, -30, 20)), 60, 60, [200, 100, 50]);
  const lit = opaque(front).map(([x, y]) => front.rgba[4 * (x + y * 60)]);
  expect(Math.max(...lit)).toBeGreaterThan(150);
  expect(drawPicture({ positions: new Float32Array(), triangles: new Uint32Array() }, 8, 8, [1, 2, 3]).rgba.every((v) => v === 0)).toBe(true);
});

it("JB4: comes out as PNG whose pixels are its own, the same bytes twice", () => {
  const picture = drawPicture(square(0, 0, 0, 5), 12, 9, [10, 200, 30]), file = encodePng(picture);
  expect(encodePng(drawPicture(square(0, 0, 0, 5), 12, 9, [10, 200, 30]))).toEqual(file);
  expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(file.buffer, file.byteOffset), length = view.getUint32(33);
  expect([view.getUint32(16), view.getUint32(20)]).toEqual([12, 9]);
  const rows = unzlibSync(file.subarray(41, 41 + length));
  for (let y = 0; y < 9; y++) expect([...rows.subarray(y * 49 + 1, (y + 1) * 49)]).toEqual([...picture.rgba.subarray(y * 48, (y + 1) * 48)]);
});

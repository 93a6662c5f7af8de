import { describe, expect, it } from "vitest";
import { BitKernel } from "../../../core/mask/bitKernel.ts";
import { ballOffsets, bitsOfParts, both, complement, either, emptyBits, maxRowLength } from "../../../core/mask/bitRows.ts";
import { BitTwin } from "../../../core/mask/bitTwin.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const kernel = new BitKernel(), twin = new BitTwin(), engines = [["kernel", kernel], ["twin", twin]] as const;
type Size = [number, number, number];

/** Boxes of odd sizes and every density, among them rows of exactly one and two vectors. */
const boxes = Array.from({ length: 20 }, (_, seed) => {
  const random = seededRandom(seed + 1), nx = seed % 4 === 0 ? [128, 256, 1, 32, 127][(seed / 4) % 5] : 1 + random.below(300), size: Size = [nx, 1 + random.below(11), 1 + random.below(9)], share = random.below(101) / 100;
  return { seed, size, bytes: Uint8Array.from({ length: size[0] * size[1] * size[2] }, () => (random.chance(share) ? 1 : 0)) };
});
const at = ([nx, ny, nz]: Size, bytes: Uint8Array, x: number, y: number, z: number): number => (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz ? 0 : bytes[x + nx * (y + ny * z)]);
function each([nx, ny, nz]: Size, value: (x: number, y: number, z: number) => number): Uint8Array {
  const out = new Uint8Array(nx * ny * nz);
  for (let z = 0, i = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, i++) out[i] = value(x, y, z);
  return out;
}

describe.each(engines)("bit rows by the %s", (_, engine) => {
  it("packs the voxels of a value, and unpacks them", () => {
    for (const { size, bytes } of boxes) {
      const labels = bytes.map((bit, i) => (bit === 0 ? i % 3 : 7));
      expect(engine.unpack(engine.pack(labels, size, 7))).toEqual(bytes);
      expect(engine.unpack(complement(engine.pack(bytes, size)))).toEqual(bytes.map((bit) => 1 - bit));
    }
  });

  it("a ball takes the voxels whose centre lies within its radius, on anisotropic voxels", () => {
    for (const { seed, size, bytes } of boxes.slice(0, 8)) {
      const spacing = [0.3 + 0.1 * (seed % 4), 0.5, 0.4 + 0.3 * (seed % 3)] as const, mm = 0.55 + 0.15 * (seed % 5), small: Size = [Math.min(size[0], 40), size[1], size[2]];
      const cut = each(small, (x, y, z) => at(size, bytes, x, y, z)).map((bit, i) => (i % 5 === 0 ? bit : 0)), reach = spacing.map((step) => Math.floor(mm / step));
      const plain = each(small, (x, y, z) => {
        for (let c = -reach[2]; c <= reach[2]; c++) for (let b = -reach[1]; b <= reach[1]; b++) for (let a = -reach[0]; a <= reach[0]; a++) {
          if ((a * spacing[0]) ** 2 + (b * spacing[1]) ** 2 + (c * spacing[2]) ** 2 <= mm * mm && at(small, cut, x + a, y + b, z + c) === 1) return 1;
        }
        return 0;
      });
      expect(engine.unpack(engine.union(engine.pack(cut, small), ballOffsets(spacing, mm))), `seed ${seed}`).toEqual(plain);
    }
  });

  it("the majority of a window is that of its voxels counted one by one, where the window is cut too", () => {
    for (const { seed, size, bytes } of boxes) {
      // Half of the boxes lie inside a larger volume on their low side, so that their window is whole there.
      const low = seed % 2, widths = size.map((n) => Uint8Array.from({ length: n }, (_, i) => (i > 0 || low === 1 ? 1 : 0) + 1 + (i < n - 1 ? 1 : 0))) as [Uint8Array, Uint8Array, Uint8Array];
      const plain = each(size, (x, y, z) => {
        let inside = 0;
        for (let c = -1; c <= 1; c++) for (let b = -1; b <= 1; b++) for (let a = -1; a <= 1; a++) inside += at(size, bytes, x + a, y + b, z + c);
        return 2 * inside > widths[0][x] * widths[1][y] * widths[2][z] ? 1 : 0;
      });
      expect(engine.unpack(engine.majority(engine.pack(bytes, size), widths)), `seed ${seed}`).toEqual(plain);
    }
  });

  it("parts are those of a flood fill, in order of their first voxels", () => {
    for (const { seed, size, bytes } of boxes) {
      for (const neighbours of [6, 26] as const) {
        const [nx, ny] = size, labels = new Int32Array(bytes.length), sizes = [0];
        for (let start = 0; start < bytes.length; start++) {
          if (bytes[start] === 0 || labels[start] !== 0) continue;
          const number = sizes.push(0) - 1, open = [start];
          labels[start] = number;
          for (let i = open.pop(); i !== undefined; i = open.pop()) {
            sizes[number]++;
            const x = i % nx, y = Math.floor(i / nx) % ny, z = Math.floor(i / (nx * ny));
            for (let c = -1; c <= 1; c++) for (let b = -1; b <= 1; b++) for (let a = -1; a <= 1; a++) {
              if (neighbours === 6 && Math.abs(a) + Math.abs(b) + Math.abs(c) !== 1) continue;
              const j = i + a + nx * (b + ny * c);
              if (at(size, bytes, x + a, y + b, z + c) === 1 && labels[j] === 0) { labels[j] = number; open.push(j); }
            }
          }
        }
        const parts = engine.parts(engine.pack(bytes, size), neighbours), found = new Int32Array(bytes.length);
        for (let row = 0; row < size[1] * size[2]; row++) for (let r = parts.first[row]; r < parts.first[row + 1]; r++) found.fill(parts.numbers[r], row * nx + parts.edges[2 * r], row * nx + parts.edges[2 * r + 1]);
        expect(found, `seed ${seed}, ${neighbours}`).toEqual(labels);
        expect([...parts.sizes]).toEqual(sizes);
        const chosen = engine.unpack(bitsOfParts(size, parts, (n) => n % 2 === 1, sizes.length - 1));
        expect(chosen).toEqual(Uint8Array.from(labels, (n) => n % 2));
      }
    }
  });
});

it("JB4: the kernel is its twin bit for bit", () => {
  for (const { seed, size, bytes } of boxes) {
    const a = kernel.pack(bytes, size), b = twin.pack(bytes, size), widths = size.map((n) => new Uint8Array(n).fill(3)) as [Uint8Array, Uint8Array, Uint8Array];
    expect(a, `seed ${seed}`).toEqual(b);
    const offsets = ballOffsets([0.4, 0.5, 0.9], 2.1);
    expect(kernel.union(a, offsets)).toEqual(twin.union(b, offsets));
    expect(kernel.majority(a, widths)).toEqual(twin.majority(b, widths));
    for (const neighbours of [6, 26] as const) expect(kernel.parts(a, neighbours)).toEqual(twin.parts(b, neighbours));
  }
});

it("joins and cuts word by word, and refuses a row that is too long", () => {
  const a = twin.pack(Uint8Array.of(1, 1, 0, 0), [4, 1, 1]), b = twin.pack(Uint8Array.of(1, 0, 1, 0), [4, 1, 1]);
  expect([...twin.unpack(both(a, b))]).toEqual([1, 0, 0, 0]);
  expect([...twin.unpack(both(a, b, true))]).toEqual([0, 1, 0, 0]);
  expect([...twin.unpack(either(a, b))]).toEqual([1, 1, 1, 0]);
  expect(() => emptyBits([maxRowLength + 1, 1, 1])).toThrow(/too long/);
});

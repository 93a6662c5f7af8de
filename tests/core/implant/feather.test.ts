import { describe, expect, it } from "vitest";
import { cutFeathers } from "../../../core/implant/cranial/feather.ts";
import type { Block } from "../../../core/implant/fieldSurface.ts";

const block: Block = { dims: [60, 30, 40], stepMm: 0.4, origin: [0, 0, 0], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
/** A wedge: 6 mm thick at x = 4 mm, running out to nothing at x = 20 mm, 2 to 10 mm in y. */
function wedge(): Float32Array {
  const [nx, ny, nz] = block.dims, field = new Float32Array(nx * ny * nz), slope = 3 / 16, flat = 1 / Math.sqrt(1 + slope * slope);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    const x = i * 0.4, y = j * 0.4, z = k * 0.4 - 8;
    field[at] = Math.max((Math.abs(z) - (20 - x) * slope) * flat, 4 - x, 2 - y, y - 10);
  }
  return field;
}
const reachOf = (field: Float32Array) => {
  let most = 0;
  for (let at = 0; at < field.length; at++) if (field[at] < 0) most = Math.max(most, (at % block.dims[0]) * 0.4);
  return most;
};

describe("cutting feathers", () => {
  it("ends a wedge where it is about as thick as the least wall, and leaves the thick part as it is", () => {
    const before = wedge(), after = wedge(), isCut = new Uint8Array(after.length);
    cutFeathers(block, after, 1.2, isCut);
    expect(reachOf(before)).toBeGreaterThan(19);
    // 1.2 mm thick at x = 16.8 mm.
    expect(reachOf(after)).toBeGreaterThan(16.4);
    expect(reachOf(after)).toBeLessThan(18.2);
    let changed = 0;
    for (let at = 0; at < after.length; at++) {
      expect(after[at]).toBeGreaterThanOrEqual(before[at]);
      if ((at % 60) * 0.4 < 15 && after[at] !== before[at]) changed++;
      if (isCut[at]) expect(before[at]).toBeLessThan(0);
    }
    expect(changed).toBe(0);
  });
  it("takes nothing from a body without thin parts, its square edges included", () => {
    const field = new Float32Array(60 * 30 * 40), isCut = new Uint8Array(field.length);
    for (let k = 0, at = 0; k < 40; k++) for (let j = 0; j < 30; j++) for (let i = 0; i < 60; i++, at++) field[at] = Math.max(Math.abs(i - 30) * 0.4 - 8, Math.abs(j - 15) * 0.4 - 3, Math.abs(k - 20) * 0.4 - 2);
    const before = field.slice();
    cutFeathers(block, field, 1.2, isCut);
    expect(field).toEqual(before);
  });
});

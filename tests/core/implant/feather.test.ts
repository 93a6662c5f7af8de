import { describe, expect, it } from "vitest";
import { cutFeathers } from "../../../core/implant/cranial/feather.ts";
import type { Block } from "../../../core/implant/fieldSurface.ts";
import { seeded } from "../../bench/cranial/sites.ts";

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
/** The opening as it is defined: every node of the eroded body told to every node of its ball. */
function cutPlainly(field: Float32Array, leastMm: number): void {
  const { dims: [nx, ny, nz], stepMm } = block, r = leastMm / 2, from = field.slice(), opened = new Float32Array(field.length).fill(Infinity);
  const each = (act: (at: number, i: number, j: number, k: number) => void) => { for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) act(at, i, j, k); };
  const reach = Math.ceil((r + 1.8 * stepMm) / stepMm);
  each((at, i, j, k) => {
    if (from[at] + r > 0 || from[at] < -r - 1.8 * stepMm) return;
    for (let z = Math.max(0, k - reach); z <= Math.min(nz - 1, k + reach); z++) for (let y = Math.max(0, j - reach); y <= Math.min(ny - 1, j + reach); y++) for (let x = Math.max(0, i - reach); x <= Math.min(nx - 1, i + reach); x++) {
      const mm = Math.sqrt((x - i) * (x - i) + (y - j) * (y - j) + (z - k) * (z - k)) * stepMm;
      if (mm <= r + 1.8 * stepMm) opened[x + nx * (y + ny * z)] = Math.min(opened[x + nx * (y + ny * z)], mm + (from[at] + r) - r);
    }
  });
  const away = (at: number) => Math.min(from[at] + r <= 0 ? Math.min(opened[at], from[at]) : opened[at], 4 * stepMm) - from[at];
  each((at, i, j, k) => {
    let isBeside = false;
    for (let z = Math.max(0, k - 1); z <= Math.min(nz - 1, k + 1); z++) for (let y = Math.max(0, j - 1); y <= Math.min(ny - 1, j + 1); y++) for (let x = Math.max(0, i - 1); x <= Math.min(nx - 1, i + 1); x++) {
      const beside = x + nx * (y + ny * z);
      if (from[beside] < 0 && away(beside) > 0.8) isBeside = true;
    }
    const mm = away(at);
    if (isBeside && from[at] <= 2 * stepMm && mm > 0.8) field[at] = from[at] + mm * Math.min(1, (mm - 0.8) / (1.2 - 0.8));
  });
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
      if (isCut[at] === 1) expect(after[at]).toBeGreaterThan(before[at]);
      else expect(after[at]).toBe(before[at]);
    }
    expect(changed).toBe(0);
  });
  it("takes what the plain algorithm takes, sample for sample, of any body", () => {
    const random = seeded(11), waves = Array.from({ length: 9 }, () => random() * 2 - 1);
    const bodies = [wedge(), wedge().map((mm, at) => mm + 0.6 * waves[at % 9]), Float32Array.from(wedge(), (mm, at) => Math.max(mm, 1.1 - ((at * 0.013) % 2.4)))];
    for (const least of [0.6, 1.2, 2]) for (const body of bodies) {
      const made = body.slice(), asked = body.slice();
      cutFeathers(block, made, least, new Uint8Array(body.length));
      cutPlainly(asked, least);
      expect(made).toEqual(asked);
      expect(made).not.toEqual(body);
    }
  });
  it("takes nothing from a body without thin parts, its square edges included", () => {
    const field = new Float32Array(60 * 30 * 40), isCut = new Uint8Array(field.length);
    for (let k = 0, at = 0; k < 40; k++) for (let j = 0; j < 30; j++) for (let i = 0; i < 60; i++, at++) field[at] = Math.max(Math.abs(i - 30) * 0.4 - 8, Math.abs(j - 15) * 0.4 - 3, Math.abs(k - 20) * 0.4 - 2);
    const before = field.slice();
    cutFeathers(block, field, 1.2, isCut);
    expect(field).toEqual(before);
  });
});

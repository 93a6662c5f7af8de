import { expect, it } from "vitest";
import { InkKernel } from "../../../core/deidentify/inkKernel.ts";
import { InkTwin } from "../../../core/deidentify/inkTwin.ts";

it("JB4: ink is found alike by the kernel and its twin, whatever the size and values; turned round it is the same ink", () => {
  let random = 11, found = 0;
  const next = (n: number) => { random = Math.imul(random, 1664525) + 1013904223 >>> 0; return Math.floor(random / 2 ** 32 * n); };
  const kernel = new InkKernel(), twin = new InkTwin();
  for (let round = 0; round < 300; round++) {
    const width = 1 + next(round % 3 ? 40 : 70), height = 1 + next(40), low = [-32768, -1000, 0, 32_500][next(4)], steps = [1, 2, 5, 40][next(4)], range = [200, 600, 5000][next(3)];
    const values = Int16Array.from({ length: width * height }, () => Math.min(32_767, low + Math.floor(next(steps) * range / steps)));
    // Bars of one value, on both sides of which it is dark or not.
    for (let bar = next(5); bar > 0; bar--) { const at = next(values.length), step = next(2) ? 1 : width; for (let d = 0; d < next(20); d++) if (at + d * step < values.length) values[at + d * step] = Math.min(32_767, low + range); }
    const told = [...twin.find(values, width, height)];
    expect([...kernel.find(values, width, height)], `${round}: ${width} × ${height}`).toEqual(told);
    expect([...kernel.find(values.slice().reverse(), width, height)]).toEqual(told.map((at) => values.length - 1 - at).reverse());
    found += told.length;
  }
  expect(found).toBeGreaterThan(5000);
});

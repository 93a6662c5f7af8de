import { expect, it } from "vitest";
import { measuredDisc, unlikeFill } from "../../../core/checks/measuredDisc.ts";

const n = 96, matrix = { columns: n, rows: n, columnMm: 0.5, rowMm: 0.5 };
/** 1 where a pixel lies in an ellipse about (x, y) of half axes a and b, pixels. */
const ellipse = (x: number, y: number, a: number, b: number) => Uint8Array.from({ length: n * n }, (_, p) => ((p % n - x) / a) ** 2 + ((Math.floor(p / n) - y) / b) ** 2 <= 1 ? 1 : 0);
const middle = (n - 1) / 2;

it("CK8: a circle as wide as the matrix, as its diameter says, or off the middle up to the edge is what was measured", () => {
  for (const [seen, diameterMm] of [[ellipse(middle, middle, 48, 48), null], [ellipse(middle, middle, 30, 30), 30], [ellipse(40, middle, 40, 40), null]] as const) {
    const disc = measuredDisc(seen, matrix, diameterMm);
    expect(disc?.pixels.reduce((wrong, value, p) => wrong + (value === seen[p] ? 0 : 1), 0)).toBe(0);
  }
});

it("CK8: what is no circle, or a circle far within the matrix, was not cut by the scanner", () => {
  expect(measuredDisc(ellipse(middle, middle, 47, 30), matrix, null)).toBe(null);
  expect(measuredDisc(ellipse(30, middle, 30, 44), matrix, null)).toBe(null);
  expect(measuredDisc(ellipse(middle, middle, 30, 30), matrix, null)).toBe(null);
  expect(measuredDisc(new Uint8Array(n * n).fill(1), matrix, null)).toBe(null);
});

it("CK8: a value that no scanner measures is fill in any corner; air is fill only where it is one value in all corners of all slices", () => {
  const inside = ellipse(middle, middle, 48, 48), slice = (fill: number, corner = fill) => Int16Array.from(inside, (value, p) => value ? 20 : p === 0 ? corner : fill);
  const looked = (...slices: Int16Array[]) => unlikeFill(matrix, slices.length, (k, p) => slices[k][p]);
  expect(looked(slice(-2000), slice(-2000))).toEqual(inside);
  expect(looked(slice(-2000, -990))?.[n - 1]).toBe(0);
  expect(looked(slice(-1024), slice(-1024))).toEqual(inside);
  expect(looked(slice(-1024, -1000))).toBe(null);
  expect(looked(slice(-1024), slice(-1020))).toBe(null);
  expect(looked(slice(-800))).toBe(null);
});

import { expect, it } from "vitest";
import { compositeBrick, isStriped, proposalOffset } from "../../../core/mask/proposal.ts";

it("is painted as stripes of value + 128 over the anatomy, in every plane", () => {
  const anatomy = new Uint8Array(32768).fill(1), proposal = new Uint8Array(32768).fill(7);
  const painted = compositeBrick(anatomy, proposal) ?? new Uint8Array();
  for (let local = 0; local < painted.length; local++) expect(painted[local]).toBe(isStriped(local) ? 7 + proposalOffset : 1);
  for (const [a, b] of [[1, 32], [1, 1024], [32, 1024]]) {
    const seen = new Set<number>();
    for (let i = 0; i < 32; i++) for (let j = 0; j < 32; j++) seen.add(painted[i * a + j * b]);
    expect(seen).toEqual(new Set([1, 135]));
  }
  expect(compositeBrick(anatomy, undefined)).toBe(anatomy);
  expect(compositeBrick(undefined, undefined)).toBeUndefined();
});

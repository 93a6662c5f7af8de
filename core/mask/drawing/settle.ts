import { BRICK, brickCount, brickRows } from "../brick.ts";
import type { BrickRuns } from "../brickRuns.ts";
import { type BrickSource, nothingKeptOut, type Restriction, restricted } from "../masking.ts";
import type { IntentOf } from "./intent.ts";
import { brushRuns, type Drawn, type DrawingInput, strokeOf } from "./strokes.ts";

/** Every row of a brick as a run of its own. */
const allRows = Uint16Array.from({ length: 2 * brickRows }, (_, i) => (i % 2 === 0 ? (i / 2) * BRICK : BRICK));

/**
 * What is proposed, all of it or the part inside a brush: to the anatomy and out of the proposal, or out of it only.
 * What the masking rule leaves alone stays proposed.
 * @param tell told the share that is done; what it throws stops it
 */
export function settled({ source }: DrawingInput, intent: IntentOf<"accept" | "discard" | "acceptAll" | "discardAll">, restriction: Restriction, tell?: (fraction: number) => void): Drawn {
  const keptOut = nothingKeptOut(), parts = new Map<number, BrickRuns[]>(), done: BrickRuns[] = [], isAccepting = intent.effect === "accept" || intent.effect === "acceptAll";
  const proposal: BrickSource = { grid: source.grid, brick: (index) => source.brick(index, "proposal") };
  const where = "points" in intent ? brushRuns(source.grid, intent) : Array.from({ length: brickCount(source.grid) }, (_, brick) => ({ brick, runs: allRows }));
  for (const [n, one] of where.entries()) {
    tell?.(n / where.length);
    const content = proposal.brick(one.brick);
    if (!content) continue;
    for (const value of new Set(content)) {
      if (value === 0 || intent.segments?.includes(value) === false) continue;
      const there = restricted(proposal, [one], { masking: {}, segment: value, holding: value }, nothingKeptOut());
      if (there.length === 0) continue;
      // A segment that is locked takes nothing in either.
      if (isAccepting && intent.locked?.includes(value)) { keptOut.protection.set(value, "locked"); continue; }
      const kept = !isAccepting ? there : restricted(source, there, { ...restriction, segment: value }, keptOut);
      if (kept.length > 0) parts.set(value, [...(parts.get(value) ?? []), ...kept]);
    }
  }
  const strokes = !isAccepting ? [] : [...parts].sort(([one], [other]) => one - other).map(([value, bricks]) => strokeOf(value, bricks));
  for (const bricks of parts.values()) done.push(...bricks);
  return { strokes: done.length === 0 ? [] : [...strokes, strokeOf(0, joined(done), "proposal")], keptOut };
}

/** Bricks that may come more than once, with voxels that do not meet, as each brick once. */
function joined(bricks: readonly BrickRuns[]): BrickRuns[] {
  const all = new Map<number, Uint8Array>();
  for (const { brick, runs } of bricks) {
    let bits = all.get(brick);
    if (!bits) all.set(brick, bits = new Uint8Array(32 * 32 * 32));
    for (let r = 0; r < runs.length; r += 2) bits.fill(1, runs[r], runs[r] + runs[r + 1]);
  }
  return [...all].sort(([one], [other]) => one - other).map(([brick, bits]) => {
    const runs: number[] = [];
    for (let v = 0; v < bits.length; v++) {
      if (bits[v] === 0) continue;
      const from = v;
      while (v < bits.length && bits[v] === 1 && (v >> 5) === (from >> 5)) v++;
      runs.push(from, v - from);
      v--;
    }
    return { brick, runs: Uint16Array.from(runs) };
  });
}

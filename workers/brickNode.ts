import { decodeLabelmap } from "../core/mask/labelmap.ts";
import { BrickLedger, bricksOf } from "../core/surface/brickLedger.ts";
import { decodeBrickManifest } from "../core/surface/brickManifest.ts";
import type { FollowedVolume } from "../core/surface/interpolate.ts";
import { defaultSmooth } from "../core/surface/surfaceNets.ts";
import type { NodeAnswer } from "./nodeQuestion.ts";

/** Ledgers that a thread keeps, the one used last at the end: bits and names of bricks, some megabytes each. */
const mostKept = 6;
const kept = new Map<string, BrickLedger>();

/**
 * The node `bricks`: the list of a segment's bricks. A thread that made a list on this grid before goes on from there; one
 * that did not takes from the list before what has not changed.
 * @param before the newest list of the segment whose bricks are stored, if any
 * @param followed the CT on the labelmap's grid that the surface follows, if any
 */
export function makeBricks(bytes: Uint8Array, value: number, before?: Uint8Array, followed?: FollowedVolume): NodeAnswer {
  const labelmap = decodeLabelmap(bytes), { dims, spacing, origin } = labelmap.grid, name = JSON.stringify([value, dims, spacing, origin, followed?.volume, followed?.iso]);
  const ledger = kept.get(name) ?? new BrickLedger(labelmap.grid, value, { smooth: defaultSmooth, followed });
  // A ledger that failed half way is not used again.
  kept.delete(name);
  const { manifest, made, count } = bricksOf(ledger, labelmap, before && decodeBrickManifest(before));
  kept.set(name, ledger);
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
  }
  return { content: manifest, facts: { bricks: count, made: made.length, madeBytes: made.reduce((sum, { bytes: part }) => sum + part.length, 0) }, parts: made.map(({ bytes: part }) => part) };
}

import * as Y from "yjs";
import { brickVoxels } from "../mask/brick.ts";
import { MaskFold } from "../mask/maskFold.ts";
import type { Grid } from "../space/grid.ts";
import { followMasks } from "./masksDoc.ts";
import type { ReplayEntry } from "./replay.ts";

/**
 * Everything that a log ever held in one fold without bases: what a rebase has folded away has its authors there still.
 * Large strokes want `addBlob`.
 */
export function foldOfLog(grid: Grid, entries: readonly ReplayEntry[]): MaskFold {
  const doc = new Y.Doc(), fold = new MaskFold(grid), stop = followMasks(doc, fold);
  // The server's deletions take strokes out of the document; a fold only ever takes in.
  for (const { update } of entries) Y.applyUpdate(doc, update);
  stop();
  doc.destroy();
  return fold;
}

function isAlike(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return (one ?? other)?.every((value) => value === 0) ?? true;
  for (let i = 0; i < brickVoxels; i++) if (one[i] !== other[i]) return false;
  return true;
}

/**
 * Who made what is there now, what lies in a base included (MK12): for each label value, voxels by the client id that wrote
 * them last. Where the log as one fold shows something else (a stroke came too late for its place and lies on the base) only
 * strokes above the base have an author.
 * @param now the mask as it is @param whole `foldOfLog` of the log that it came from
 */
export function authorsOf(now: MaskFold, whole: MaskFold): Map<number, Map<number, number>> {
  const alike = new Set([...new Set([...now.bricksOf(), ...whole.bricksOf()])].filter((brick) => isAlike(now.brick(brick), whole.brick(brick))));
  const found = whole.contributions("anatomy", (brick) => alike.has(brick));
  for (const [value, byClient] of now.contributions("anatomy", (brick) => !alike.has(brick))) {
    const own = found.get(value) ?? new Map<number, number>();
    for (const [clientId, voxels] of byClient) own.set(clientId, (own.get(clientId) ?? 0) + voxels);
    found.set(value, own);
  }
  return found;
}

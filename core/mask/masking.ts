import type { Grid } from "../space/grid.ts";
import { brickOrigin } from "./brick.ts";
import type { BrickRuns } from "./brickRuns.ts";
import { restrictRuns } from "./rasterize.ts";
import type { Layer } from "./stroke.ts";

/** Which voxels a tool may change; left out: all of them. */
export interface Masking {
  /** Voxels of these segments are left as they are. */
  locked?: readonly number[];
  /** Only inside (or outside) the voxels of this segment, or of these; 0 belongs to none. */
  editableArea?: { inside: number | readonly number[] } | { outside: number | readonly number[] };
  /** Only voxels with these HU, both ends in. */
  editableRange?: readonly [number, number];
  /** Whether voxels of other segments may be taken. */
  overwrite?: "all" | "none" | { only: readonly number[] };
}

/** Why voxels that hold a label are left alone. */
export type Protection = "locked" | "area" | "overwrite";

/**
 * For a label value, 0 for none among them, why its voxels may not be changed by a tool that works on `own`, a segment or
 * several; undefined where they may.
 */
export function protectionOf({ locked, editableArea: area, overwrite = "all" }: Masking, own: number | null | ReadonlySet<number>): (label: number) => Protection | undefined {
  const isOwn = (label: number) => (own !== null && typeof own === "object" ? own.has(label) : label === own), shut = new Set(locked), isInside = area !== undefined && "inside" in area;
  const named = new Set(area === undefined ? [] : "inside" in area ? [area.inside].flat() : [area.outside].flat());
  const takeable = typeof overwrite === "object" ? new Set(overwrite.only) : null;
  return (label) => {
    if (shut.has(label)) return "locked";
    if (area !== undefined && named.has(label) !== isInside) return "area";
    const isOther = label !== 0 && !isOwn(label);
    return isOther && overwrite !== "all" && takeable?.has(label) !== true ? "overwrite" : undefined;
  };
}

/** Label values by brick: a fold, or a dense labelmap cut into bricks. A brick that is absent holds nothing. */
export interface BrickSource { readonly grid: Grid; brick(index: number, layer?: Layer): Uint8Array | undefined }

/** What of a stroke's voxels may be written. */
export interface Restriction {
  masking: Masking;
  /** The segment that the tool works on. */
  segment: number;
  /** Only voxels that hold this label, or any at all (an eraser's); left out: whatever they hold. */
  holding?: number | "any";
  /** The CT; needed with an editable range. */
  hu?: Int16Array;
}

/** Why voxels under a stroke were left alone; for the sentence that says why nothing was drawn. */
export interface KeptOut { protection: Map<number, Protection>; isOutsideHu: boolean; isOtherLabel: boolean }
export const nothingKeptOut = (): KeptOut => ({ protection: new Map(), isOutsideHu: false, isOtherLabel: false });

const emptyBrick = new Uint8Array(32 * 32 * 32);

/** The runs without voxels that the restriction keeps; `keptOut` is told why. */
export function restricted(source: BrickSource, bricks: readonly BrickRuns[], { masking, segment, holding, hu }: Restriction, keptOut: KeptOut): BrickRuns[] {
  const { grid } = source, [nx, ny] = grid.dims, protection = protectionOf(masking, segment), range = masking.editableRange;
  if (range && !hu) throw new RangeError("an editable range looks at the CT");
  // For each label value: it may be written (0), is none of those meant (1), or is protected. Asked once a value, not once a voxel.
  const verdicts = new Map<number, 0 | 1 | Protection>();
  const verdictOf = (label: number): 0 | 1 | Protection => {
    let verdict = verdicts.get(label);
    if (verdict === undefined) {
      const isMeant = holding === undefined || (holding === "any" ? label !== 0 : label === holding);
      verdicts.set(label, verdict = isMeant ? protection(label) ?? 0 : 1);
    }
    return verdict;
  };
  const tell = (label: number, why: 1 | Protection): false => {
    if (why === 1) keptOut.isOtherLabel = true;
    else keptOut.protection.set(label, why);
    return false;
  };
  const kept: BrickRuns[] = [];
  for (const one of bricks) {
    const content = source.brick(one.brick) ?? emptyBrick;
    // Most bricks hold one label or none: those are taken, or left, whole.
    if (!range && content === emptyBrick) {
      const why = verdictOf(0);
      if (why === 0) kept.push(one);
      else tell(0, why);
      continue;
    }
    const [ox, oy, oz] = brickOrigin(grid, one.brick);
    kept.push(...restrictRuns([one], (local) => {
      const why = verdictOf(content[local]);
      if (why !== 0) return tell(content[local], why);
      if (!range || !hu) return true;
      const value = hu[ox + (local & 31) + (oy + ((local >> 5) & 31)) * nx + (oz + (local >> 10)) * nx * ny];
      if (value >= range[0] && value <= range[1]) return true;
      keptOut.isOutsideHu = true;
      return false;
    }));
  }
  return kept;
}

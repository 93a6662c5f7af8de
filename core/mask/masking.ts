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

/** For a label value, 0 for none among them, why its voxels may not be changed by a tool that writes `segment`; undefined where they may. */
export function protectionOf({ locked, editableArea: area, overwrite = "all" }: Masking, segment: number | null): (label: number) => Protection | undefined {
  const shut = new Set(locked), isInside = area !== undefined && "inside" in area;
  const named = new Set(area === undefined ? [] : "inside" in area ? [area.inside].flat() : [area.outside].flat());
  const takeable = typeof overwrite === "object" ? new Set(overwrite.only) : null;
  return (label) => {
    if (shut.has(label)) return "locked";
    if (area !== undefined && named.has(label) !== isInside) return "area";
    const isOther = label !== 0 && label !== segment;
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
  // What each label value may: 0 be written, 1 not known yet, else why not.
  const verdicts: (0 | 1 | 2 | Protection)[] = new Array<0 | 1 | 2 | Protection>(256).fill(1);
  const verdictOf = (label: number): 0 | 2 | Protection => {
    const known = verdicts[label];
    if (known !== 1) return known;
    const isOther = holding !== undefined && (holding === "any" ? label === 0 : label !== holding);
    return verdicts[label] = isOther ? 2 : protection(label) ?? 0;
  };
  const tell = (label: number, why: 2 | Protection): false => {
    if (why === 2) keptOut.isOtherLabel = true;
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

import { BRICK, brickVoxels } from "../../../core/mask/brick.ts";
import type { BrickRuns } from "../../../core/mask/brickRuns.ts";
import type { EffectStroke } from "../../../core/mask/effects/apply.ts";
import { isStriped } from "../../../core/mask/proposal.ts";

/** Value of a preview that is no label yet: between the segments (1…127) and their proposals (129…255). */
export const previewLabel = 128;

/** What a tool would make of the mask: painted over the slices in view, and written nowhere. */
export interface SlicePreview {
  /** The label that a voxel would hold; `label`, which it holds, where it would stay. */
  at(brick: number, local: number, index: number, label: number): number;
  /** Whether it says anything of a brick; one that it does not touch costs nothing. */
  touches(brick: number): boolean;
}

/**
 * Every voxel in a range of HU goes to the segment, but those whose label is untouchable and those outside what may be changed.
 * @param isExact what of the segment lies outside the range goes
 */
export function rangePreview(hu: Int16Array, [min, max]: readonly [number, number], segment: number, untouchable: ReadonlySet<number>, onlyHu: readonly [number, number] | null, isExact = false): SlicePreview {
  const [low, high] = onlyHu ?? [-Infinity, Infinity], may = Uint8Array.from({ length: 256 }, (_, label) => (untouchable.has(label) ? 0 : 1));
  const at = (index: number, label: number): number => {
    const value = hu[index];
    if (may[label] === 0 || value < low || value > high) return label;
    return value >= min && value <= max ? segment : isExact && label === segment ? 0 : label;
  };
  return { touches: () => true, at: (_brick, _local, index, label) => at(index, label) };
}

/** What an effect's strokes would write. */
export function strokesPreview(strokes: readonly EffectStroke[]): SlicePreview {
  const bricks = new Map<number, { value: number; runs: Uint16Array }[]>(), read = new Map<number, Uint8Array>();
  for (const { value, bricks: written } of strokes) for (const { brick, runs } of written) {
    const here = bricks.get(brick);
    if (here) here.push({ value, runs }); else bricks.set(brick, [{ value, runs }]);
  }
  /** The value written plus 1; 0 where nothing is. Only bricks in view are ever asked for. */
  const contentOf = (brick: number): Uint8Array => {
    let content = read.get(brick);
    if (!content) {
      content = new Uint8Array(brickVoxels);
      for (const { value, runs } of bricks.get(brick) ?? []) for (let r = 0; r < runs.length; r += 2) content.fill(value + 1, runs[r], runs[r] + runs[r + 1]);
      read.set(brick, content);
    }
    return content;
  };
  return { touches: (brick) => bricks.has(brick), at: (brick, local, _index, label) => { const written = contentOf(brick)[local]; return written === 0 ? label : written - 1; } };
}

/** Voxels to be pointed out, whatever they hold: all of them in the preview's colour. */
export const markedPreview = (bricks: readonly BrickRuns[]): SlicePreview => strokesPreview([{ value: previewLabel, voxels: 0, bricks: [...bricks] }]);

/**
 * What is painted of a voxel under a preview: what comes is striped in the segment's colour and the preview's, what goes is
 * hatched in the colour that it has; stripes lie in voxel space, so that they show in every plane.
 * @param painted what is painted without a preview
 */
export function previewed(painted: number, label: number, wanted: number, local: number): number {
  if (wanted === label) return painted;
  if (isStriped(local)) return wanted === 0 ? label : previewLabel;
  return wanted;
}

/** Local index of a voxel in its brick. */
export const localOf = (x: number, y: number, z: number): number => (x & (BRICK - 1)) + ((y & (BRICK - 1)) << 5) + ((z & (BRICK - 1)) << 10);

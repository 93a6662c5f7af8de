import { z } from "zod";

export const label = z.number().int().min(1).max(127);
const hu = z.number().int().min(-32768).max(32767);
const mm = z.number().min(0.01).max(200);

/** Methods that find a threshold by themselves. */
export const thresholdMethods = ["otsu", "isodata", "triangle", "maximumEntropy"] as const;
export type ThresholdMethod = (typeof thresholdMethods)[number];

/** Which voxels an effect may change. Left out: all but those of locked segments. */
export const masking = {
  /** Voxels of these segments are left as they are. */
  locked: z.array(label).optional(),
  /** Only inside (or outside) the voxels of this segment, or of these. */
  editableArea: z.strictObject({ inside: label.or(z.array(label)) }).or(z.strictObject({ outside: label.or(z.array(label)) })).optional(),
  /** Only voxels with these HU, both ends in. */
  editableRange: z.tuple([hu, hu]).refine(([low, high]) => low <= high, "the lower HU comes first").optional(),
  /** Whether voxels of other segments may be taken: `all`, `none`, or only those of some. Default `all`; `none` for invert and fillBetween; copy and union take them by their meaning and want it said. */
  overwrite: z.enum(["all", "none"]).or(z.strictObject({ only: z.array(label) })).optional(),
};

/** What a person meant with a tool; the same list that `job segment --effects` takes. */
export const effectIntent = z.discriminatedUnion("effect", [
  // `set`: the segment becomes exactly the range; `add`: what it holds already stays.
  z.strictObject({ effect: z.literal("threshold"), segment: label, min: hu.optional(), max: hu.optional(), method: z.enum(thresholdMethods).optional(), mode: z.enum(["set", "add"]).default("set"), ...masking }),
  z.strictObject({ effect: z.literal("islands"), segment: label, operation: z.enum(["keepLargest", "removeSmall", "keepAt", "removeAt"]), minMm3: z.number().positive().optional(), at: z.tuple([z.number(), z.number(), z.number()]).optional(), ...masking }),
  z.strictObject({ effect: z.literal("margin"), segment: label, mm: z.number().min(-100).max(100), ...masking }),
  z.strictObject({ effect: z.literal("hollow"), segment: label, thicknessMm: mm, shell: z.enum(["inside", "medial", "outside"]).default("inside"), ...masking }),
  // Cavities that the outside does not reach; with `plane` holes that are closed within each slice of that plane, though open along it.
  z.strictObject({ effect: z.literal("fillHoles"), segment: label, plane: z.enum(["axial", "coronal", "sagittal"]).optional(), largestMm3: z.number().positive().optional(), ...masking }),
  z.strictObject({ effect: z.literal("smooth"), segment: label, method: z.enum(["median", "opening", "closing", "gaussian"]), mm, ...masking }),
  // `of`: where `other` is looked for. Two segments of one layer share no voxel, so that only a proposed one can be intersected with or subtracted.
  z.strictObject({ effect: z.literal("logic"), segment: label, operation: z.enum(["copy", "union", "intersect", "subtract", "invert", "clear"]), other: label.optional(), of: z.enum(["anatomy", "proposal"]).default("anatomy"), ...masking }),
  z.strictObject({ effect: z.literal("regionGrow"), segment: label, at: z.tuple([z.number(), z.number(), z.number()]), min: hu, max: hu, channelMm: z.number().min(0).max(50).default(0), ...masking }),
  // `joinMm`: shapes of neighbouring drawn slices that do not overlap are joined when their centroids are no farther apart in the plane; 0: none.
  z.strictObject({ effect: z.literal("fillBetween"), segment: label, plane: z.enum(["axial", "coronal", "sagittal"]).default("axial"), joinMm: z.number().min(0).max(200).default(20), ...masking }),
  // `segment` is one of `segments`, all of which are smoothed together.
  z.strictObject({ effect: z.literal("jointSmooth"), segment: label, segments: z.array(label).min(1).max(127), mm, ...masking }),
  z.strictObject({ effect: z.literal("split"), segment: label, into: z.array(label).min(1).max(126), ...masking }),
  // `segment` is one of `segments`, whose voxels are the seeds.
  z.strictObject({ effect: z.literal("growFromSeeds"), segment: label, segments: z.array(label).min(1).max(127), marginMm: z.number().min(0).max(200).default(10), ...masking }),
  // Openings narrower than `gapMm` let nothing leak into what is filled; folds and pores of the surface narrower than `detailMm` (default: the gap) are covered.
  z.strictObject({ effect: z.literal("wrap"), segment: label, gapMm: mm, detailMm: mm.optional(), ...masking }),
]);
export type EffectIntent = z.infer<typeof effectIntent>;

/** An effect cannot be applied: what is wrong, and what to do. */
export class EffectError extends Error {
  override name = "EffectError";
}

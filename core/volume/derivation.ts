import { z } from "zod";

const index = z.number().int().min(0).max(32_767);

/** How one volume is made of another. Distances in mm, values in HU. */
export const derivation = z.discriminatedUnion("op", [
  /** Only the longest even run of a series whose slices lie unevenly: its voxels stay bit for bit. */
  z.strictObject({ op: z.literal("regularPart") }),
  /** A box of voxels, both corners within it; voxels stay bit for bit. */
  z.strictObject({ op: z.literal("crop"), low: z.tuple([index, index, index]), high: z.tuple([index, index, index]) }),
  /** Cubes of this edge. */
  z.strictObject({ op: z.literal("isotropic"), spacingMm: z.number().min(0.1).max(5) }),
  /** The middle of the 3 × 3 × 3 neighbours. */
  z.strictObject({ op: z.literal("median") }),
  z.strictObject({ op: z.literal("gaussian"), sigmaMm: z.number().min(0.1).max(5) }),
  /** Perona and Malik 1990: smooths along edges, not over steps much larger than `edgeHu`. */
  z.strictObject({ op: z.literal("anisotropic"), edgeHu: z.number().min(5).max(500), steps: z.number().int().min(1).max(30) }),
  /** What is not the largest body becomes air. */
  z.strictObject({ op: z.literal("removeTable") }),
]);
export type Derivation = z.infer<typeof derivation>;

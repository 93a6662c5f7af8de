import { z } from "zod";
import { landmark, landmarkNames } from "./landmarks.ts";

const degrees = z.number().min(-45).max(45);
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
  /** The face is covered in front of the bone, so that nobody is recognised by it. */
  z.strictObject({ op: z.literal("deface") }),
  /** Turned, so that the mid-sagittal plane is the grid's middle plane of x: positions differ from the scan's. */
  z.strictObject({ op: z.literal("reorient"), plane: z.discriminatedUnion("by", [
    z.strictObject({ by: z.literal("automatic") }),
    /** Yaw about z, then roll about y, then pitch about x; the plane runs `asideMm` right of the volume's centre. */
    z.strictObject({ by: z.literal("angles"), yawDeg: degrees, rollDeg: degrees, pitchDeg: degrees, asideMm: z.number().min(-200).max(200) }),
    z.strictObject({ by: z.literal("landmarks"), landmarks: z.array(landmark).min(3).max(landmarkNames.length) }),
  ]) }),
]);
export type Derivation = z.infer<typeof derivation>;

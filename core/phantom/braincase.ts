import { blend, ellipsoid, step } from "./shapes.ts";

/** Signed distance in mm to the outer table: an ellipsoid above, with temporal bones and an occiput below z = 36 mm. */
export function outerTable(x: number, y: number, z: number): number {
  const vault = ellipsoid(x, y + 4, z - 38, 70, 86, 68);
  if (z > 36 || vault > 30 || vault < -24) return vault;
  const up = Math.max(0, z - 8), fade = up * up * 0.025;
  const temporal = ellipsoid(x, y + 8, z - 4, 66, 60, 40) + fade;
  const occiput = ellipsoid(x, y + 42, z - 8, 56, 45, 40) + fade;
  return blend(blend(vault, temporal, 14), occiput, 16);
}

/**
 * Height in mm of the floor of the cranial cavity: anterior fossa over the orbits, middle fossae beside the sella,
 * posterior fossa behind the petrous ridges, with the clivus sloping between.
 */
export function cavityFloor(side: number, y: number): number {
  const anterior = 11 + 6 * step(side / 16) + 4 * step((side - 34) / 12);
  const middle = -3 - 10 * step((side - 8) / 14);
  const front = step((y - 26 - 0.1 * side) / 14);
  const behind = step((10 - 0.75 * side - y) / (26 - 0.3 * side));
  return (middle + (anterior - middle) * front) * (1 - behind) - 29 * behind;
}

/** Signed distance in mm to the foramen magnum, an upright opening of 29 × 35 mm. */
export const foramenMagnum = (x: number, y: number): number => ellipsoid(x, y + 29, 0, 14.5, 17.5, 1000);

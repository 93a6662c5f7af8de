import { ball, bar, solid, type Part } from "./parts.ts";
import { clip, ellipsoid } from "./shapes.ts";

/** Soft tissue that the bones alone do not give: cheeks, nose, lips, floor of the mouth, neck, ears. */
export const softParts: readonly Part[] = [
  ball(0, 8, -26, 71, 66, 44, 12), ball(20, 52, -44, 33, 32, 34, 12), ball(0, 34, -70, 44, 44, 26, 12),
  solid([0, 58, -80, 42, -120, 10], 16, (s, y, z) => clip(ellipsoid(s, y + 22, 0, 55, 56, 1000), z - 4, 20)),
  bar([0, 85, 6], [0, 103, -29], 5, 6.5, 9), ball(9, 94, -33, 6, 9, 6, 5), ball(0, 84, -42, 13, 9, 9, 8),
  ball(0, 73, -52, 23, 21, 5, 4), ball(0, 72.5, -62, 22, 20, 5, 4), ball(8, 82, -24, 11, 12, 16, 8), ball(0, 76, -84, 16, 12, 9, 9),
  solid([68, 90, -30, 8, -44, 18], 5, (s, y, z) => {
    const out = s - 75 + 0.38 * (y + 10), across = y + 10 - 0.15 * (z + 14);
    return Math.max(ellipsoid(out, across, z + 14, 3.6, 15, 30), -ellipsoid(out - 4, across - 3, z + 16, 4.5, 7, 13));
  }),
];
/** Mm of skin over facial bone. */
export const skinOverBone = 5;

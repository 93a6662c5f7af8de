import { ball, bar, solid, type Form, type Part } from "./parts.ts";
import { ellipsoid, rod } from "./shapes.ts";

/** The orbit: a flattened cone from its opening back to the optic canal. */
export const orbitCone: Form = (s, y, z) => rod(s, y, (z + 2) * 1.14 - 2, 10, 28, -1, 30, 76, -3, 2.5, 19.5);
/** The orbit as a part. */
export const orbit = solid([4, 54, 26, 92, -24, 20], 4, orbitCone);

/** Facial bone before it is hollowed: brow, orbital rims, cheek bone and arch, nasal bones, maxilla. */
export const facialBones: readonly Part[] = [
  bar([0, 77, 14], [28, 74, 17], 6, 5, 8), bar([28, 74, 17], [47, 62, 7], 5, 5, 8), bar([47, 62, 7], [48, 58, -14], 5, 5, 6),
  bar([46, 54, 10], [40, 40, 14], 4, 6, 8),
  ball(44, 57, -21, 9, 9, 9, 7), bar([44, 60, -20], [15, 74, -19], 5, 4, 6),
  bar([0, 80, 10], [0, 88, -12], 6, 3.6, 7), bar([9, 77, 8], [14, 75, -34], 4, 4.5, 6),
  solid([4, 40, 26, 62, -22, 18], 3, (s, y, z) => Math.max(orbitCone(s, y, z) - 2.6, y - 58)),
  ball(20, 56, -31, 22, 21, 19, 6),
  bar([48, 52, -23], [64, 26, -22], 4.5, 3, 5), bar([64, 26, -22], [59, -2, -20], 3, 4.5, 5),
];

/** Bone under the braincase: sphenoid, pterygoid plates, petrous ridges, mastoids, occipital condyles. */
export const baseBones: readonly Part[] = [
  ball(0, 16, -13, 15, 20, 12, 8), bar([12, 22, -22], [15, 27, -44], 4, 2.5, 5), bar([16, 34, 4], [44, 42, 10], 4, 4, 6),
  bar([50, -14, -17], [13, 6, -15], 10, 6, 7), ball(54, -8, -16, 9, 17, 10, 8), ball(51, -20, -27, 10, 13, 19, 8),
  ball(16, -19, -33, 6, 10, 6, 5),
];

/** What is taken out of facial bone: orbits, the nasal cavity with its pear-shaped opening, the fossa behind the cheek. */
export const hollows: readonly Part[] = [
  orbit,
  solid([0, 15, 20, 84, -42, 4], 3, (s, y, z) => ellipsoid(s, y - 52, z + 20, 13 - 0.12 * (z + 20), 32, 22)),
  solid([0, 14, 68, 104, -42, -10], 3, (s, y, z) => ellipsoid(s, y - 86, z + 27, 11.5 - 0.3 * (z + 27), 18, 15)),
  ball(47, 30, -20, 12, 17, 30, 4),
];

/** Air inside the nose and the sinuses beside it; the septum is left standing. */
export const airSpaces: readonly Part[] = [
  solid([0, 13, 20, 84, -41, 0], 1, (s, y, z) => Math.max(ellipsoid(s, y - 46, z + 20, 11.5 - 0.12 * (z + 20), 30, 20), 1 - s, -ellipsoid(s - 8, y - 52, z + 31, 3, 22, 5), -ellipsoid(s - 8, y - 50, z + 15, 2.4, 18, 4))),
  bar([6, 74, -30], [7, 99, -39], 3.5, 3.5, 2),
  ball(23, 53, -30, 14, 16, 13, 0.5), ball(6, 50, 4, 4.5, 18, 6, 0.5), ball(7, 18, -13, 5.5, 12, 8, 0.5), ball(9, 75, 17, 7, 3.6, 8, 0.5),
  solid([0, 11, 6, 24, -100, -24], 3, (s, y, z) => Math.max(ellipsoid(s, y - 14 - 0.04 * (z + 40), 0, 10, 6, 1000), z + 25)),
  bar([44, -8, -19], [84, -8, -19], 3, 3, 1),
];

import { ball, bar, solid, type Part } from "./parts.ts";
import { clip } from "./shapes.ts";

/** Signed distance in mm, in a plane of z, to the arch on which the teeth stand; positive outside it. */
export function arch(side: number, y: number, width: number, depth: number): number {
  const a = side / width, b = (y - 28) / depth;
  const k0 = Math.sqrt(a * a + b * b), k1 = Math.sqrt((a / width) * (a / width) + (b / depth) * (b / depth));
  return k1 === 0 ? -width : (k0 * (k0 - 1)) / k1;
}

/** Distance to an upright wall of the arch with rounded edges, from z = low to high, `half` thick to each side. */
function archWall(side: number, y: number, z: number, width: number, depth: number, half: number, low: number, high: number, back: number): number {
  const middle = (low + high) / 2;
  return clip(clip(Math.abs(arch(side, y, width, depth)) - half, Math.abs(z - middle) - (high - low) / 2, 5), back - y, 4);
}

/** The mandible: body, chin, ramus with angle, coronoid process and condyle. */
export const mandible: readonly Part[] = [
  solid([0, 50, 14, 84, -92, -62], 5, (s, y, z) => archWall(s, y, z, 38.5 - 0.1 * (z + 66), 49 - 0.03 * (z + 66), 5, -90 + 0.16 * Math.max(0, 70 - y), -65, 16)),
  solid([36, 56, 2, 42, -86, -30], 6, (s, y, z) => clip(clip(Math.abs(s - 46 - 0.14 * (z + 60)) - 3.4, clip(5 + 0.16 * (z + 80) * -0.6 - y, y - 34 - 0.05 * (z + 60), 6), 4),
    clip(z + 38, -84 + 0.35 * (28 - y) - z, 8), 6)),
  bar([50, 8, -42], [52, 5, -27], 4, 4, 6), ball(52, 4, -25, 8, 4.5, 4.5, 4),
  bar([48, 28, -42], [47, 30, -25], 4, 2, 6),
  ball(0, 74, -85, 13, 7.5, 6, 7),
];

/** The ridge of the maxilla in which the upper teeth stand, with the hard palate. */
export const upperRidge: readonly Part[] = [
  solid([0, 46, 22, 84, -53, -32], 5, (s, y, z) => archWall(s, y, z, 36, 50, 5, -52, -33, 24)),
  solid([0, 36, 22, 78, -45, -40], 3, (s, y, z) => Math.max(arch(s, y, 36, 50), Math.abs(z + 42.5) - 2, 22 - y)),
];

/** Distance in mm to the nearest tooth: crowns that meet at z = −58, roots that grow thinner away from it. */
export const teeth = solid([0, 42, 26, 86, -76, -41], 0.5, (s, y, z) => {
  const high = Math.abs(z + 58), along = (y > 60 ? s : y) / 7, gap = Math.abs(along - Math.floor(along) - 0.5);
  const thin = Math.max(0, high - 7) * 0.28;
  return Math.max(Math.abs(arch(s, y, 36.5, 50.5)) - 3.6 + thin, high - 16, (gap - 0.43) * 7 + thin * 0.8, 0.8 - high, 26 - y);
});

const vertebra = (z: number, body: number): Part[] => [
  solid([0, 15, -24, -2, z - body, z + body], 4, (s, y, zz) => clip(Math.sqrt(s * s * 0.6 + (y + 12) * (y + 12)) - 9, Math.abs(zz - z - 0.1 * (y + 12)) - body, 4)),
  ball(19, -20, z + 2, 7, 7, 6, 4), bar([18, -26, z], [4, -45, z - 3], 3.6, 3.4, 4), bar([0, -45, z - 3], [0, -56, z - 8], 3.6, 3, 4),
  bar([16, -13, z], [27, -15, z - 3], 3.4, 2.6, 4),
];

/** Atlas, axis with its tooth, and the third vertebra; the canal stays open. */
export const spine: readonly Part[] = [
  solid([0, 26, -54, -4, -48, -38], 4, (s, y, z) => {
    const ring = Math.sqrt(s * s + (y + 29) * (y + 29)) - 21;
    return Math.sqrt(ring * ring + (z + 43) * (z + 43)) - 3.6;
  }),
  ball(20, -19, -42, 8, 8, 7, 5), bar([24, -20, -43], [36, -22, -43], 4.5, 3, 4),
  bar([0, -15, -60], [0, -14, -40], 5.5, 4.2, 4),
  ...vertebra(-62, 7), ...vertebra(-83, 6.5),
];

/** The canal of the spine, kept free of bone. */
export const canal = (s: number, y: number): number => Math.sqrt(s * s * 0.7 + (y + 30) * (y + 30)) - 8.5;

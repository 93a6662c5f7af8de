import type { Block } from "../fieldSurface.ts";

/**
 * What the ball would take away is left alone up to the first depth, mm (edges sharper than the ball, down to about 50°), and
 * wholly taken from the second on.
 */
const leftMm = 0.8, takenMm = 1.2;

/**
 * Takes away what is thinner than a wall that can be made: the morphological opening of a body by a ball of that diameter.
 * Edges that run out to nothing where bone lies under a part of the opening end where the wall is thick enough.
 * The eroded body is where the field is below −r; the distance to it is the least of |x − n| + field(n) + r over its nodes n
 * near its surface, which errs by less than 0.02 mm at these steps.
 * @param field mm near the surface, negative inside; changed in place
 * @param leastMm diameter of the ball
 * @param cut `bit` is set where something was taken away
 */
export function cutFeathers({ dims: [nx, ny, nz], stepMm }: Block, field: Float32Array, leastMm: number, cut: Uint8Array, bit = 1): void {
  const r = leastMm / 2, layer = nx * ny, reach = Math.ceil((r + stepMm) / stepMm) + 1;
  const ball: { step: number; x: number; y: number; z: number; mm: number }[] = [];
  for (let z = -reach; z <= reach; z++) for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) {
    const mm = Math.sqrt(x * x + y * y + z * z) * stepMm;
    if (mm <= r + 1.8 * stepMm) ball.push({ step: x + nx * y + layer * z, x, y, z, mm });
  }
  const steps: number[] = [];
  for (let z = -1; z <= 1; z++) for (let y = -1; y <= 1; y++) for (let x = -1; x <= 1; x++) steps.push(x + nx * y + layer * z);
  const opened = new Float32Array(field.length).fill(Infinity), reachBelow = -r - 1.8 * stepMm;
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    const depth = field[at] + r;
    if (depth > 0) continue;
    opened[at] = Math.min(opened[at], field[at]);
    if (field[at] < reachBelow) continue; // too deep to be the nearest to anything outside the eroded body
    for (const { step, x, y, z, mm } of ball) {
      if (i + x < 0 || j + y < 0 || k + z < 0 || i + x >= nx || j + y >= ny || k + z >= nz) continue;
      const value = mm + depth - r;
      if (value < opened[at + step]) opened[at + step] = value;
    }
  }
  const away = (at: number): number => Math.min(opened[at], 4 * stepMm) - field[at];
  const isFeather = Uint8Array.from(field, (mm, at) => mm < 0 && away(at) > leftMm ? 1 : 0);
  for (let at = 0; at < field.length; at++) {
    if (field[at] > 2 * stepMm || !steps.some((step) => isFeather[at + step] === 1)) continue;
    const mm = away(at);
    if (isFeather[at]) cut[at] |= bit;
    if (mm > leftMm) field[at] += mm * Math.min(1, (mm - leftMm) / (takenMm - leftMm));
  }
}

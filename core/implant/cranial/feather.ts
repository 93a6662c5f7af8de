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
 * @param cut `bit` is set where the samples were changed, so where a wall is no more where it was
 */
export function cutFeathers({ dims: [nx, ny, nz], stepMm }: Block, field: Float32Array, leastMm: number, cut: Uint8Array, bit = 1): void {
  const r = leastMm / 2, layer = nx * ny, reach = Math.ceil((r + stepMm) / stepMm) + 1, ballMm = r + 1.8 * stepMm;
  const xs: number[] = [], ys: number[] = [], zs: number[] = [], steps: number[] = [], far: number[] = [];
  for (let z = -reach; z <= reach; z++) for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) {
    const mm = Math.sqrt(x * x + y * y + z * z) * stepMm;
    if (mm > ballMm) continue;
    xs.push(x); ys.push(y); zs.push(z); steps.push(x + nx * y + layer * z); far.push(mm);
  }
  /** How far a point lies outside the eroded body grown back, by one of its nodes; Infinity where the node is none, or too deep to be the nearest to anything outside. */
  const by = (node: number, mm: number): number => (field[node] + r > 0 || field[node] < -ballMm ? Infinity : Math.fround(mm + (field[node] + r) - r));
  /** The least of that over the ball round a node outside the eroded body, or the first that is no more than `enough`. */
  const openedAt = (at: number, i: number, j: number, k: number, enough: number): number => {
    let least = Infinity;
    for (let n = 0; n < steps.length; n++) {
      const x = i + xs[n], y = j + ys[n], z = k + zs[n];
      if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue;
      const value = by(at + steps[n], far[n]);
      if (value < least && (least = value) <= enough) break;
    }
    return least;
  };
  /** The same for the nodes straight inward: where a body is thick enough one of them is near enough nearly always. */
  const openedInward = (at: number, i: number, j: number, k: number): number => {
    if (i < 1 || j < 1 || k < 1 || i >= nx - 1 || j >= ny - 1 || k >= nz - 1) return Infinity;
    const gx = field[at - 1] - field[at + 1], gy = field[at - nx] - field[at + nx], gz = field[at - layer] - field[at + layer], length = Math.sqrt(gx * gx + gy * gy + gz * gz);
    if (!(length > 0)) return Infinity;
    let least = Infinity;
    for (let more = 0.3; more < 1.7; more += 0.5) {
      const cells = ((field[at] + r) / stepMm + more) / length, x = Math.round(cells * gx), y = Math.round(cells * gy), z = Math.round(cells * gz), mm = Math.sqrt(x * x + y * y + z * z) * stepMm;
      if (mm > ballMm || i + x < 0 || j + y < 0 || k + z < 0 || i + x >= nx || j + y >= ny || k + z >= nz) continue;
      least = Math.min(least, by(at + x + nx * y + layer * z, mm));
    }
    return least;
  };
  const isBeside = new Uint8Array(field.length);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    const mm = field[at];
    if (mm >= 0 || mm + r <= 0) continue;
    if (openedInward(at, i, j, k) - mm <= leftMm || openedAt(at, i, j, k, mm + leftMm) - mm <= leftMm) continue;
    for (let z = -layer; z <= layer; z += layer) for (let y = -nx; y <= nx; y += nx) for (let x = -1; x <= 1; x++) isBeside[at + x + y + z] = 1;
  }
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    // Within the eroded body nothing is taken, so that the nodes looked at are as they were.
    if (!isBeside[at] || field[at] > 2 * stepMm || field[at] + r <= 0) continue;
    const mm = Math.min(openedAt(at, i, j, k, -Infinity), 4 * stepMm) - field[at];
    if (mm <= leftMm) continue;
    // What stood just outside moves the surface as well.
    cut[at] |= bit;
    field[at] += mm * Math.min(1, (mm - leftMm) / (takenMm - leftMm));
  }
}

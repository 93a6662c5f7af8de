import type { Mesh } from "./mesh.ts";

type Vec = readonly [number, number, number];
/** A straight line of sight: a point of it and its unit direction away from the viewer, RAS mm. */
export interface SightLine { from: Vec; direction: Vec }

/**
 * The line of sight through a point of an orthographic picture that is no mirror image.
 * @param project where RAS mm lie in the picture, pixels from its top left
 * @returns null where the picture has no extent
 */
export function sightLineOf(project: (p: Vec) => Vec | readonly [number, number], [px, py]: readonly [number, number]): SightLine | null {
  const zero = project([0, 0, 0]), steps = ([[1, 0, 0], [0, 1, 0], [0, 0, 1]] as const).map((p) => project(p));
  const across = steps.map((p) => p[0] - zero[0]), down = steps.map((p) => p[1] - zero[1]);
  const dot = (a: readonly number[], b: readonly number[]): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  // Across times down points into the picture.
  const into = [across[1] * down[2] - across[2] * down[1], across[2] * down[0] - across[0] * down[2], across[0] * down[1] - across[1] * down[0]], length = Math.sqrt(dot(into, into));
  const aa = dot(across, across), ad = dot(across, down), dd = dot(down, down), det = aa * dd - ad * ad;
  if (!(det > 0) || !(length > 0)) return null;
  const u = px - zero[0], v = py - zero[1], s = (u * dd - v * ad) / det, t = (v * aa - u * ad) / det;
  return { from: [0, 1, 2].map((i) => s * across[i] + t * down[i]) as unknown as Vec, direction: into.map((x) => x / length) as unknown as Vec };
}

/** Where a line goes through a mesh: mm along it (negative: before its point), the triangle's outward unit normal. */
export interface LineHit { at: number; normal: Vec }

/**
 * Every triangle that a whole line goes through, in its order. `stride`: numbers from one vertex's x to the next one's.
 * All triangles are looked at: for a single question a tree would take longer to build.
 */
export function lineHits({ positions: P, triangles: T }: Mesh, { from: [ox, oy, oz], direction: [dx, dy, dz] }: SightLine, stride = 3): LineHit[] {
  const hits: LineHit[] = [];
  for (let i = 0; i < T.length; i += 3) {
    const a = stride * T[i], b = stride * T[i + 1], c = stride * T[i + 2];
    const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
    // Möller and Trumbore 1997.
    const px = dy * vz - dz * vy, py = dz * vx - dx * vz, pz = dx * vy - dy * vx, det = ux * px + uy * py + uz * pz;
    if (det === 0) continue;
    const wx = ox - P[a], wy = oy - P[a + 1], wz = oz - P[a + 2], s = (wx * px + wy * py + wz * pz) / det;
    if (s < 0 || s > 1) continue;
    const qx = wy * uz - wz * uy, qy = wz * ux - wx * uz, qz = wx * uy - wy * ux, r = (dx * qx + dy * qy + dz * qz) / det;
    if (r < 0 || s + r > 1) continue;
    const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx, n = Math.sqrt(nx * nx + ny * ny + nz * nz);
    hits.push({ at: (vx * qx + vy * qy + vz * qz) / det, normal: [nx / n, ny / n, nz / n] });
  }
  return hits.sort((one, other) => one.at - other.at);
}

export const pointOn = ({ from, direction }: SightLine, at: number): Vec => [from[0] + at * direction[0], from[1] + at * direction[1], from[2] + at * direction[2]];

/** A surface this much nearer or farther than a dragged point was, mm, is another one: what is seen through a hole. */
const farthestSlideMm = 20;

/**
 * Where a point goes that is dragged onto a line of sight: to the place where the line goes through the surface, of those on
 * its side the one nearest in depth to where it was; where there is none near, as deep as it was.
 * @param isBehind it lies on a side that is turned away from the viewer
 */
export function slidOn(line: SightLine, hits: readonly LineHit[], held: Vec, isBehind = false): Vec {
  const { from, direction: d } = line, depth = (held[0] - from[0]) * d[0] + (held[1] - from[1]) * d[1] + (held[2] - from[2]) * d[2];
  let at = depth, off = farthestSlideMm;
  for (const hit of hits) {
    const isTurnedAway = hit.normal[0] * d[0] + hit.normal[1] * d[1] + hit.normal[2] * d[2] > 0;
    if (isTurnedAway === isBehind && Math.abs(hit.at - depth) < off) { at = hit.at; off = Math.abs(hit.at - depth); }
  }
  return pointOn(line, at);
}

/** How far a wall reaches behind a point of a surface, along its inward normal, mm: both ends; null where it has no other side. */
export function wallAt(hitsOf: (line: SightLine) => readonly LineHit[], point: Vec, normal: Vec): readonly [Vec, Vec] | null {
  const line: SightLine = { from: point, direction: [-normal[0], -normal[1], -normal[2]] };
  // The first way out; what lies within a thousandth of a millimetre is the surface itself.
  const out = hitsOf(line).find(({ at, normal: n }) => at > 1e-3 && n[0] * line.direction[0] + n[1] * line.direction[1] + n[2] * line.direction[2] > 0);
  return out ? [point, pointOn(line, out.at)] : null;
}

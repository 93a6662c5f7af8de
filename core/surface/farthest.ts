import { closestOnTriangle, closestPoint, type TriangleTree } from "./triangleTree.ts";

/** A piece of a triangle is not divided further where no point of it is farther than this, mm, or than the largest distance known and this share of it. */
const toleranceMm = 5e-4, toleranceShare = 0.02;
/** So often triangles are divided at most; what is then left is bounded more coarsely. */
const mostDivisions = 20_000;

/** A piece of a triangle: its corners, nine numbers, and of each the nearest triangle of the surface. */
interface Piece { corners: number[]; near: number[] }

const foot = new Float64Array(3);

/**
 * The largest distance of any point of triangles to a surface, mm: no point is farther, and some is as far but for a fiftieth
 * (or all are within 5e-4 mm). Branch and bound after Tang, Lee and Kim (Interactive Hausdorff distance computation for general polygonal
 * models, 2009): the distance to one triangle of the surface is convex, so over a piece it is largest at a corner.
 * @param places nine numbers a triangle, mm @param enoughMm once some point is farther than that, its distance is given: where only this is asked
 * @throws RangeError where the surface has no triangle
 */
export function farthestFrom(tree: TriangleTree, places: ArrayLike<number>, enoughMm = Infinity): number {
  const { positions: P, triangles: T } = tree.mesh;
  const nearest = (x: number, y: number, z: number): { distance: number; triangle: number } => {
    const found = closestPoint(tree, x, y, z);
    if (!found) throw new RangeError("there is no surface to measure to");
    return found;
  };
  /** The most that any point of a piece is away: from that triangle of the surface, of those at its corners, which all of it is nearest to. */
  const most = ({ corners, near }: Piece): number => Math.min(...near.map((u) => Math.sqrt(Math.max(...[0, 3, 6].map((c) => closestOnTriangle(P, 3 * T[3 * u], 3 * T[3 * u + 1], 3 * T[3 * u + 2], corners[c], corners[c + 1], corners[c + 2], foot))))));
  let pieces: Piece[] = [], best = 0, held = 0;
  for (let at = 0; at < places.length; at += 9) {
    const corners = Array.from({ length: 9 }, (_, i) => Math.fround(places[at + i])), found = [0, 3, 6].map((c) => nearest(corners[c], corners[c + 1], corners[c + 2]));
    best = Math.max(best, ...found.map(({ distance }) => distance));
    if (best > enoughMm) return best;
    pieces.push({ corners, near: found.map(({ triangle }) => triangle) });
  }
  // All pieces that matter in turn, so that what is left when the most divisions are reached is bounded as well as can be.
  for (let divisions = 0; pieces.length > 0; ) {
    const halves: Piece[] = [];
    for (const piece of pieces) {
      const bound = most(piece);
      if (bound <= Math.max(toleranceMm, (1 + toleranceShare) * best) || divisions >= mostDivisions) { held = Math.max(held, bound); continue; }
      divisions++;
      const { corners, near } = piece, lengths = [0, 1, 2].map((k) => [0, 1, 2].reduce((sum, i) => { const x = corners[3 * k + i] - corners[3 * ((k + 1) % 3) + i]; return sum + x * x; }, 0));
      const from = lengths.indexOf(Math.max(...lengths)), to = (from + 1) % 3, middle = [0, 1, 2].map((i) => (corners[3 * from + i] + corners[3 * to + i]) / 2);
      const found = nearest(middle[0], middle[1], middle[2]);
      best = Math.max(best, found.distance);
      if (best > enoughMm) return best;
      for (const k of [from, to]) halves.push({ corners: corners.map((x, i) => (Math.floor(i / 3) === k ? middle[i % 3] : x)), near: near.with(k, found.triangle) });
    }
    pieces = halves;
  }
  return Math.max(best, held);
}

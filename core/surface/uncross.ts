import { type Crossing, Crossings, meshOf, type Work } from "./repairWork.ts";
import { twinsOf } from "./repairTopology.ts";
import { distancesTo, summary } from "./simplify.ts";
import { buildTriangleTree } from "./triangleTree.ts";

/** Triangles with a corner that one of the chosen has, `rings` times over. */
function around(T: readonly number[], chosen: ReadonlySet<number>, rings: number): Set<number> {
  const all = new Set(chosen);
  for (let ring = 0; ring < rings; ring++) {
    const corners = new Set<number>();
    for (const t of all) for (let i = 0; i < 3; i++) corners.add(T[3 * t + i]);
    for (let h = 0; h < T.length; h++) if (corners.has(T[h])) all.add(Math.floor(h / 3));
  }
  return all;
}

/** No place is closed anew farther from where it was than this share of the mesh's largest extent; more is another body, not a repair. */
const farthestShare = 0.02;
/** Places are tried until so many triangles were gone through: seconds. */
const mostWork = 3e5, mostTries = 40;

/** Triangles that cross, in groups that touch or cross each other, the smallest first. */
function groupsOf(T: readonly number[], crossing: Crossing): Set<number>[] {
  const of = new Map<number, number>(), find = (t: number): number => { let at = t; while ((of.get(at) ?? at) !== at) at = of.get(at) ?? at; return at; };
  const join = (a: number, b: number): void => { const one = find(a), other = find(b); if (one !== other) of.set(Math.max(one, other), Math.min(one, other)); };
  for (const [s, t] of crossing.pairs) join(s, t);
  const byCorner = new Map<number, number>();
  for (const t of crossing.triangles) for (let i = 0; i < 3; i++) {
    const known = byCorner.get(T[3 * t + i]);
    if (known === undefined) byCorner.set(T[3 * t + i], t);
    else join(known, t);
  }
  const groups = new Map<number, Set<number>>();
  for (const t of crossing.triangles) { const first = find(t), known = groups.get(first); if (known) known.add(t); else groups.set(first, new Set([t])); }
  return [...groups.values()].sort((one, other) => one.size - other.size);
}

/**
 * Takes out triangles that cross with those about them and closes the place anew (Attene 2010), place by place, wider where
 * that does not help. What does not leave fewer crossings, leaves more open, or goes too far, is not taken. `close` fills
 * so that nothing new crosses; where that does not do, so that it may: a few crossings for many.
 */
export function uncross(work: Work, crossings: Crossings, close: (tried: Work, mayCross: boolean) => void): void {
  let crossing = crossings.of(work), gone = 0;
  if (crossing.pairs.length === 0) { work.report.crossingsAfter = 0; return; }
  const openOf = ({ P, T }: Work): number => twinsOf(P, T).reduce((sum, h) => sum + (h < 0 ? 1 : 0), 0);
  const original = buildTriangleTree(meshOf(work)), extent = Math.max(...[0, 1, 2].map((axis) => original.boxes[3 + axis] - original.boxes[axis])), farthest = farthestShare * extent;
  /** One place mended, or null where none can be. */
  const mended = (): { work: Work; crossing: Crossing; farMm: number } | null => {
    for (const group of groupsOf(work.T, crossing)) for (let rings = 0; rings <= 2; rings++) {
      if (gone++ > Math.min(mostTries, mostWork / (1 + work.T.length / 3))) return null;
      const taken = around(work.T, group, rings), kept = work.T.filter((_, h) => !taken.has(Math.floor(h / 3)));
      for (const mayCross of [false, true]) {
        const tried: Work = { P: [...work.P], T: [...kept], report: { ...work.report, trianglesTakenOut: work.report.trianglesTakenOut + taken.size } };
        close(tried, mayCross);
        if (tried.T.length === 0 || openOf(tried) > openOf(work)) continue;
        const left = new Crossings().of(tried);
        if (left.pairs.length >= crossing.pairs.length) continue;
        const was: number[] = [], is: number[] = [], centre = (P: readonly number[], T: readonly number[], t: number, to: number[]) => { for (let i = 0; i < 3; i++) to.push((P[3 * T[3 * t] + i] + P[3 * T[3 * t + 1] + i] + P[3 * T[3 * t + 2] + i]) / 3); };
        for (const t of taken) { centre(work.P, work.T, t, was); for (let i = 0; i < 3; i++) was.push(...work.P.slice(3 * work.T[3 * t + i], 3 * work.T[3 * t + i] + 3)); }
        for (let t = kept.length / 3; t < tried.T.length / 3; t++) centre(tried.P, tried.T, t, is);
        const farMm = Math.max(summary(distancesTo(buildTriangleTree(meshOf(tried)), Float64Array.from(was))).maxMm, summary(distancesTo(original, Float64Array.from(is))).maxMm);
        if (farMm <= farthest) return { work: tried, crossing: left, farMm };
      }
    }
    return null;
  };
  while (crossing.pairs.length > 0) {
    const next = mended();
    if (!next) break;
    Object.assign(work, next.work);
    work.report.largestDisplacementMm = Math.max(work.report.largestDisplacementMm, next.farMm);
    crossing = next.crossing;
  }
  work.report.crossingsAfter = crossing.pairs.length;
}

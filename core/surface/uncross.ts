import { MeshEdges } from "./meshEdges.ts";
import { type Crossing, Crossings, meshOf, type Work } from "./repairWork.ts";
import { openRings, twinsOf } from "./repairTopology.ts";
import { leastFill } from "./ringFill.ts";
import { eachSelfIntersection } from "./selfIntersections.ts";
import type { StartingState } from "./startingState.ts";

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

/** Places are tried until so many triangles were gone through: seconds. For holes more of them, as few get so far. */
const mostWork = 3e5, mostTries = 40, mostClearingWork = 6e5, mostClearings = 160;

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

const openOf = ({ P, T }: Work): number => twinsOf(P, T).reduce((sum, h) => sum + (h < 0 ? 1 : 0), 0);

/**
 * Takes out triangles that cross with those about them and closes the place anew (Attene 2010), place by place, wider where
 * that does not help. What does not leave fewer crossings, leaves more open, ends too far from where `start` says that all began, loses a body or opens a closed one, is not taken. `close` fills
 * so that nothing new crosses; where that does not do, so that it may: a few crossings for many.
 */
export function uncross(work: Work, crossings: Crossings, start: StartingState, close: (tried: Work, mayCross: boolean) => void): void {
  let crossing = crossings.of(work), gone = 0;
  if (crossing.pairs.length === 0) { work.report.crossingsAfter = 0; return; }
  /** One place mended, or null where none can be. */
  const mended = (): { work: Work; crossing: Crossing } | null => {
    for (const group of groupsOf(work.T, crossing)) for (let rings = 0; rings <= 2; rings++) {
      if (gone++ > Math.min(mostTries, mostWork / (1 + work.T.length / 3))) return null;
      const taken = around(work.T, group, rings), kept = work.T.filter((_, h) => !taken.has(Math.floor(h / 3)));
      for (const mayCross of [false, true]) {
        const tried: Work = { P: [...work.P], T: [...kept], report: { ...work.report, trianglesTakenOut: work.report.trianglesTakenOut + taken.size } };
        close(tried, mayCross);
        if (tried.T.length === 0 || openOf(tried) > openOf(work)) continue;
        const left = new Crossings().of(tried);
        if (left.pairs.length >= crossing.pairs.length) continue;
        if (start.farMm(tried, start.farthestMm) <= start.farthestMm) return { work: tried, crossing: left };
      }
    }
    return null;
  };
  while (crossing.pairs.length > 0) {
    const next = mended();
    if (!next) break;
    Object.assign(work, next.work);
    crossing = next.crossing;
  }
  work.report.crossingsAfter = crossing.pairs.length;
}

/** Triangles that the least fill of an open ring would cross, and those of the ring itself where that crosses nothing or cannot be made. */
function inTheWay({ P, T }: Work, ring: readonly number[]): Set<number> {
  const places = [...P], fill = leastFill(places, ring.map((h) => T[h])), own = fill.length / 3, found = new Set<number>();
  eachSelfIntersection(meshOf({ P: places, T: [...fill, ...T] }), (s, t) => { if (s < own && t >= own) found.add(t - own); });
  return found.size > 0 ? found : new Set(ring.map((h) => Math.floor(h / 3)));
}

/** Triangles with an edge that one of the chosen has. */
function acrossEdges(T: readonly number[], chosen: ReadonlySet<number>): Set<number> {
  const all = new Set(chosen), edges = new MeshEdges(T);
  for (let edge = 0; edge < edges.count; edge++) {
    const sides = edges.sides(edge).map((h) => Math.floor(h / 3));
    if (sides.some((t) => chosen.has(t))) for (const t of sides) all.add(t);
  }
  return all;
}

/**
 * What is taken out for a hole, in the order in which it is tried: what stands in a fill's way; with the rim's own triangles
 * that cross something (no fill along an edge that itself goes through a triangle can do without crossing that one); with their
 * neighbours over edges; over corners, which takes far more where triangles are long.
 */
function* placesFor(work: Work, ring: readonly number[], crossings: Crossings): Generator<Set<number>> {
  const { triangles } = crossings.of(work), way = inTheWay(work, ring), withRim = new Set([...way, ...ring.map((h) => Math.floor(h / 3)).filter((t) => triangles.has(t))]);
  yield way;
  if (withRim.size > way.size) yield withRim;
  yield acrossEdges(work.T, withRim);
  yield around(work.T, way, 1);
  if (withRim.size > way.size) yield around(work.T, withRim, 1);
  yield around(work.T, way, 2);
}

/**
 * Closes holes that no fill closes as they are: takes out what stands in a fill's way, more and more of what is about it where that
 * does not help (`placesFor`), and closes the place anew. Taken only where fewer holes and edges are open afterwards, no more triangles cross, and nothing
 * ends too far from where it began, is lost or, closed, opened: a part that only passes through the hole stays, and so does the hole.
 */
export function clearHoles(work: Work, crossings: Crossings, start: StartingState, close: (tried: Work) => void): void {
  if (openRings(twinsOf(work.P, work.T)).length === 0) return;
  let gone = 0;
  const cleared = (): Work | null => {
    const open = openRings(twinsOf(work.P, work.T)).length, sides = openOf(work), before = crossings.of(work).pairs.length;
    for (const ring of openRings(twinsOf(work.P, work.T)).sort((one, other) => one.length - other.length)) for (const taken of placesFor(work, ring, crossings)) {
      if (gone++ > Math.min(mostClearings, mostClearingWork / (1 + work.T.length / 3))) return null;
      const kept = work.T.filter((_, h) => !taken.has(Math.floor(h / 3)));
      const tried: Work = { P: [...work.P], T: [...kept], report: { ...work.report, trianglesTakenOut: work.report.trianglesTakenOut + taken.size } };
      close(tried);
      if (tried.T.length === 0 || openRings(twinsOf(tried.P, tried.T)).length >= open || openOf(tried) >= sides || new Crossings().of(tried).pairs.length > before) continue;
      if (start.farMm(tried, start.farthestMm) <= start.farthestMm) return tried;
    }
    return null;
  };
  for (let next = cleared(); next !== null; next = cleared()) Object.assign(work, next);
  work.report.crossingsAfter = crossings.of(work).pairs.length;
}

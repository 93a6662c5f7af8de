import type { Mesh } from "./mesh.ts";
import { triangulateRing } from "./ringFill.ts";
import { beforeOf, edgesOf, fansOf, nextOf, openRings, shellsOf, twinsOf } from "./repairTopology.ts";
import { distancesTo, summary } from "./simplify.ts";
import { eachSelfIntersection } from "./selfIntersections.ts";
import { weld } from "./soundness.ts";
import { buildTriangleTree, rayHits } from "./triangleTree.ts";

/** What a repair changed; lengths in mm. */
export interface RepairReport {
  weldedVertices: number; nearbyVertices: number; degenerateTriangles: number; duplicateTriangles: number; looseTriangles: number;
  flippedTriangles: number; shellsTurned: number; holesFilled: number; trianglesAdded: number; verticesSplit: number; shells: number;
  /** Pairs of triangles that cross by more than `crossingDepthMm`: in what came, welded, and in what goes out; triangles taken out for it. */
  crossingsBefore: number; crossingsAfter: number; trianglesTakenOut: number;
  largestDisplacementMm: number;
}

/** Split vertices move this far apart from where they met, so that a reader that welds float32 positions keeps them apart. */
const splitMm = 2e-3;
/** Vertices closer than this are one (DOMAIN MQ1); ends of open edges also within 1/10,000 of the mesh's size. */
const nearbyMm = 1e-4;

/** Working state: positions in mm and triangles' corners. */
interface Work { P: number[]; T: number[]; report: RepairReport }

/** Names vertices anew by `same` (each vertex's representative). */
const rename = (work: Work, same: ArrayLike<number>): void => { work.T = work.T.map((v) => same[v]); };

/** Merges the ends of open edges that lie within the tolerance, pair by pair, nearest representative first. */
function mergeNearby(work: Work): void {
  const { P, T, report } = work, vertices = P.length / 3;
  const open = new Set<number>();
  for (const sides of edgesOf(T, vertices).values()) if (sides.length === 1) for (const h of [sides[0], nextOf(sides[0])]) open.add(T[h]);
  if (open.size === 0) return;
  let low = Infinity, high = -Infinity;
  for (const x of P) { low = Math.min(low, x); high = Math.max(high, x); }
  const reach = Math.max(nearbyMm, (high - low) * 1e-4), cells = new Map<string, number[]>(), same = Int32Array.from({ length: vertices }, (_, i) => i);
  for (const v of [...open].sort((a, b) => a - b)) {
    const [i, j, k] = [0, 1, 2].map((axis) => Math.floor(P[3 * v + axis] / reach));
    let best = reach * reach, found = -1;
    for (let dk = -1; dk <= 1; dk++) for (let dj = -1; dj <= 1; dj++) for (let di = -1; di <= 1; di++) {
      for (const w of cells.get(`${i + di},${j + dj},${k + dk}`) ?? []) {
        const d = [0, 1, 2].reduce((sum, axis) => sum + (P[3 * v + axis] - P[3 * w + axis]) * (P[3 * v + axis] - P[3 * w + axis]), 0);
        if (d <= best) { best = d; found = w; }
      }
    }
    if (found >= 0) {
      same[v] = found;
      report.nearbyVertices++;
      report.largestDisplacementMm = Math.max(report.largestDisplacementMm, Math.sqrt(best));
    } else {
      const key = `${i},${j},${k}`, known = cells.get(key);
      if (known) known.push(v);
      else cells.set(key, [v]);
    }
  }
  rename(work, same);
}

/** Takes out triangles with two equal corners and all but one of those with the same three. */
function dropWorthless(work: Work): void {
  const seen = new Set<string>(), kept: number[] = [];
  for (let t = 0; t < work.T.length; t += 3) {
    const [a, b, c] = [work.T[t], work.T[t + 1], work.T[t + 2]];
    if (a === b || b === c || a === c) { work.report.degenerateTriangles++; continue; }
    const key = [a, b, c].sort((p, q) => p - q).join();
    if (seen.has(key)) { work.report.duplicateTriangles++; continue; }
    seen.add(key);
    kept.push(a, b, c);
  }
  work.T = kept;
}

/** Turns triangles so that neighbours agree, each piece as most of its triangles were. */
function orient(work: Work): void {
  const { T, P, report } = work, count = T.length / 3, turned = new Int8Array(count), piece = new Int32Array(count).fill(-1);
  const across: number[] = Array.from({ length: T.length }, () => -1);
  for (const sides of edgesOf(T, P.length / 3).values()) if (sides.length === 2) { across[sides[0]] = sides[1]; across[sides[1]] = sides[0]; }
  for (let t = 0; t < count; t++) {
    if (piece[t] >= 0) continue;
    const open = [t], members: number[] = [];
    piece[t] = t;
    let flips = 0;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      members.push(at);
      if (turned[at] === 1) flips++;
      for (let i = 0; i < 3; i++) {
        const g = across[3 * at + i], other = Math.floor(g / 3);
        if (g < 0 || piece[other] >= 0) continue;
        piece[other] = t;
        turned[other] = (T[g] === T[3 * at + i] ? 1 : 0) ^ turned[at];
        open.push(other);
      }
    }
    if (2 * flips > members.length) for (const m of members) turned[m] ^= 1;
  }
  for (let t = 0; t < count; t++) {
    if (turned[t] === 0) continue;
    [T[3 * t + 1], T[3 * t + 2]] = [T[3 * t + 2], T[3 * t + 1]];
    report.flippedTriangles++;
  }
}

/** Takes out pieces of fewer than four triangles that are open: they enclose nothing. */
function dropLoose(work: Work): void {
  const twin = twinsOf(work.P, work.T, work.P.length / 3), shell = shellsOf(twin), size = new Map<number, number>(), open = new Set<number>();
  for (let t = 0; t < shell.length; t++) {
    size.set(shell[t], (size.get(shell[t]) ?? 0) + 1);
    for (let i = 0; i < 3; i++) if (twin[3 * t + i] < 0) open.add(shell[t]);
  }
  const isLoose = (t: number) => open.has(shell[t]) && (size.get(shell[t]) ?? 0) < 4;
  work.report.looseTriangles += shell.reduce((sum, _, t) => sum + (isLoose(t) ? 1 : 0), 0);
  if (!shell.every((_, t) => isLoose(t))) work.T = work.T.filter((_, h) => !isLoose(Math.floor(h / 3)));
}

/** Fills each ring of open edges; vertices are split by fan before, so no new triangle meets an old one where it should not. */
function fillHoles(work: Work): void {
  for (let round = 0; round < 4; round++) {
    const vertices = work.P.length / 3, edges = edgesOf(work.T, vertices);
    const isEdge = (a: number, b: number): boolean => edges.has(Math.min(a, b) * vertices + Math.max(a, b));
    const rings = openRings(twinsOf(work.P, work.T, vertices)).filter((ring) => ring.length >= 3);
    if (rings.length === 0) return;
    for (const ring of rings) {
      // The new triangles run along the ring the other way.
      const added = triangulateRing(work.P, ring.map((h) => work.T[h]).reverse(), isEdge);
      work.T.push(...added);
      work.report.trianglesAdded += added.length / 3;
      work.report.holesFilled++;
    }
    splitFans(work);
  }
}

/** Gives each fan at a vertex a vertex of its own, moved into its solid where another fan keeps the place. */
function splitFans(work: Work): void {
  const { P, T, report } = work, twin = twinsOf(P, T, P.length / 3), fan = fansOf(twin), owner = new Map<number, number>(), nameOf = new Map<number, number>();
  const original = [...T];
  for (let h = 0; h < T.length; h++) {
    const v = original[h], f = fan[h];
    if (!owner.has(v)) owner.set(v, f);
    if (owner.get(v) === f) continue;
    let name = nameOf.get(f);
    if (name === undefined) {
      name = P.length / 3;
      nameOf.set(f, name);
      P.push(P[3 * v], P[3 * v + 1], P[3 * v + 2]);
      report.verticesSplit++;
    }
    T[h] = name;
  }
  const inward = new Map<number, [number, number, number]>();
  for (let h = 0; h < T.length; h++) {
    if (nameOf.get(fan[h]) !== T[h]) continue;
    // Towards the middle of the fan's far edges: where its own body lies.
    const b = 3 * T[nextOf(h)], c = 3 * T[beforeOf(h)], sum = inward.get(T[h]) ?? [0, 0, 0];
    for (let i = 0; i < 3; i++) sum[i] += P[b + i] + P[c + i] - 2 * P[3 * T[h] + i];
    inward.set(T[h], sum);
  }
  for (const [v, d] of inward) {
    const length = Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    const way = length > 0 ? d.map((x) => x / length) : [0, 0, 1];
    for (let i = 0; i < 3; i++) P[3 * v + i] += splitMm * way[i];
    report.largestDisplacementMm = Math.max(report.largestDisplacementMm, splitMm);
  }
}

/** Where two pairs of triangles share both ends of an edge, one pair gets a middle of its own, moved into its solid. */
function separateEdges(work: Work): void {
  for (let round = 0; round < 8; round++) {
    const { P, T, report } = work, vertices = P.length / 3, twin = twinsOf(P, T, vertices), touched = new Set<number>();
    let found = 0;
    for (const sides of edgesOf(T, vertices).values()) {
      if (sides.length <= 2) continue;
      for (const h of sides) {
        const g = twin[h];
        if (g < h || h === sides[0] || g === sides[0]) continue;
        const pair = [h, g], across = pair.map((side) => Math.floor(side / 3));
        found++;
        if (across[0] === across[1] || across.some((t) => touched.has(t))) continue;
        const a = T[h], b = T[g], m = P.length / 3, far = pair.map((side) => T[beforeOf(side)]);
        const middle = [0, 1, 2].map((i) => (P[3 * a + i] + P[3 * b + i]) / 2), d = [0, 1, 2].map((i) => P[3 * far[0] + i] + P[3 * far[1] + i] - 2 * middle[i]);
        const length = Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        P.push(...middle.map((x, i) => x + (length > 0 ? (splitMm * d[i]) / length : i === 2 ? splitMm : 0)));
        pair.forEach((side, i) => {
          const from = T[side], to = T[nextOf(side)];
          touched.add(across[i]);
          T.push(m, to, far[i]);
          T[3 * across[i]] = from; T[3 * across[i] + 1] = m; T[3 * across[i] + 2] = far[i];
        });
        report.verticesSplit++;
        report.largestDisplacementMm = Math.max(report.largestDisplacementMm, splitMm);
      }
    }
    if (found === 0) return;
  }
}

const meshOf = ({ P, T }: Work): Mesh => {
  const name = new Int32Array(P.length / 3).fill(-1), positions: number[] = [];
  const triangles = Uint32Array.from(T, (v) => {
    if (name[v] < 0) { name[v] = positions.length / 3; positions.push(P[3 * v], P[3 * v + 1], P[3 * v + 2]); }
    return name[v];
  });
  return { positions: Float32Array.from(positions), triangles };
};

/** Turns closed shells outward; one that lies inside another stays a cavity, facing inward. */
function faceOutward(work: Work, twin: Int32Array): void {
  const { P, T, report } = work, shell = shellsOf(twin), volume = new Map<number, number>();
  for (let t = 0; t < shell.length; t++) {
    const [a, b, c] = [3 * T[3 * t], 3 * T[3 * t + 1], 3 * T[3 * t + 2]];
    const v = P[a] * (P[b + 1] * P[c + 2] - P[b + 2] * P[c + 1]) - P[a + 1] * (P[b] * P[c + 2] - P[b + 2] * P[c]) + P[a + 2] * (P[b] * P[c + 1] - P[b + 1] * P[c]);
    volume.set(shell[t], (volume.get(shell[t]) ?? 0) + v / 6);
  }
  report.shells = volume.size;
  const tree = buildTriangleTree({ positions: Float32Array.from(P), triangles: Uint32Array.from(T) }), toTurn = new Set<number>();
  const inside = (first: number): boolean => {
    const members: number[] = [];
    if (volume.size > 1) shell.forEach((name, t) => { if (name === first) members.push(t); });
    return members.length > 0 && [0, 0.2, 0.4, 0.6, 0.8].every((share) => {
      const a = 3 * T[3 * members[Math.floor(share * members.length)]];
      return rayHits(tree, P[a], P[a + 1], P[a + 2], 0.5377, 0.2113, 0.8162).filter(({ triangle }) => shell[triangle] !== first).length % 2 === 1;
    });
  };
  for (const [first, v] of volume) {
    // Inward and wholly inside others: a cavity, which stays. Five corners stand for all.
    if (v < 0 && !inside(first)) toTurn.add(first);
  }
  report.shellsTurned += toTurn.size;
  for (let t = 0; t < shell.length; t++) if (toTurn.has(shell[t])) [T[3 * t + 1], T[3 * t + 2]] = [T[3 * t + 2], T[3 * t + 1]];
}

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
 * that does not help. What does not leave fewer crossings, or goes too far, is not taken.
 */
function uncross(work: Work): void {
  let crossing = crossingOf(work), gone = 0;
  const original = buildTriangleTree(meshOf(work)), extent = Math.max(...[0, 1, 2].map((axis) => original.boxes[3 + axis] - original.boxes[axis])), farthest = farthestShare * extent;
  /** One place mended, or null where none can be. */
  const mended = (): { work: Work; crossing: Crossing; farMm: number } | null => {
    for (const group of groupsOf(work.T, crossing)) for (let rings = 0; rings <= 2; rings++) {
      if (gone++ > Math.min(mostTries, mostWork / (1 + work.T.length / 3))) return null;
      const taken = around(work.T, group, rings), kept = work.T.filter((_, h) => !taken.has(Math.floor(h / 3)));
      const tried: Work = { P: [...work.P], T: [...kept], report: { ...work.report, trianglesTakenOut: work.report.trianglesTakenOut + taken.size } };
      close(tried);
      if (tried.T.length === 0 || twinsOf(tried.P, tried.T, tried.P.length / 3).some((h) => h < 0)) continue;
      const left = crossingOf(tried);
      if (left.pairs.length >= crossing.pairs.length) continue;
      const was: number[] = [], is: number[] = [], centre = (P: readonly number[], T: readonly number[], t: number, to: number[]) => { for (let i = 0; i < 3; i++) to.push((P[3 * T[3 * t] + i] + P[3 * T[3 * t + 1] + i] + P[3 * T[3 * t + 2] + i]) / 3); };
      for (const t of taken) { centre(work.P, work.T, t, was); for (let i = 0; i < 3; i++) was.push(...work.P.slice(3 * work.T[3 * t + i], 3 * work.T[3 * t + i] + 3)); }
      for (let t = kept.length / 3; t < tried.T.length / 3; t++) centre(tried.P, tried.T, t, is);
      const farMm = Math.max(summary(distancesTo(buildTriangleTree(meshOf(tried)), Float64Array.from(was))).maxMm, summary(distancesTo(original, Float64Array.from(is))).maxMm);
      if (farMm <= farthest) return { work: tried, crossing: left, farMm };
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

interface Crossing { pairs: (readonly [number, number])[]; triangles: Set<number> }

/** Which triangles cross, pair by pair. */
function crossingOf(work: Work): Crossing {
  const triangles = new Set<number>(), pairs: (readonly [number, number])[] = [];
  eachSelfIntersection({ positions: Float32Array.from(work.P), triangles: Uint32Array.from(work.T) }, (s, t) => { pairs.push([s, t]); triangles.add(s).add(t); });
  return { pairs, triangles };
}

function close(work: Work): void {
  dropLoose(work);
  splitFans(work);
  fillHoles(work);
  separateEdges(work);
  faceOutward(work, twinsOf(work.P, work.T, work.P.length / 3));
}

/**
 * Makes a closed, manifold, outward surface of an imported mesh (RAS mm): welds, drops worthless triangles, turns flipped
 * ones, fills holes, splits what is not manifold, takes out what crosses itself where that is a matter of a place. The
 * report says how many pairs crossed before and cross after: a closed surface comes first, and where closing it makes
 * triangles cross that cannot be taken out, `crossingsAfter` is the larger; `wrapMesh` makes a sound shell of any mesh.
 */
export function repairMesh(mesh: Mesh): { mesh: Mesh; report: RepairReport } {
  const report: RepairReport = {
    weldedVertices: 0, nearbyVertices: 0, degenerateTriangles: 0, duplicateTriangles: 0, looseTriangles: 0, flippedTriangles: 0, shellsTurned: 0,
    holesFilled: 0, trianglesAdded: 0, verticesSplit: 0, shells: 0, crossingsBefore: 0, crossingsAfter: 0, trianglesTakenOut: 0, largestDisplacementMm: 0,
  };
  const work: Work = { P: Array.from(mesh.positions), T: Array.from(mesh.triangles), report };
  const same = weld(mesh.positions);
  report.weldedVertices = same.reduce((sum, w, v) => sum + (w === v ? 0 : 1), 0);
  rename(work, same);
  dropWorthless(work);
  report.crossingsBefore = crossingOf(work).pairs.length;
  mergeNearby(work);
  dropWorthless(work);
  orient(work);
  close(work);
  uncross(work);
  return { mesh: meshOf(work), report: work.report };
}

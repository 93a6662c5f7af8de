import type { Mesh } from "./mesh.ts";
import { fillRing } from "./ringFill.ts";
import { fillJudge } from "./fillJudge.ts";
import { MeshEdges, SeenTriangles } from "./meshEdges.ts";
import { openHolesOf } from "./openHoles.ts";
import { beforeOf, fansOf, nextOf, openRings, shellsOf, twinsOf } from "./repairTopology.ts";
import { Crossings, meshOf, type RepairReport, type Work } from "./repairWork.ts";
import { weld } from "./soundness.ts";
import { StartingState } from "./startingState.ts";
import { buildTriangleTree, rayHits } from "./triangleTree.ts";
import { clearHoles, uncross } from "./uncross.ts";

export type { RepairReport } from "./repairWork.ts";

/** Split vertices move this far apart from where they met, so that a reader that welds float32 positions keeps them apart. */
const splitMm = 2e-3;
/** Vertices closer than this are one (DOMAIN MQ1); ends of open edges also within 1/10,000 of the mesh's size. */
const nearbyMm = 1e-4;

/** Names vertices anew by `same` (each vertex's representative). */
const rename = (work: Work, same: ArrayLike<number>): void => { work.T = work.T.map((v) => same[v]); };

/** Merges the ends of open edges that lie within the tolerance, pair by pair, nearest representative first. @returns of each vertex its representative */
function mergeNearby(work: Work): Int32Array {
  const { P, T, report } = work, vertices = P.length / 3;
  const open = new Set<number>();
  const edges = new MeshEdges(T);
  for (let edge = 0; edge < edges.count; edge++) {
    const h = edges.first(edge);
    if (edges.next(h) < 0) open.add(T[h]).add(T[nextOf(h)]);
  }
  const same = Int32Array.from({ length: vertices }, (_, i) => i);
  if (open.size === 0) return same;
  let low = Infinity, high = -Infinity;
  for (const x of P) { low = Math.min(low, x); high = Math.max(high, x); }
  const reach = Math.max(nearbyMm, (high - low) * 1e-4), cells = new Map<string, number[]>();
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
    } else {
      const key = `${i},${j},${k}`, known = cells.get(key);
      if (known) known.push(v);
      else cells.set(key, [v]);
    }
  }
  rename(work, same);
  return same;
}

/** Takes out triangles with two equal corners and all but one of those with the same three. */
function dropWorthless(work: Work): void {
  const seen = new SeenTriangles(work.T.length / 3), kept: number[] = [];
  for (let t = 0; t < work.T.length; t += 3) {
    const [a, b, c] = [work.T[t], work.T[t + 1], work.T[t + 2]];
    if (a === b || b === c || a === c) { work.report.degenerateTriangles++; continue; }
    if (!seen.add(a, b, c)) { work.report.duplicateTriangles++; continue; }
    kept.push(a, b, c);
  }
  work.T = kept;
}

/** Turns triangles so that neighbours agree, each piece as most of its triangles were. */
function orient(work: Work): void {
  const { T, report } = work, count = T.length / 3, turned = new Int8Array(count), piece = new Int32Array(count).fill(-1);
  const across: number[] = Array.from({ length: T.length }, () => -1);
  const edges = new MeshEdges(T);
  for (let edge = 0; edge < edges.count; edge++) {
    const h = edges.first(edge), g = edges.next(h);
    if (g >= 0 && edges.next(g) < 0) { across[h] = g; across[g] = h; }
  }
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

/** Takes out pieces of fewer than four triangles that are open: they enclose nothing. @returns their corners */
function dropLoose(work: Work): number[] {
  const twin = twinsOf(work.P, work.T), shell = shellsOf(twin), size = new Map<number, number>(), open = new Set<number>();
  for (let t = 0; t < shell.length; t++) {
    size.set(shell[t], (size.get(shell[t]) ?? 0) + 1);
    for (let i = 0; i < 3; i++) if (twin[3 * t + i] < 0) open.add(shell[t]);
  }
  const isLoose = (t: number) => open.has(shell[t]) && (size.get(shell[t]) ?? 0) < 4;
  const loose = work.T.filter((_, h) => isLoose(Math.floor(h / 3)));
  if (loose.length === work.T.length) return [];
  work.report.looseTriangles += loose.length / 3;
  work.T = work.T.filter((_, h) => !isLoose(Math.floor(h / 3)));
  return loose;
}

/**
 * Fills each ring of open edges where that makes nothing cross; vertices are split by fan before, so no new triangle meets
 * an old one where it should not. Rings whose fill crosses once fans are split anew are opened again.
 */
function fillHoles(work: Work, mayCross: boolean, crossings: Crossings): void {
  for (let round = 0; round < 4; round++) {
    const before: Work = { P: [...work.P], T: [...work.T], report: { ...work.report } }, refused = new Set<number>();
    let filled = 0;
    for (;;) {
      const rings = openRings(twinsOf(work.P, work.T));
      if (rings.length === 0) return;
      const edges = new MeshEdges(work.T), crossing = mayCross ? () => new Set<number>() : fillJudge(work), patchOf: number[] = [];
      const isEdge = (a: number, b: number): boolean => edges.has(a, b);
      const first = work.T.length / 3, crossed = new Set(mayCross ? [] : crossings.of(work).pairs.map(([s, t]) => `${s},${t}`));
      filled = 0;
      for (const [at, ring] of rings.entries()) {
        if (ring.length < 3 || refused.has(at)) continue;
        // The new triangles run along the ring the other way.
        const added = fillRing(work.P, ring.map((h) => work.T[h]).reverse(), isEdge, crossing);
        if (added === null) continue;
        for (let t = 0; t < added.length; t += 3) { work.T.push(added[t], added[t + 1], added[t + 2]); patchOf.push(at); }
        work.report.trianglesAdded += added.length / 3;
        work.report.holesFilled++;
        filled++;
      }
      if (filled === 0) return;
      splitFans(work);
      if (mayCross) break;
      const made = crossings.of(work).pairs.filter(([s, t]) => !crossed.has(`${s},${t}`));
      if (made.length === 0) break;
      const blamed = new Set(made.flat().filter((t) => t >= first).map((t) => patchOf[t - first]));
      // A split that moved old triangles into each other: no one patch is to blame, so all are.
      for (const at of blamed.size > 0 ? blamed : new Set(patchOf)) refused.add(at);
      Object.assign(work, { P: [...before.P], T: [...before.T], report: { ...before.report } });
    }
  }
}

/** Gives each fan at a vertex a vertex of its own, moved into its solid where another fan keeps the place. */
function splitFans(work: Work): void {
  const { P, T, report } = work, twin = twinsOf(P, T), fan = fansOf(twin), owner = new Map<number, number>(), nameOf = new Map<number, number>();
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
  }
}

/** Where two pairs of triangles share both ends of an edge, one pair gets a middle of its own, moved into its solid. */
function separateEdges(work: Work): void {
  for (let round = 0; round < 8; round++) {
    const { P, T, report } = work, edges = new MeshEdges(T), twin = twinsOf(P, T), touched = new Set<number>();
    let found = 0;
    for (let edge = 0; edge < edges.count; edge++) {
      const second = edges.next(edges.first(edge));
      if (second < 0 || edges.next(second) < 0) continue;
      const sides = edges.sides(edge);
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
      }
    }
    if (found === 0) return;
  }
}

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

/** @returns corners of the triangles dropped as loose, and places of those that fill holes, nine numbers each */
function close(work: Work, crossings: Crossings, mayCross = false, isFilled = true): { loose: number[]; fills: number[] } {
  const loose = dropLoose(work);
  splitFans(work);
  const first = work.T.length;
  if (isFilled) fillHoles(work, mayCross, crossings);
  const fills = work.T.slice(first).flatMap((v) => [work.P[3 * v], work.P[3 * v + 1], work.P[3 * v + 2]]);
  separateEdges(work);
  faceOutward(work, twinsOf(work.P, work.T));
  return { loose, fills };
}

/** What came, without the triangles that were dropped as loose after vertices were merged into `same`. */
function withoutLoose({ P, T }: Work, same: Int32Array | null, loose: readonly number[]): Pick<Work, "P" | "T"> {
  if (loose.length === 0) return { P, T };
  const dropped = new SeenTriangles(loose.length / 3), nameOf = (v: number): number => same?.[v] ?? v;
  for (let t = 0; t < loose.length; t += 3) dropped.add(loose[t], loose[t + 1], loose[t + 2]);
  return { P, T: T.filter((_, h) => { const t = h - (h % 3); return !dropped.has(nameOf(T[t]), nameOf(T[t + 1]), nameOf(T[t + 2])); }) };
}

/** What is left out, step by step, until no more triangles cross than before: the last moves, adds and turns nothing (where parts touch exactly, turning a triangle can change the count by rounding). */
const gentler = [null, "fills", "fills and merging", "fills, merging and splitting", "all but welding"] as const;

/**
 * Makes a closed, manifold, outward surface of an imported mesh (RAS mm): welds, drops worthless triangles, turns flipped
 * ones, fills holes, splits what is not manifold, takes out what crosses itself where that is a matter of a place. SF5: never
 * do more pairs cross after than before; a hole that cannot be filled so stays open and is told (`holesLeftOpen`, `openHoles`; `crossingRimAdvice`),
 * and what else had to be left out is in `leftOut`. `wrapMesh` makes a sound shell of any mesh.
 */
export function repairMesh(mesh: Mesh): { mesh: Mesh; report: RepairReport } {
  const crossings = new Crossings(), same = weld(mesh.positions), came: Work = {
    P: Array.from(mesh.positions), T: Array.from(mesh.triangles), report: {
      weldedVertices: 0, nearbyVertices: 0, degenerateTriangles: 0, duplicateTriangles: 0, looseTriangles: 0, flippedTriangles: 0, shellsTurned: 0,
      holesFilled: 0, trianglesAdded: 0, verticesSplit: 0, shells: 0, crossingsBefore: 0, crossingsAfter: 0, trianglesTakenOut: 0,
      holesLeftOpen: 0, holesWithCrossingRim: 0, openHoles: [], leftOut: null, largestDisplacementMm: 0,
    },
  };
  came.report.weldedVertices = same.reduce((sum, w, v) => sum + (w === v ? 0 : 1), 0);
  rename(came, same);
  dropWorthless(came);
  came.report.crossingsBefore = came.report.crossingsAfter = crossings.of(came).pairs.length;
  for (const leftOut of gentler) {
    const work: Work = { P: [...came.P], T: [...came.T], report: { ...came.report, leftOut } };
    const merged = leftOut === null || leftOut === "fills" ? mergeNearby(work) : null;
    if (merged) dropWorthless(work);
    if (leftOut !== "all but welding") orient(work);
    if (leftOut === "all but welding") work.report.shells = new Set(shellsOf(twinsOf(work.P, work.T))).size;
    else if (leftOut === "fills, merging and splitting") faceOutward(work, twinsOf(work.P, work.T));
    else {
      const { loose, fills } = close(work, crossings, false, leftOut === null), start = new StartingState(withoutLoose(came, merged, loose), work, fills);
      uncross(work, crossings, start, (tried, mayCross) => { close(tried, new Crossings(), mayCross); });
      if (leftOut === null) clearHoles(work, crossings, start, (tried) => { close(tried, new Crossings()); });
      work.report.largestDisplacementMm = start.farMm(work);
    }
    const made = meshOf(work), crossingPairs = crossings.of(work).pairs.length;
    if (crossingPairs > came.report.crossingsBefore) continue;
    work.report.crossingsAfter = crossingPairs;
    Object.assign(work.report, openHolesOf(work, crossings.of(work)));
    return { mesh: made, report: work.report };
  }
  throw new Error("a mesh as it came has as many crossings as it came with");
}

import type { Mesh } from "./mesh.ts";
import { countSelfIntersections } from "./selfIntersections.ts";
import { type Soundness, soundnessOf, weld } from "./soundness.ts";
import { buildTriangleTree, rayHits } from "./triangleTree.ts";

/** All that may be wrong with a surface's file, as a reader finds it who welds equal positions (DOMAIN MQ1). */
export interface FileSoundness extends Soundness {
  /** Pairs of triangles without a common vertex that cross by more than 1e-3 mm. */
  selfIntersections: number;
  /** Triangles with two corners at one place, or all three on a line. */
  degenerateTriangles: number;
  /** Shells that face inward and are no cavity of another one; 0 where edges have faults, which tell no sides. */
  invertedShells: number;
}

/** A triangle less high than this, mm, has its corners on a line. */
const leastHeightMm = 1e-6;

function degenerateTriangles({ positions: P, triangles: T }: Mesh): number {
  let found = 0;
  for (let t = 0; t < T.length; t += 3) {
    const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx, wx = vx - ux, wy = vy - uy, wz = vz - uz;
    const longest = Math.max(ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, wx * wx + wy * wy + wz * wz);
    if (x * x + y * y + z * z <= leastHeightMm * leastHeightMm * longest) found++;
  }
  return found;
}

/** A direction that no mesh has its edges along. */
const aside = [0.5377, 0.2113, 0.8162] as const;

/** Of each vertex the lowest one that it hangs together with over triangles. */
function shellOfVertex({ positions, triangles: T }: Mesh): Int32Array {
  const root = Int32Array.from({ length: positions.length / 3 }, (_, v) => v);
  const find = (v: number): number => {
    while (root[v] !== v) { root[v] = root[root[v]]; v = root[v]; }
    return v;
  };
  for (let t = 0; t < T.length; t += 3) {
    const a = find(T[t]), b = find(T[t + 1]), c = find(T[t + 2]), low = Math.min(a, b, c);
    root[a] = low; root[b] = low; root[c] = low;
  }
  return root.map((_, v) => find(v));
}

/** Shells of a closed, manifold surface that face inward and lie inside no other: five corners of each stand for all. @param mesh welded */
function invertedShells(mesh: Mesh): number {
  const { positions: P, triangles: T } = mesh, shell = shellOfVertex(mesh), volume = new Float64Array(shell.length), inward = new Map<number, number[]>();
  for (let t = 0; t < T.length; t += 3) {
    const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    volume[shell[T[t]]] += P[a] * (P[b + 1] * P[c + 2] - P[b + 2] * P[c + 1]) - P[a + 1] * (P[b] * P[c + 2] - P[b + 2] * P[c]) + P[a + 2] * (P[b] * P[c + 1] - P[b + 1] * P[c]);
  }
  volume.forEach((v, first) => { if (v < 0) inward.set(first, []); });
  if (inward.size === 0) return 0;
  for (let t = 0; t < T.length; t += 3) inward.get(shell[T[t]])?.push(T[t]);
  const tree = buildTriangleTree(mesh);
  return [...inward].filter(([first, corners]) => ![0, 0.2, 0.4, 0.6, 0.8].every((share) => {
    const a = 3 * corners[Math.floor(share * corners.length)];
    return rayHits(tree, P[a], P[a + 1], P[a + 2], ...aside).filter(({ triangle }) => shell[T[3 * triangle]] !== first).length % 2 === 1;
  })).length;
}

/** Looks for every fault of a mesh. */
export function fileSoundnessOf(mesh: Mesh): FileSoundness {
  const same = weld(mesh.positions), welded: Mesh = { positions: mesh.positions, triangles: mesh.triangles.map((v) => same[v]) }, sound = soundnessOf(welded);
  return { ...sound, selfIntersections: countSelfIntersections(welded), degenerateTriangles: degenerateTriangles(welded), invertedShells: sound.genus === null ? 0 : invertedShells(welded) };
}

/** What a gate counts. Results of before lack the last two. */
export type Faults = Pick<FileSoundness, "openEdges" | "nonManifoldEdges" | "nonManifoldVertices"> & Partial<Pick<FileSoundness, "selfIntersections" | "degenerateTriangles" | "invertedShells">>;

const named = [
  ["openEdges", "open edge", "open edges"], ["nonManifoldEdges", "non-manifold edge", "non-manifold edges"], ["nonManifoldVertices", "non-manifold vertex", "non-manifold vertices"],
  ["selfIntersections", "place where it crosses itself", "places where it crosses itself"], ["degenerateTriangles", "triangle without area", "triangles without area"], ["invertedShells", "shell inside out", "shells inside out"],
] as const;

/** The faults that keep a surface from going out, each in words; none for a sound one. */
export const faultsOf = (sound: Faults): string[] => named.flatMap(([key, one, many]) => { const n = sound[key] ?? 0; return n > 0 ? [`${n} ${n === 1 ? one : many}`] : []; });

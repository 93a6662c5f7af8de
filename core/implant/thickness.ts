import type { Mesh } from "../surface/mesh.ts";
import { buildTriangleTree, firstLeaving, type TriangleTree } from "../surface/triangleTree.ts";

/** Unit normals of vertices, area-weighted, three numbers each; zero for a vertex without area. */
export function vertexNormals({ positions: P, triangles: T }: Mesh): Float64Array {
  const normals = new Float64Array(P.length);
  for (let t = 0; t < T.length; t += 3) {
    const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
    const n = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const v of [a, b, c]) for (let i = 0; i < 3; i++) normals[v + i] += n[i];
  }
  for (let v = 0; v < normals.length; v += 3) {
    const l = Math.sqrt(normals[v] * normals[v] + normals[v + 1] * normals[v + 1] + normals[v + 2] * normals[v + 2]) || 1;
    for (let i = 0; i < 3; i++) normals[v + i] /= l;
  }
  return normals;
}

/** Two faces are sides of one wall when their normals' product is below this: within 37° of opposite. */
const leastFacing = -0.8;

/**
 * From just under a surface point straight in (n: unit normal): mm to where the ray comes out, and whether the surface
 * there faces the other way within 37°, so that the two are sides of one wall; null where the ray never comes out.
 */
export function depthUnder(tree: TriangleTree, x: number, y: number, z: number, nx: number, ny: number, nz: number): { mm: number; isWall: boolean } | null {
  const e = 0.01, hit = firstLeaving(tree, x - e * nx, y - e * ny, z - e * nz, -nx, -ny, -nz);
  if (!hit) return null;
  const { positions: P, triangles: T } = tree.mesh, [a, b, c] = [0, 1, 2].map((k) => 3 * T[3 * hit.triangle + k]);
  const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
  const mx = uy * vz - uz * vy, my = uz * vx - ux * vz, mz = ux * vy - uy * vx, l = Math.sqrt(mx * mx + my * my + mz * mz) || 1;
  return { mm: hit.distance + e, isWall: (mx * nx + my * ny + mz * nz) / l < leastFacing };
}

/** Middle and unit normal of a triangle; null where it has no area. */
function facing({ positions: P, triangles: T }: Mesh, t: number): { middle: [number, number, number]; n: [number, number, number] } | null {
  const [a, b, c] = [3 * T[t], 3 * T[t + 1], 3 * T[t + 2]];
  const u = [0, 1, 2].map((i) => P[b + i] - P[a + i]), v = [0, 1, 2].map((i) => P[c + i] - P[a + i]);
  const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]], l = Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  if (!(l > 0)) return null;
  const middle = (i: number) => (P[a + i] + P[b + i] + P[c + i]) / 3;
  return { middle: [middle(0), middle(1), middle(2)], n: [n[0] / l, n[1] / l, n[2] / l] };
}

/** For each triangle mm straight in from its middle to the other side of its wall; NaN where there is no such side. */
export function wallsOf(mesh: Mesh, tree: TriangleTree = buildTriangleTree(mesh)): Float32Array {
  const { positions: P, triangles: T } = mesh, out = new Float32Array(T.length / 3).fill(NaN), normals = new Float64Array(T.length), e = 0.01;
  for (let t = 0; t < T.length; t += 3) {
    const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
    normals[t] = uy * vz - uz * vy;
    normals[t + 1] = uz * vx - ux * vz;
    normals[t + 2] = ux * vy - uy * vx;
  }
  const lengthOf = (t: number): number => Math.sqrt(normals[t] * normals[t] + normals[t + 1] * normals[t + 1] + normals[t + 2] * normals[t + 2]);
  // As `facing` and `depthUnder` tell of one triangle, without anything made for each; neighbours of the tree one after the other, whose rays meet the same boxes.
  for (const triangle of tree.order) {
    const t = 3 * triangle, l = lengthOf(t), nx = normals[t] / l, ny = normals[t + 1] / l, nz = normals[t + 2] / l, a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    if (!(l > 0)) continue;
    const hit = firstLeaving(tree, (P[a] + P[b] + P[c]) / 3 - e * nx, (P[a + 1] + P[b + 1] + P[c + 1]) / 3 - e * ny, (P[a + 2] + P[b + 2] + P[c + 2]) / 3 - e * nz, -nx, -ny, -nz);
    if (!hit) continue;
    const o = 3 * hit.triangle;
    if ((normals[o] * nx + normals[o + 1] * ny + normals[o + 2] * nz) / (lengthOf(o) || 1) < leastFacing) out[triangle] = hit.distance + e;
  }
  return out;
}

/** So many triangles are looked under for the thinnest wall, evenly spread over their order; a surface of more than the second is not measured. */
export const mostWallRays = 20_000, mostWallTriangles = 2_000_000;

/** The thinnest wall found: mm, where (RAS mm, middle of the triangle), of how many rays that met the other side of a wall, at how many of the triangles. */
export interface ThinnestWall { mm: number; at: [number, number, number]; rays: number; looked: number; triangles: number }

/**
 * The thinnest wall of a closed surface (RAS mm): least of the rays straight in from the middles of at most `mostWallRays`
 * triangles to the other side of their wall, which faces the other way within 37°. A sample: with more triangles than that,
 * a thinner place between them is not seen. Null where no ray met such a side, or above `mostWallTriangles`.
 */
export function thinnestWall(mesh: Mesh): ThinnestWall | null {
  const triangles = mesh.triangles.length / 3, step = Math.max(1, Math.ceil(triangles / mostWallRays));
  if (triangles === 0 || triangles > mostWallTriangles) return null;
  const tree = buildTriangleTree(mesh);
  let least: Pick<ThinnestWall, "mm" | "at"> | null = null, rays = 0, looked = 0;
  for (let t = 0; t < triangles; t += step) {
    looked++;
    const face = facing(mesh, 3 * t), depth = face && depthUnder(tree, ...face.middle, ...face.n);
    if (!face || !depth?.isWall) continue;
    rays++;
    if (!least || depth.mm < least.mm) least = { mm: depth.mm, at: face.middle };
  }
  return least && { ...least, rays, looked, triangles };
}

/**
 * Thickness in mm under the outer face of a shell, sorted ascending: a ray straight in from the middle of each of up to
 * 6,000 triangles that face away from `centre` (RAS mm).
 */
export function thicknessesOf(mesh: Mesh, centre: readonly [number, number, number]): Float64Array {
  const { triangles: T } = mesh, tree = buildTriangleTree(mesh), found: number[] = [];
  const stride = 3 * Math.max(1, Math.floor(T.length / 3 / 12000));
  for (let t = 0; t < T.length; t += stride) {
    const face = facing(mesh, t);
    if (!face) continue;
    const w = face.middle.map((x, i) => x - centre[i]), r = Math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
    if (face.n[0] * w[0] + face.n[1] * w[1] + face.n[2] * w[2] < 0.8 * r) continue;
    const depth = depthUnder(tree, ...face.middle, ...face.n);
    if (depth?.isWall) found.push(depth.mm);
  }
  return Float64Array.from(found).sort();
}

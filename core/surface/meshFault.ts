export type MeshFaultCode = "not-a-mesh" | "truncated" | "count-mismatch" | "not-finite" | "out-of-range" | "index-outside" | "too-many-triangles" | "too-large" | "unsafe-archive" | "unsupported" | "no-triangles";

/** A mesh file that is not taken: what is wrong and where; `code` says which kind of problem it is. */
export class MeshFault extends Error {
  override name = "MeshFault";
  readonly code: MeshFaultCode;
  constructor(code: MeshFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Most triangles that a file may hold (RELIABILITY H9). */
export const maxTriangles = 50_000_000;
/** Coordinates lie within ±10 m (RELIABILITY H9). */
export const maxCoordinateMm = 10_000;

/** Refuses a triangle count above the cap. @throws MeshFault */
export function checkCount(triangles: number): void {
  if (triangles > maxTriangles) throw new MeshFault("too-many-triangles", `${triangles} triangles; at most ${maxTriangles} are read. Simplify the mesh first.`);
}

/** Refuses NaN, infinity and what lies further than ±10 m once in mm. @throws MeshFault naming the vertex */
export function checkPositions(positions: ArrayLike<number>, what = "vertex"): void {
  for (let i = 0; i < positions.length; i++) {
    const x = positions[i];
    if (Math.abs(x) <= maxCoordinateMm) continue;
    const at = `${what} ${Math.floor(i / 3)}`;
    if (Number.isFinite(x)) throw new MeshFault("out-of-range", `${at} has a coordinate of ${x} mm; at most ±${maxCoordinateMm} mm (10 m) is read. Is the unit right?`);
    throw new MeshFault("not-finite", `${at} has a coordinate that is not a number.`);
  }
}

/** Refuses indices outside the mesh. @throws MeshFault */
export function checkIndices(triangles: ArrayLike<number>, vertices: number): void {
  for (let i = 0; i < triangles.length; i++) {
    if (!(triangles[i] >= 0 && triangles[i] < vertices)) throw new MeshFault("index-outside", `triangle ${Math.floor(i / 3)} names vertex ${triangles[i]} of ${vertices}.`);
  }
}

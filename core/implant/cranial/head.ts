import { mirrored, mostSymmetric, planeAt, type PlaneNumbers } from "../../space/mirrorPlane.ts";
import { ImplantRefused } from "../refusal.ts";
import { type Bone, boneShare, isInGrid } from "./bone.ts";
import { dot, plus, unit, type Vec } from "./vector.ts";

/** The head seen from a point inside: where its centre is, how far out its bone lies in each direction, and its plane of symmetry. */
export interface Head {
  /** RAS mm. */
  centre: Vec;
  /** Radius of the sphere fitted to the vault, mm. */
  radiusMm: number;
  /** Faces of a cube round the centre, `edge`² directions each; radius of the outer table there in mm, NaN where no bone is. */
  outer: Float64Array;
  /** 1 where the direction leaves the volume before it meets the vault. */
  isCut: Uint8Array;
  /** Plane of symmetry: points p with normal·p = offset; the normal points to the right (+x). */
  plane: { normal: Vec; offset: number; meanErrorMm: number };
}

/** Cells along an edge of a cube face: about 1.7 mm on a head. */
export const cubeEdge = 64;

/** Direction of a cube cell's centre. */
export function cubeDirection(cell: number): Vec {
  const face = Math.floor(cell / (cubeEdge * cubeEdge)), rest = cell % (cubeEdge * cubeEdge);
  const a = (2 * (rest % cubeEdge) + 1) / cubeEdge - 1, b = (2 * Math.floor(rest / cubeEdge) + 1) / cubeEdge - 1;
  const sign = face % 2 === 0 ? 1 : -1;
  return unit(face < 2 ? [sign, a, b] : face < 4 ? [a, sign, b] : [a, b, sign]);
}

/** The cube cell that a direction falls in. */
export function cubeCell(d: Vec): number {
  const [ax, ay, az] = [Math.abs(d[0]), Math.abs(d[1]), Math.abs(d[2])];
  const axis = ax >= ay && ax >= az ? 0 : ay >= az ? 1 : 2;
  const m = Math.abs(d[axis]), face = 2 * axis + (d[axis] < 0 ? 1 : 0);
  const [a, b] = axis === 0 ? [d[1] / m, d[2] / m] : axis === 1 ? [d[0] / m, d[2] / m] : [d[0] / m, d[1] / m];
  const cellOf = (t: number) => Math.min(cubeEdge - 1, Math.max(0, Math.floor((t + 1) / 2 * cubeEdge)));
  return face * cubeEdge * cubeEdge + cellOf(a) + cubeEdge * cellOf(b);
}

/** Solves a small dense system by Gaussian elimination with pivoting; rows of [a … | b]. */
export function solved(rows: number[][]): number[] {
  const n = rows.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    if (Math.abs(rows[c][c]) < 1e-12) continue;
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const f = rows[r][c] / rows[c][c];
      for (let k = c; k <= n; k++) rows[r][k] -= f * rows[c][k];
    }
  }
  return rows.map((row, i) => Math.abs(row[i]) < 1e-12 ? 0 : row[n] / row[i]);
}

/** How far below its top the skull counts as vault, mm, when the sphere is fitted. */
const vaultDepthMm = 75;

function sphereOf({ grid, inside }: Bone): { centre: Vec; radiusMm: number } {
  const { dims: [nx, ny, nz], spacing, origin } = grid;
  let top = -1;
  const layer = nx * ny;
  for (let k = nz - 1; k >= 0 && top < 0; k--) if (inside.subarray(k * layer, (k + 1) * layer).includes(1)) top = k;
  const from = Math.max(0, top - Math.round(vaultDepthMm / spacing[2]));
  // The vault's bone, thinned: least squares of |p|² = 2 c·p + (r² − |c|²), twice, without what lies far off the first sphere.
  let fit: { centre: Vec; radiusMm: number } | null = null;
  for (let round = 0; round < 3; round++) {
    const rows = Array.from({ length: 4 }, () => [0, 0, 0, 0, 0]);
    let count = 0;
    for (let k = from; k <= top; k++) for (let j = k % 3; j < ny; j += 3) for (let i = (j + k) % 3; i < nx; i += 3) {
      if (inside[i + nx * j + layer * k] === 0) continue;
      const p = [(i - nx / 2) * spacing[0], (j - ny / 2) * spacing[1], (k - top) * spacing[2], 1];
      if (fit) {
        const d = Math.sqrt((p[0] - fit.centre[0]) * (p[0] - fit.centre[0]) + (p[1] - fit.centre[1]) * (p[1] - fit.centre[1]) + (p[2] - fit.centre[2]) * (p[2] - fit.centre[2]));
        if (Math.abs(d - fit.radiusMm) > 18) continue;
      }
      count++;
      const q = p[0] * p[0] + p[1] * p[1] + p[2] * p[2];
      for (let r = 0; r < 4; r++) {
        for (let c = 0; c < 4; c++) rows[r][c] += p[r] * p[c];
        rows[r][4] += p[r] * q;
      }
    }
    if (count < 50) break;
    const [a, b, c, d] = solved(rows);
    const centre: Vec = [a / 2, b / 2, c / 2];
    fit = { centre, radiusMm: Math.sqrt(Math.max(0, d + dot(centre, centre))) };
  }
  if (!fit || !(fit.radiusMm > 30 && fit.radiusMm < 160)) {
    throw new ImplantRefused("no-vault", "The bone segment does not look like a skull's vault: no sphere of 30 to 160 mm fits its upper part. Give the label value of the skull as `bone`.", { radiusMm: fit?.radiusMm ?? null });
  }
  const [x, y, z] = fit.centre;
  return { centre: [origin[0] + x + nx / 2 * spacing[0], origin[1] + y + ny / 2 * spacing[1], origin[2] + z + top * spacing[2]], radiusMm: fit.radiusMm };
}

/**
 * The plane in which the outer table is most like its mirror image: least mean of min(|error|, 4 mm) over the vault's
 * directions, by a pattern search over two tilts and the offset.
 */
function symmetryOf(centre: Vec, outer: Float64Array): Head["plane"] {
  const points: Vec[] = [];
  for (let cell = 0; cell < outer.length; cell += 5) {
    const d = cubeDirection(cell);
    if (d[2] > -0.3 && !Number.isNaN(outer[cell])) points.push(plus(centre, d, outer[cell]));
  }
  const errorOf = (x: PlaneNumbers): number => {
    const plane = planeAt(centre, x);
    let sum = 0, count = 0;
    for (const p of points) {
      const q = plus(mirrored(p, plane), centre, -1), r = Math.sqrt(dot(q, q));
      const there = outer[cubeCell(q)];
      if (Number.isNaN(there)) continue;
      sum += Math.min(4, Math.abs(r - there));
      count++;
    }
    return count < 20 ? 4 : sum / count;
  };
  const starts = [[0, 0, 0], ...[-0.2, 0, 0.2].flatMap((ty) => [-6, 0, 6].map((shift) => [ty, 0, shift]))] as unknown as PlaneNumbers[];
  const { at, error } = mostSymmetric(errorOf, starts, { tilt: 0.1, moveMm: 3, least: 0.0004, rounds: 12 });
  return { ...planeAt(centre, at), meanErrorMm: error };
}

/** Finds centre, outer table by direction, and plane of symmetry of a skull. @throws ImplantRefused no-vault */
export function headOf(bone: Bone): Head {
  const { centre, radiusMm } = sphereOf(bone);
  const share = boneShare(bone);
  const outer = new Float64Array(6 * cubeEdge * cubeEdge).fill(NaN), isCut = new Uint8Array(outer.length);
  for (let cell = 0; cell < outer.length; cell++) {
    const d = cubeDirection(cell);
    for (let r = 1.3 * radiusMm; r > 0.65 * radiusMm; r -= 1) {
      const p = plus(centre, d, r);
      if (share(p[0], p[1], p[2]) < 0.5) continue;
      outer[cell] = r;
      break;
    }
    if (Number.isNaN(outer[cell]) && !isInGrid(bone.grid, plus(centre, d, 1.02 * radiusMm))) isCut[cell] = 1;
  }
  return { centre, radiusMm, outer, isCut, plane: symmetryOf(centre, outer) };
}

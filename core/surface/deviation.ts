import type { Grid } from "../space/grid.ts";
import type { Mesh } from "./mesh.ts";

/** How far a surface's vertices lie from the faces of the voxels that it goes round, mm, and what volume it encloses beside theirs, mm³. */
export interface Deviation { meanMm: number; p95Mm: number; maxMm: number; maskVolumeMm3: number }

const bins = 4096;

/** The axis along which the four cells round an edge of the grid are one: of the other two they have both sides. */
function edgeAxis(cells: Int32Array, a: number, b: number, c: number, d: number): number {
  for (let axis = 0; axis < 3; axis++) if (cells[a + axis] === cells[b + axis] && cells[a + axis] === cells[c + axis] && cells[a + axis] === cells[d + axis]) return axis;
  throw new RangeError("a quad does not go round an edge of the grid: the mesh is not one of its masks");
}

/**
 * The deviation of a mask's surface, told by the mesh alone: each of its quads goes round the edge of the grid between two
 * voxels and stands for their common face, and no vertex leaves its cell (SF2). Of every vertex the distance to the nearest of
 * its faces is an upper bound of that to the mask's boundary; percentile to 1/4096 of the cell's diagonal.
 * @param mesh as `meshOfNets` and `assembleBricks` give it (two triangles a quad), nothing simplified
 * @throws RangeError where it is no surface of a mask on this grid
 */
export function deviationOf({ positions: P, triangles: T }: Mesh, { origin, spacing }: Grid): Deviation {
  const count = P.length / 3, cells = new Int32Array(P.length), best = new Float64Array(count).fill(Infinity), corners = [0, 0, 0, 0];
  for (let i = 0; i < P.length; i++) cells[i] = Math.floor((P[i] - origin[i % 3]) / spacing[i % 3]);
  let halves = 0;
  for (let t = 0; t < T.length; t += 6) {
    corners[0] = 3 * T[t]; corners[1] = 3 * T[t + 1]; corners[2] = 3 * T[t + 2]; corners[3] = 3 * T[t + 5];
    const [a, b, c, d] = corners, axis = edgeAxis(cells, a, b, c, d), u = (axis + 1) % 3, v = (axis + 2) % 3;
    const face = cells[a + axis] + 0.5, atU = Math.max(cells[a + u], cells[c + u]), atV = Math.max(cells[a + v], cells[c + v]);
    // A face across x, seen from where the surface faces: the divergence theorem gives the voxels' number.
    if (axis === 0) halves += (2 * cells[a] + 1) * ((cells[c + u] - cells[a + u]) * (cells[d + v] - cells[b + v]) - (cells[c + v] - cells[a + v]) * (cells[d + u] - cells[b + u]) > 0 ? 1 : -1);
    for (const at of corners) {
      const across = (P[at + axis] - origin[axis]) / spacing[axis] - face;
      const alongU = Math.max(0, Math.abs((P[at + u] - origin[u]) / spacing[u] - atU) - 0.5), alongV = Math.max(0, Math.abs((P[at + v] - origin[v]) / spacing[v] - atV) - 0.5);
      const x = across * spacing[axis], y = alongU * spacing[u], z = alongV * spacing[v], square = x * x + y * y + z * z;
      if (square < best[at / 3]) best[at / 3] = square;
    }
  }
  const reach = Math.sqrt(spacing[0] * spacing[0] + spacing[1] * spacing[1] + spacing[2] * spacing[2]), counts = new Float64Array(bins + 1);
  let total = 0, part = 0, max = 0;
  for (let i = 0; i < count; i++) {
    const mm = Math.sqrt(best[i]);
    part += mm;
    if ((i & 4095) === 4095) { total += part; part = 0; }
    max = Math.max(max, mm);
    counts[Math.min(bins, Math.floor((bins * mm) / reach))]++;
  }
  let p95 = 0;
  for (let seen = 0; p95 <= bins; p95++) {
    seen += counts[p95];
    if (seen >= 0.95 * count) break;
  }
  return { meanMm: count > 0 ? (total + part) / count : 0, p95Mm: Math.min(max, ((p95 + 1) * reach) / bins), maxMm: max, maskVolumeMm3: (halves / 2) * spacing[0] * spacing[1] * spacing[2] };
}

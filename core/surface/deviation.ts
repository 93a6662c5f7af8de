import type { Grid } from "../space/grid.ts";
import { netsTable, unitsPerVoxel } from "./netsTable.ts";
import type { Nets } from "./netsTwin.ts";

/** How far vertices lie from the mask's voxel faces, mm. */
export interface Deviation { meanMm: number; p95Mm: number; maxMm: number }

const bins = 4096;

/**
 * Distance of every vertex to the nearest of the voxel faces that its sheet cuts, within its cell: an upper bound of the
 * distance to the mask's boundary. Percentile to 1/4096 of the cell's diagonal.
 */
export function deviationOf({ vertexCount, cells, places }: Nets, { spacing }: Grid): Deviation {
  const { sheets } = netsTable(), counts = new Float64Array(bins + 1), d = [0, 0, 0];
  const reach = Math.sqrt(spacing[0] * spacing[0] + spacing[1] * spacing[1] + spacing[2] * spacing[2]);
  let total = 0, part = 0, max = 0;
  for (let v = 0; v < vertexCount; v++) {
    const edges = sheets[8 * cells[4 * v + 3] + 3];
    let best = Infinity;
    for (let e = 0; e < 12; e++) {
      if (((edges >> e) & 1) === 0) continue;
      const axis = e >> 2, rest = e & 3;
      // The other two axes in ascending order; bit 0 of `rest` is the first one's side.
      for (let i = 0, bit = 0; i < 3; i++) {
        const place = places[4 * v + i] / unitsPerVoxel - cells[4 * v + i];
        if (i === axis) { d[i] = place - 0.5; continue; }
        d[i] = (rest >> bit++) & 1 ? Math.max(0, 0.5 - place) : Math.max(0, place - 0.5);
      }
      const x = d[0] * spacing[0], y = d[1] * spacing[1], z = d[2] * spacing[2];
      best = Math.min(best, x * x + y * y + z * z);
    }
    const mm = Math.sqrt(best);
    part += mm;
    if ((v & 4095) === 4095) { total += part; part = 0; }
    max = Math.max(max, mm);
    counts[Math.min(bins, Math.floor((bins * mm) / reach))]++;
  }
  let p95 = 0;
  for (let seen = 0; p95 <= bins; p95++) {
    seen += counts[p95];
    if (seen >= 0.95 * vertexCount) break;
  }
  return { meanMm: vertexCount > 0 ? (total + part) / vertexCount : 0, p95Mm: Math.min(max, ((p95 + 1) * reach) / bins), maxMm: max };
}

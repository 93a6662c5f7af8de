import { fieldSurface } from "../implant/fieldSurface.ts";
import { distanceBetween } from "./measure.ts";
import type { Mesh } from "./mesh.ts";
import { blockAround, blockDistances, piecesOf } from "./meshDistances.ts";

/** What a wrap did, mm. `outward` tells how far the shell lies from the surface where it bridges; `inward` how far the surface's own points lie inside the shell. */
export interface WrapReport { detailMm: number; gapMm: number; samples: number; outward: { meanMm: number; p95Mm: number; maxMm: number }; inward: { meanMm: number; p95Mm: number; maxMm: number } }

/** Distances may come from meshes as small as this, mm. */
export const leastDetailMm = 0.05;

/**
 * One closed shell around a surface, whatever its faults: openings and gaps up to `gapMm` wide are bridged, what lies inside
 * is gone, nothing smaller than `detailMm` is kept. The space that a ball of diameter `gapMm` reaches from outside stays
 * outside (a closing by that ball: the surface is grown by half the gap, what is not reached is filled, and the growth taken
 * back). The result is manifold by construction (`fieldSurface`).
 * @throws RangeError where the numbers are none, or the detail is too small for the surface's size
 */
export function wrapMesh(mesh: Mesh, detailMm: number, gapMm: number): { mesh: Mesh; report: WrapReport } {
  if (!(detailMm >= leastDetailMm)) throw new RangeError(`the smallest detail is at least ${leastDetailMm} mm`);
  if (!(gapMm >= 0 && gapMm <= 50)) throw new RangeError("the gap is from 0 to 50 mm");
  if (mesh.triangles.length === 0) throw new RangeError("there is no triangle to wrap");
  // A surface holds the outside off only where every sample beside it belongs to it.
  const step = detailMm, reach = Math.max(gapMm / 2, 0.9 * step), block = blockAround(mesh, step, reach + 2 * step);
  const { distance } = blockDistances(block, mesh, reach + 2 * step);
  const open = piecesOf(block, (at) => distance[at] > reach), grown = new Float32Array(distance.length);
  for (let at = 0; at < grown.length; at++) grown[at] = open[at] === 1 ? Math.min(step, distance[at] - reach) : distance[at] <= reach ? Math.max(-step, Math.min(-1e-3 * step, distance[at] - reach)) : -step;
  // Where the grown body ends, and how far inside of that a sample lies.
  const rind = fieldSurface(block, grown).mesh, depth = blockDistances(block, rind, reach + 2 * step).distance, inner = new Float32Array(grown.length), field = grown, [nx, ny, nz] = block.dims;
  for (let at = 0; at < inner.length; at++) inner[at] = open[at] === 1 ? reach + Math.min(step, distance[at] - reach) : reach - Math.min(depth[at], reach + 2 * step);
  for (let z = 0, at = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, at++) {
    // Inside is what has depth beside it: a sheet without a thickness has none.
    const deepest = Math.min(x > 0 ? inner[at - 1] : 0, x < nx - 1 ? inner[at + 1] : 0, y > 0 ? inner[at - nx] : 0, y < ny - 1 ? inner[at + nx] : 0, z > 0 ? inner[at - nx * ny] : 0, z < nz - 1 ? inner[at + nx * ny] : 0);
    // Beside the surface itself its own distance is the exact one.
    const far = Math.abs(Math.abs(inner[at]) - distance[at]) < 0.5 * step ? distance[at] : Math.abs(inner[at]);
    field[at] = inner[at] < 0 && deepest < -0.4 * step ? -Math.max(far, 1e-3 * step) : Math.max(far, 1e-3 * step);
  }
  const shell = fieldSurface(block, field).mesh;
  if (shell.triangles.length === 0) throw new RangeError("nothing is thicker than the detail, and nothing is enclosed: give a gap as wide as the surface's opening, or a smaller detail");
  const { from, back } = distanceBetween(mesh, shell);
  const said = ({ meanMm, p95Mm, maxMm }: typeof from) => ({ meanMm, p95Mm, maxMm });
  return { mesh: shell, report: { detailMm, gapMm, samples: field.length, outward: said(back), inward: said(from) } };
}

// A small skull for tests: a shell between two ellipsoids, symmetric to x = 0, with a round hole or none.
import type { Grid } from "../../../core/space/grid.ts";

export interface VaultHole { direction: readonly [number, number, number]; radiusMm: number }

/** Labels of a vault of about 140 × 176 × 70 mm (upper half and a little more), 1 = bone, 2 = the painted region where asked. */
export function vault(holes: readonly VaultHole[], spacingMm = 1.6, paintMm = 0, thicknessMm = 6): { grid: Grid; labels: Uint8Array; removed: number[] } {
  const dims: [number, number, number] = [Math.ceil(160 / spacingMm), Math.ceil(196 / spacingMm), Math.ceil(130 / spacingMm)];
  const grid: Grid = { dims, spacing: [spacingMm, spacingMm, spacingMm], origin: [-80, -98, -40] };
  const labels = new Uint8Array(dims[0] * dims[1] * dims[2]), removed: number[] = [];
  const surface = (p: number[], t: number) => Math.hypot(p[0] / (70 - t), p[1] / (88 - t), p[2] / (75 - t));
  const cuts = holes.map(({ direction, radiusMm }) => {
    const scale = 1 / surface([...direction], thicknessMm / 2);
    return { at: direction.map((x) => x * scale), radiusMm };
  });
  for (let k = 0, at = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) for (let i = 0; i < dims[0]; i++, at++) {
    const p = [grid.origin[0] + i * spacingMm, grid.origin[1] + j * spacingMm, grid.origin[2] + k * spacingMm];
    const isShell = surface(p, 0) <= 1 && surface(p, thicknessMm) >= 1;
    const cut = Math.min(...cuts.map(({ at: c, radiusMm }) => Math.hypot(p[0] - c[0], p[1] - c[1], p[2] - c[2]) - radiusMm), Infinity);
    if (isShell && cut > 0) labels[at] = 1;
    else if (isShell) removed.push(at);
    if (paintMm > 0 && labels[at] === 0 && cut <= paintMm && surface(p, -paintMm) <= 1 && surface(p, thicknessMm + paintMm) >= 1) labels[at] = 2;
  }
  return { grid, labels, removed };
}

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

/** A whole vault with a round hole whose wall leans out all round: a cone, `radiusMm` wide at the bone's middle, its wall at `leanDeg` to the way out. */
export function coneVault({ direction, radiusMm }: VaultHole, leanDeg: number, spacingMm = 1): { grid: Grid; labels: Uint8Array } {
  const { grid, labels } = vault([], spacingMm), [nx, ny] = grid.dims, lean = Math.tan(leanDeg * Math.PI / 180);
  const scale = 1 / Math.hypot(direction[0] / 67, direction[1] / 85, direction[2] / 72), middle = direction.map((x) => x * scale);
  const normal = middle.map((x, i) => x / [67 * 67, 85 * 85, 72 * 72][i]), length = Math.hypot(...normal), out = normal.map((x) => x / length);
  for (let at = 0; at < labels.length; at++) {
    const p = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))].map((x, i) => grid.origin[i] + x * spacingMm - middle[i]);
    const up = p.reduce((sum, x, i) => sum + x * out[i], 0), aside = Math.sqrt(Math.max(0, p.reduce((sum, x) => sum + x * x, 0) - up * up));
    if (Math.abs(up) < 20 && aside < radiusMm + lean * up) labels[at] = 0;
  }
  return { grid, labels };
}

/** Where the sinus of `hollowVault` lies, RAS mm: its middle on the outer table, as far round it as the tables part. */
const sinusAt = [0, 88, 8] as const, sinusReachMm = 34;
/** Its front and back wall, and how far its tables part more than the vault's 6 mm, mm. */
const sinusWallMm = 3.5, sinusDepthMm = 12;

/**
 * A vault with a sinus in the middle of the forehead, alike on both sides: two walls of 3.5 mm with up to 11 mm of air between, ending in solid bone;
 * with a round hole. 1 = bone, 2 = the painted region. `removed` is bone of the front wall and solid bone, `air` what of the sinus lay in the hole.
 */
export function hollowVault({ direction, radiusMm }: VaultHole, spacingMm = 1, paintMm = 3): { grid: Grid; labels: Uint8Array; removed: number[]; air: number[] } {
  const dims: [number, number, number] = [Math.ceil(160 / spacingMm), Math.ceil(196 / spacingMm), Math.ceil(130 / spacingMm)];
  const grid: Grid = { dims, spacing: [spacingMm, spacingMm, spacingMm], origin: [-80, -98, -40] };
  const labels = new Uint8Array(dims[0] * dims[1] * dims[2]), removed: number[] = [], air: number[] = [];
  const surface = (p: readonly number[], t: number) => Math.hypot(p[0] / (70 - t), p[1] / (88 - t), p[2] / (75 - t));
  const scale = 1 / surface(direction, 3), middle = direction.map((x) => x * scale);
  for (let k = 0, at = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) for (let i = 0; i < dims[0]; i++, at++) {
    const p = [grid.origin[0] + i * spacingMm, grid.origin[1] + j * spacingMm, grid.origin[2] + k * spacingMm];
    const aside = Math.hypot(p[0] - sinusAt[0], p[1] - sinusAt[1], p[2] - sinusAt[2]) / sinusReachMm, thick = 6 + sinusDepthMm * Math.max(0, 1 - aside * aside);
    const isWithin = surface(p, 0) <= 1 && surface(p, thick) >= 1, isFront = surface(p, sinusWallMm) >= 1;
    const isAir = isWithin && thick > 2 * sinusWallMm + 3 && !isFront && surface(p, thick - sinusWallMm) >= 1;
    const cut = Math.hypot(p[0] - middle[0], p[1] - middle[1], p[2] - middle[2]) - radiusMm;
    if (isAir && cut <= 0) air.push(at);
    if (isWithin && !isAir && cut > 0) labels[at] = 1;
    else if (isWithin && !isAir && (isFront || thick <= 2 * sinusWallMm + 3)) removed.push(at);
    if (labels[at] === 0 && cut <= paintMm && surface(p, -paintMm) <= 1 && surface(p, thick + paintMm) >= 1) labels[at] = 2;
  }
  return { grid, labels, removed, air };
}

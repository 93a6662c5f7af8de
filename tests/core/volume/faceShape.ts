// Measures of a face that know nothing of how core/volume/deface works: for its tests.
import type { DefaceFacts } from "../../../core/volume/deface.ts";
import type { HuVolume } from "../../../core/volume/filters.ts";

/** RAS y, mm, of the foremost voxel above −300 HU of each column (x fastest, then z); NaN where there is none. */
export function frontsMm({ grid: { dims: [nx, ny, nz], spacing, origin }, hu }: HuVolume): Float64Array {
  const out = new Float64Array(nx * nz).fill(NaN);
  for (let k = 0; k < nz; k++) for (let i = 0; i < nx; i++) for (let j = ny - 1; j >= 0; j--) if (hu[i + nx * (j + ny * k)] > -300) { out[i + nx * k] = origin[1] + j * spacing[1]; break; }
  return out;
}

/**
 * How alike the fine shapes of two faces are: the correlation (−1…1) of what is left of their depth maps when the mean over
 * 16 mm round each place is taken away, within 30 mm beside the nose and from 35 mm below to 30 mm above its tip.
 */
export function fineLikeness(one: HuVolume, other: HuVolume, { noseRas: [xNose, , zNose], browMm }: Pick<DefaceFacts, "noseRas" | "browMm">): number {
  const { dims: [nx, , nz], spacing, origin } = one.grid, rx = Math.round(8 / spacing[0]), rz = Math.round(8 / spacing[2]);
  const fine = (fronts: Float64Array, i: number, k: number): number => {
    let sum = 0, count = 0;
    for (let z = Math.max(0, k - rz); z <= Math.min(nz - 1, k + rz); z++) for (let x = i - rx; x <= i + rx; x++) { const v = fronts[x + nx * z]; if (v === v) { sum += v; count++; } }
    return fronts[i + nx * k] - sum / count;
  };
  const a = frontsMm(one), b = frontsMm(other), pairs: [number, number][] = [];
  for (let k = 0; k < nz; k++) for (let i = rx; i < nx - rx; i++) {
    const x = origin[0] + i * spacing[0] - xNose, z = origin[2] + k * spacing[2] - zNose, at = i + nx * k;
    if (Math.abs(x) > 30 || z < -35 || z > 30 || zNose + z > browMm - 25 || !(a[at] === a[at] && b[at] === b[at])) continue;
    pairs.push([fine(a, i, k), fine(b, i, k)]);
  }
  const mean = (of: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[of], 0) / pairs.length, [ma, mb] = [mean(0), mean(1)];
  const sum = (f: (p: [number, number]) => number) => pairs.reduce((total, pair) => total + f(pair), 0);
  return sum(([p, q]) => (p - ma) * (q - mb)) / Math.sqrt(sum(([p]) => (p - ma) ** 2) * sum(([, q]) => (q - mb) ** 2));
}

/** Integer hash of a voxel and a seed, 0 … 2³² − 1 (Wellons' lowbias32): noise that does not depend on the order of work. */
export function hash(n: number): number {
  n = Math.imul(n ^ (n >>> 16), 0x7feb352d);
  n = Math.imul(n ^ (n >>> 15), 0x846ca68b);
  return (n ^ (n >>> 16)) >>> 0;
}

const ease = (t: number): number => t * t * (3 - 2 * t);

/** Smooth value noise in [−1, 1] over a lattice of `cell` mm. */
export function valueNoise(x: number, y: number, z: number, cell: number, seed: number): number {
  const px = x / cell, py = y / cell, pz = z / cell;
  const ix = Math.floor(px), iy = Math.floor(py), iz = Math.floor(pz);
  const fx = ease(px - ix), fy = ease(py - iy), fz = ease(pz - iz);
  let sum = 0;
  for (let c = 0; c < 8; c++) {
    const dx = c & 1, dy = (c >> 1) & 1, dz = c >> 2;
    const corner = hash(Math.imul(ix + dx, 73856093) ^ Math.imul(iy + dy, 19349663) ^ Math.imul(iz + dz, 83492791) ^ seed) / 2147483648 - 1;
    sum += corner * (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy) * (dz ? fz : 1 - fz);
  }
  return sum;
}

/** Share of a voxel inside, from a signed distance in mm: partial volume over one voxel. */
export const inside = (distance: number, voxel: number): number => Math.max(0, Math.min(1, 0.5 - distance / voxel));
/** The value that is `share` of the way from a to b. */
export const mix = (a: number, b: number, share: number): number => a + (b - a) * share;

/** Approximate signed distance in mm to an ellipsoid (scaled radius; exact on the surface). */
export function ellipsoid(x: number, y: number, z: number, rx: number, ry: number, rz: number): number {
  const k0 = Math.sqrt((x / rx) * (x / rx) + (y / ry) * (y / ry) + (z / rz) * (z / rz));
  const k1 = Math.sqrt((x / (rx * rx)) * (x / (rx * rx)) + (y / (ry * ry)) * (y / (ry * ry)) + (z / (rz * rz)) * (z / (rz * rz)));
  return k1 === 0 ? -Math.min(rx, ry, rz) : (k0 * (k0 - 1)) / k1;
}

/** Signed distance in mm to a rod from a to b whose radius goes from ra to rb. */
export function rod(x: number, y: number, z: number, ax: number, ay: number, az: number, bx: number, by: number, bz: number, ra: number, rb: number): number {
  const ux = bx - ax, uy = by - ay, uz = bz - az;
  const t = Math.max(0, Math.min(1, ((x - ax) * ux + (y - ay) * uy + (z - az) * uz) / (ux * ux + uy * uy + uz * uz)));
  const dx = x - ax - t * ux, dy = y - ay - t * uy, dz = z - az - t * uz;
  return Math.sqrt(dx * dx + dy * dy + dz * dz) - ra - t * (rb - ra);
}

/** Union of two distances with a fillet of about `k` mm. */
export function blend(a: number, b: number, k: number): number {
  const h = Math.max(0, k - Math.abs(a - b)) / k;
  return Math.min(a, b) - h * h * k * 0.25;
}

/** Part of a inside b (both distances) with the edge rounded over about `k` mm. */
export function clip(a: number, b: number, k: number): number {
  const h = Math.max(0, k - Math.abs(a - b)) / k;
  return Math.max(a, b) + h * h * k * 0.25;
}

/** 0 below 0, 1 above 1, smooth between. */
export const step = (t: number): number => ease(Math.max(0, Math.min(1, t)));

import type { Grid } from "../space/grid.ts";

/** Integer hash of a voxel and a seed, 0 … 2³² − 1 (Wellons' lowbias32): noise that does not depend on the order of work. */
function hash(n: number): number {
  n = Math.imul(n ^ (n >>> 16), 0x7feb352d);
  n = Math.imul(n ^ (n >>> 15), 0x846ca68b);
  return (n ^ (n >>> 16)) >>> 0;
}

/** Smooth value noise in [−1, 1] over a lattice of `cell` mm. */
function valueNoise(x: number, y: number, z: number, cell: number, seed: number): number {
  const px = x / cell, py = y / cell, pz = z / cell;
  const ix = Math.floor(px), iy = Math.floor(py), iz = Math.floor(pz);
  const ease = (t: number) => t * t * (3 - 2 * t);
  const fx = ease(px - ix), fy = ease(py - iy), fz = ease(pz - iz);
  let sum = 0;
  for (let c = 0; c < 8; c++) {
    const dx = c & 1, dy = (c >> 1) & 1, dz = c >> 2;
    const corner = hash(Math.imul(ix + dx, 73856093) ^ Math.imul(iy + dy, 19349663) ^ Math.imul(iz + dz, 83492791) ^ seed) / 2147483648 - 1;
    sum += corner * (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy) * (dz ? fz : 1 - fz);
  }
  return sum;
}

const hu = { air: -1000, skin: 10, fat: -90, brain: 35, fluid: 5, table: 1150, diploe: 420, tooth: 1900, jaw: 1250 };
/** Share of a voxel inside, from a signed distance in mm: partial volume over one voxel. */
const inside = (distance: number, voxel: number): number => Math.max(0, Math.min(1, 0.5 - distance / voxel));
const mix = (a: number, b: number, share: number): number => a + (b - a) * share;

/** Approximate signed distance in mm to an ellipsoid (scaled radius; exact on the surface). */
function ellipsoid(x: number, y: number, z: number, rx: number, ry: number, rz: number): number {
  const k0 = Math.sqrt((x / rx) * (x / rx) + (y / ry) * (y / ry) + (z / rz) * (z / rz));
  const k1 = Math.sqrt((x / (rx * rx)) * (x / (rx * rx)) + (y / (ry * ry)) * (y / (ry * ry)) + (z / (rz * rz)) * (z / (rz * rz)));
  return k1 === 0 ? -Math.min(rx, ry, rz) : (k0 * (k0 - 1)) / k1;
}

/** Centre of the defect in the right parietal bone and its radius, mm, RAS (right is +x). */
export const defect = { centre: [52, -18, 66] as const, radiusMm: 27 };

/**
 * A synthetic head CT, made from a seed: skin, two skull tables with diploe between them, brain, frontal sinuses and
 * airway, a jaw with teeth, noise and partial volume, and a hole in the right parietal bone. No person's anatomy.
 * @param dims voxels; the field of view stays 205 × 230 × 220 mm, so spacing follows
 */
export function headCt(seed: number, dims: readonly [number, number, number] = [256, 256, 200]): { grid: Grid; hu: Int16Array } {
  const extent = [205, 230, 220];
  const spacing: [number, number, number] = [extent[0] / dims[0], extent[1] / dims[1], extent[2] / dims[2]];
  const origin: [number, number, number] = [-extent[0] / 2 + spacing[0] / 2, -extent[1] / 2 + spacing[1] / 2, -95];
  const grid: Grid = { dims: [dims[0], dims[1], dims[2]], spacing, origin };
  const values = new Int16Array(dims[0] * dims[1] * dims[2]);
  const voxel = (spacing[0] + spacing[1] + spacing[2]) / 3;
  for (let k = 0, at = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) for (let i = 0; i < dims[0]; i++, at++) {
    const x = origin[0] + i * spacing[0], y = origin[1] + j * spacing[1], z = origin[2] + k * spacing[2];
    values[at] = Math.round(headAt(x, y, z, voxel, seed) + noiseAt(at, seed));
  }
  return { grid, hu: values };
}

/** Scanner noise of about ±18 HU (sum of four uniform numbers: close to normal). */
function noiseAt(at: number, seed: number): number {
  const a = hash(at ^ Math.imul(seed, 0x9e3779b1)), b = hash(a ^ 0x68bc21eb);
  return ((a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16)) / 65536 * 31 - 62;
}

function headAt(x: number, y: number, z: number, voxel: number, seed: number): number {
  const skullTop = ellipsoid(x, y + 4, z - 38, 70, 86, 68);
  const face = ellipsoid(x, y - 42, z + 32, 52, 48, 62);
  const neck = z < 0 ? Math.sqrt(x * x + (y + 12) * (y + 12)) - 52 : 200;
  const skin = Math.min(skullTop - 6, face - 5, neck);
  if (skin > 2 * voxel) return hu.air;
  let value = mix(hu.air, hu.skin, inside(skin, voxel));
  value = mix(value, hu.fat, inside(skin + 2.2, voxel) * inside(-(skin + 5.5), voxel));
  if (skin < -5.5) value = 45 + 12 * valueNoise(x, y, z, 9, seed ^ 5);
  // The vault: outer table, diploe, inner table; thinner at the temples.
  const thickness = 6.4 - 2.2 * Math.min(1, Math.abs(x) / 70) + 0.5 * valueNoise(x, y, z, 24, seed);
  const hole = Math.sqrt((x - defect.centre[0]) * (x - defect.centre[0]) + (y - defect.centre[1]) * (y - defect.centre[1]) + (z - defect.centre[2]) * (z - defect.centre[2]))
    - defect.radiusMm - 1.2 * valueNoise(x, y, z, 7, seed ^ 11);
  if (z > -30 && skullTop < 2) {
    const depth = -skullTop;
    const bone = inside(skullTop, voxel) * inside(depth - thickness, voxel) * inside(-hole, voxel) * inside(-(z + 28), voxel);
    const isTable = depth < 1.7 || depth > thickness - 1.5;
    const diploe = hu.diploe + 190 * valueNoise(x, y, z, 2.4, seed ^ 3);
    value = mix(value, isTable ? hu.table : diploe, bone);
    const brain = inside(-(depth - thickness - 2), voxel);
    value = mix(value, hu.fluid, inside(-(depth - thickness), voxel));
    value = mix(value, hu.brain + 7 * valueNoise(x, y, z, 6, seed ^ 7), brain);
    const ventricle = Math.min(ellipsoid(x - 9, y, z - 34, 5, 24, 9), ellipsoid(x + 9, y, z - 34, 5, 24, 9));
    value = mix(value, hu.fluid, inside(ventricle, voxel));
  }
  // The skull base closes the vault below.
  const base = Math.abs(z + 24 + 0.12 * y) - 2.4;
  if (base < voxel && skullTop < 0) value = mix(value, 820, inside(base, voxel) * inside(skullTop + 1, voxel) * inside(14 - Math.sqrt(x * x + (y + 34) * (y + 34)), voxel));
  return faceAt(value, x, y, z, voxel, seed);
}

/** Facial bones, sinuses, airway, jaw and teeth over what is there. */
function faceAt(value: number, x: number, y: number, z: number, voxel: number, seed: number): number {
  const side = Math.abs(x);
  const midface = ellipsoid(x, y - 50, z + 34, 36, 26, 30);
  if (midface < voxel) {
    value = mix(value, 780 + 120 * valueNoise(x, y, z, 4, seed ^ 13), inside(midface, voxel));
    const maxillary = ellipsoid(side - 19, y - 48, z + 36, 12, 15, 14), nasal = ellipsoid(x, y - 58, z + 34, 7, 30, 20);
    const orbit = ellipsoid(side - 20, y - 66, z + 8, 15, 22, 14);
    value = mix(value, hu.air, inside(Math.min(maxillary, nasal), voxel));
    value = mix(value, -40, inside(orbit, voxel));
  }
  const frontal = ellipsoid(side - 9, y - 74, z - 16, 8, 5, 9);
  if (frontal < voxel) {
    value = mix(value, 900, inside(frontal - 2, voxel));
    value = mix(value, hu.air, inside(frontal, voxel));
  }
  const airway = Math.sqrt(x * x + (y - 18) * (y - 18)) - 7;
  if (z < -40 && airway < voxel) value = mix(value, hu.air, inside(airway, voxel));
  // The jaw is a half ring around the mouth; teeth stand on it and hang above it.
  const ring = Math.sqrt((x / 44) * (x / 44) + ((y - 34) / 48) * ((y - 34) / 48));
  const bar = Math.sqrt((ring - 1) * 42 * (ring - 1) * 42 + (z + 80) * (z + 80) * 0.35) - 5.5;
  if (y > 20 && bar < voxel) value = mix(value, bar < -2 ? 620 : hu.jaw, inside(bar, voxel));
  if (y > 30 && Math.abs(ring - 0.97) < 0.2) {
    const along = (y > 62 ? x : y) / 6.6;
    const gap = Math.abs(along - Math.floor(along) - 0.5);
    const tooth = Math.max(Math.abs(ring - 0.97) * 42 - 3.2, Math.abs(z + 66) - 8, (0.44 - 0.5 + gap) * 6.6);
    const bite = Math.abs(z + 65.5) - 0.6;
    value = mix(value, hu.tooth + 300 * inside(Math.abs(z + 66) - 4, 2), inside(tooth, voxel) * inside(-bite, voxel));
  }
  const spine = Math.sqrt(x * x + (y + 30) * (y + 30)) - 14;
  if (z < -30 && spine < voxel) value = mix(value, spine < -3 ? 350 : 750, inside(spine, voxel) * inside(7 - Math.sqrt(x * x + (y + 38) * (y + 38)), voxel));
  return value;
}

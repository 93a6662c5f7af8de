import { cavityFloor, foramenMagnum, outerTable } from "./braincase.ts";
import { type Near } from "./brick.ts";
import { orbitCone } from "./face.ts";
import { canal, teeth } from "./jaw.ts";
import { nowhere, union } from "./parts.ts";
import { blend, clip, ellipsoid, inside, mix, rod, valueNoise } from "./shapes.ts";
import { skinOverBone } from "./skin.ts";

const hu = { air: -1000, skin: 10, fat: -90, brain: 35, fluid: 5, table: 1150, diploe: 420, cortex: 1100, spongy: 430, tooth: 1500, enamel: 2400 };

/** Centre of the defect in the right parietal bone and its radius, mm, RAS (right is +x). */
export const defect = { centre: [52, -18, 66] as const, radiusMm: 27 };

/**
 * The face and the base stand up to this many mm to the patient's right of the midline (all of it below z = −30 mm,
 * nothing of it above z = 10 mm), so that no mirrored head equals the original.
 */
export const faceShiftMm = 0.8;
const shifted = (x: number, z: number): number => x - faceShiftMm * Math.max(0, Math.min(1, (10 - z) / 40));

/** CT value in HU at a point (RAS mm) before noise, with edges as wide as a voxel, from the parts that are near. */
export function tissueAt(xHead: number, y: number, z: number, voxel: number, seed: number, near: Near): number {
  const vault = outerTable(xHead, y, z);
  const x = shifted(xHead, z), side = Math.abs(x);
  const face = union(near.face, side, y, z), jaw = union(near.jaw, side, y, z);
  let skin = vault - 6;
  // Deep inside the head or in bone it does not matter how deep under the skin.
  if (z <= 40 && vault > -16) {
    const bone = blend(face, jaw, 6) - skinOverBone;
    skin = bone < -7 ? bone : blend(blend(skin, union(near.soft, side, y, z), 14), bone, 8);
  }
  if (skin > 2 * voxel) return hu.air;
  let value = mix(hu.air, hu.skin, inside(skin, voxel));
  value = mix(value, hu.fat, inside(skin + 2.2, voxel) * inside(-(skin + 5.5), voxel));
  if (vault < 30 && z > -50) value = skullAt(value, xHead, y, z, vault, skin, voxel, seed);
  else if (skin < -5.5) value = muscle(x, y, z, seed);
  if (z > 40) return value;
  return faceAt(value, x, y, z, vault, face, jaw, voxel, seed, near);
}

const muscle = (x: number, y: number, z: number, seed: number): number => 45 + 12 * valueNoise(x, y, z, 9, seed ^ 5);

/** CT value in HU of brain. */
export const brainAt = (x: number, y: number, z: number, seed: number): number => hu.brain + 7 * valueNoise(x, y, z, 6, seed ^ 7);

/** Vault and base over what is there: outer table, diploe, inner table, fluid, brain, ventricles, and the defect. */
function skullAt(value: number, x: number, y: number, z: number, vault: number, skin: number, voxel: number, seed: number): number {
  const floor = z < 36 ? cavityFloor(Math.abs(x), y) : -nowhere;
  const below = (floor - z) * 0.8;
  // The floor falls backwards, so its underside a little farther forward keeps the steep parts thick.
  const outer = below > -12 ? clip(vault, (cavityFloor(Math.abs(x), y - 3) - z) * 0.8 - 2.6, 4) : vault;
  if (outer > 2) return skin < -5.5 ? muscle(x, y, z, seed) : value;
  // Thinner at the temples.
  const isDeep = outer < -14;
  const thickness = 6.4 - 2.2 * Math.min(1, Math.abs(x) / 70) + (isDeep ? 0 : 0.5 * valueNoise(x, y, z, 24, seed));
  const cavity = below > -12 ? clip(vault + thickness, below, 6) : vault + thickness;
  if (!isDeep || cavity > -voxel) {
    let bone = inside(outer, voxel) * inside(-cavity, voxel);
    if (bone > 0) {
      const dx = x - defect.centre[0], dy = y - defect.centre[1], dz = z - defect.centre[2];
      const hole = Math.sqrt(dx * dx + dy * dy + dz * dz) - defect.radiusMm;
      if (hole < 2 + voxel) bone *= inside(-(hole - 1.2 * valueNoise(x, y, z, 7, seed ^ 11)), voxel);
      if (z < -14) bone *= inside(-foramenMagnum(x, y), voxel);
      if (skin < -5.5 && bone < 1) value = muscle(x, y, z, seed);
      if (bone > 0) {
        const isTable = outer > -1.7 || cavity < 1.5;
        value = mix(value, isTable ? hu.table : hu.diploe + 190 * valueNoise(x, y, z, 2.4, seed ^ 3), bone);
      }
    } else if (skin < -5.5) value = muscle(x, y, z, seed);
    value = mix(value, hu.fluid, inside(cavity, voxel));
  }
  const brain = inside(cavity + 2, voxel);
  if (brain > 0) value = mix(value, brainAt(x, y, z, seed), brain);
  return z > -24 && z < 50 && Math.abs(x) < 20 ? ventricles(value, x, y, z, voxel) : value;
}

/** Lateral, third and fourth ventricle. */
function ventricles(value: number, x: number, y: number, z: number, voxel: number): number {
  const s = Math.abs(x);
  const lateral = ellipsoid(s - 9, y, z - 34 + 0.006 * y * y, 5, 26, 8), third = ellipsoid(x, y - 2, z - 19, 2.2, 12, 9), fourth = ellipsoid(x, y + 34, z + 6, 6, 5, 9);
  return mix(value, hu.fluid, inside(Math.min(lateral, third, fourth), voxel));
}

/** Facial bones, base, jaw, spine, sinuses, orbits and teeth over what is there; x is measured from the face's midline. */
function faceAt(value: number, x: number, y: number, z: number, vault: number, face: number, jaw: number, voxel: number, seed: number, near: Near): number {
  const s = Math.abs(x);
  let bone = nowhere;
  if (face < 8) {
    bone = face;
    // The brow flows into the frontal bone; only the outside of the skull takes part.
    if (vault > -5 && vault < 8 && z > -4) bone = blend(bone, Math.max(vault, -vault - 4.5), 7);
  }
  if (near.base.length > 0) bone = blend(bone, union(near.base, s, y, z), 4);
  if (near.hollows.length > 0 && bone < 4) bone = clip(bone, -union(near.hollows, s, y, z), 2);
  bone = Math.min(bone, jaw);
  if (near.spine.length > 0) bone = Math.min(bone, Math.max(union(near.spine, s, y, z), -canal(s, y)));
  if (bone < voxel) {
    let tissue = hu.cortex;
    if (bone < -2) tissue = hu.spongy + 150 * valueNoise(x, y, z, 3, seed ^ 13);
    // Air cells of the mastoid.
    if (bone < -3 && s > 42 && y < -8 && y > -40 && z < -8 && valueNoise(x, y, z, 4.5, seed ^ 17) > 0.1) tissue = -600;
    value = mix(value, tissue, inside(bone, voxel));
  }
  if (near.air.length > 0) value = mix(value, hu.air, inside(union(near.air, s, y, z), voxel));
  if (near.hasOrbit) value = orbitAt(value, s, y, z, bone, voxel);
  if (near.hasTeeth) {
    const tooth = teeth.form(s, y, z);
    if (tooth < voxel) value = mix(value, hu.tooth + (hu.enamel - hu.tooth) * inside(Math.abs(z + 58) - 6, 2), inside(tooth, voxel));
  }
  return value;
}

/** Fat, eyeball with lens, and optic nerve, where the orbit is free of bone. */
function orbitAt(value: number, s: number, y: number, z: number, bone: number, voxel: number): number {
  const room = Math.max(orbitCone(s, y, z), -bone, y - 72);
  if (room < voxel) value = mix(value, -80, inside(room, voxel));
  const eye = ellipsoid(s - 30, y - 69, z + 2, 12, 12, 12);
  if (eye > 30) return value;
  const nerve = rod(s, y, z, 28, 58, -2, 11, 32, -1, 2.2, 2);
  value = mix(value, 38, inside(Math.min(eye, nerve), voxel));
  value = mix(value, 8, inside(eye + 1.2, voxel));
  return mix(value, 75, inside(ellipsoid(s - 30, y - 77, z + 2, 4.5, 2, 4.5), voxel));
}

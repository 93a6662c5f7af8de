/** A named HU range for the threshold tool, both ends included. */
export interface HuPreset {
  readonly id: string;
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/**
 * Usual ranges for CT. They hold for CT only: grey values of a cone-beam CT are not HU.
 * Source of the numbers: InVesalius' tissue presets; «planning» starts at 200 HU as published for fibula and mandible.
 */
export const huPresets: readonly HuPreset[] = [
  { id: "bone", name: "Bone", min: 226, max: 3071 },
  { id: "bonePlanning", name: "Bone, planning", min: 200, max: 3071 },
  { id: "compactBone", name: "Compact bone", min: 662, max: 1988 },
  { id: "compactBoneChild", name: "Compact bone, child", min: 586, max: 2198 },
  { id: "spongyBone", name: "Spongy bone", min: 148, max: 661 },
  { id: "spongyBoneChild", name: "Spongy bone, child", min: 156, max: 585 },
  { id: "enamel", name: "Enamel", min: 1553, max: 2850 },
  { id: "enamelChild", name: "Enamel, child", min: 2042, max: 3071 },
  { id: "softTissue", name: "Soft tissue", min: -700, max: 225 },
  { id: "muscle", name: "Muscle", min: -5, max: 135 },
  { id: "muscleChild", name: "Muscle, child", min: -25, max: 139 },
  { id: "fat", name: "Fat", min: -205, max: -51 },
  { id: "fatChild", name: "Fat, child", min: -212, max: -72 },
  { id: "skin", name: "Skin", min: -718, max: -177 },
  { id: "skinChild", name: "Skin, child", min: -766, max: -202 },
];

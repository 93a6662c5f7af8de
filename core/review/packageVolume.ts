/** What of the CT goes into a package: all of it, with the face covered, or nothing but its hash. */
export const packageVolumes = ["whole", "defaced", "none"] as const;
export type PackageVolume = (typeof packageVolumes)[number];

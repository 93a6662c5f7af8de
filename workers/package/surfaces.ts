import { segmentSteps } from "../../core/build/nodes.ts";
import { type Step, statesOf } from "../../core/build/graph.ts";
import { type ThinnestWall, thinnestWall } from "../../core/implant/thickness.ts";
import { fromDense, type Labelmap, segmentHash } from "../../core/mask/labelmap.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import type { Grid } from "../../core/space/grid.ts";
import { bitBoxOf } from "../../core/surface/bitBox.ts";
import { deviationOf } from "../../core/surface/deviation.ts";
import { fileSoundnessOf } from "../../core/surface/fileSoundness.ts";
import type { Mesh } from "../../core/surface/mesh.ts";
import { decodeMesh } from "../../core/surface/meshBlob.ts";
import { decodeStl, encodeStl } from "../../core/surface/stl.ts";
import { defaultSmooth, surfaceOfBits } from "../../core/surface/surfaceNets.ts";
import type { Blobs } from "../../server/platform/blobs.ts";
import { sha256 } from "../cli/command.ts";

type Artifact = Manifest["artifacts"][number];
type Segments = NonNullable<Manifest["segments"]>;

/** The surface of the plan's bone, whatever its segment is called. */
export const bonePath = "surfaces/bone.stl";
/** Triangles (50 bytes each) of a segment's surface in a package, and of all of them together. The plan's bone always goes in. */
export const surfaceLimits = { each: 4_000_000, together: 12_000_000 } as const;

/** Path of a segment's surface: its value in three digits, so that paths sort as values do and are never two of one, and what of its name a path may hold. */
export function surfacePath(value: number, name: string | undefined): string {
  const safe = name?.replace(/[^A-Za-z0-9-]+/g, "_").replace(/^_|_$/g, "").slice(0, 60);
  return `surfaces/${String(value).padStart(3, "0")}${safe ? `-${safe}` : ""}.stl`;
}

/** Whether a path of a package is that of a segment's surface (not of the plan's bone), whatever its name. */
export const isSurfaceOf = (path: string, value: number): boolean => path.startsWith(`surfaces/${String(value).padStart(3, "0")}`);

/** A surface in a package: its file, what it is made of, and what was measured of the file as read back. */
export interface PackagedSurface { path: string; inputs: Record<string, string>; stl: Uint8Array; measured: Pick<Artifact, "thinnestWall" | "soundness" | "deviation"> }

/** What a package's surfaces are made of. */
export interface SurfaceInputs {
  grid: Grid; labels: Uint8Array; hu: Int16Array;
  /** Label value of the plan's bone. */
  bone: number;
  segments: Segments;
  /** Hashes of volume, labelmap and plan as the manifest names them. */
  volume: string; labelmap: string; plan: string;
  /** Files of the package, where the CT that surfaces follow is not at hand whole: those that follow it are taken as they are instead of made again. */
  asPacked?: ReadonlyMap<string, Uint8Array>;
  /** Meshes of the build graph (core/surface/meshBlob) by label value, where it has them: the same surfaces, not made again. */
  graphMeshes?: ReadonlyMap<number, Uint8Array>;
  /** Label values that show a face which the package covers, ascending: they have no surface in it, whether `labels` holds them or not. */
  underCover?: readonly number[];
}

/** Label values that have voxels, ascending. */
function valuesOf(labels: Uint8Array): number[] {
  const isThere = new Uint8Array(256);
  for (let at = 0; at < labels.length; at++) isThere[labels[at]] = 1;
  return [...isThere.keys()].filter((value) => value > 0 && isThere[value] === 1);
}

/** A mesh that another reader of the file gets, and all that the manifest tells of it. */
function measuredOf(mesh: Mesh, wall: ThinnestWall | null, grid: Grid): PackagedSurface["measured"] {
  const { openEdges, nonManifoldEdges, nonManifoldVertices, selfIntersections, degenerateTriangles, invertedShells } = fileSoundnessOf(mesh);
  const soundness = { openEdges, nonManifoldEdges, nonManifoldVertices, selfIntersections, degenerateTriangles, invertedShells };
  try {
    const { meanMm, p95Mm, maxMm } = deviationOf(mesh, grid);
    return { thinnestWall: wall, soundness, deviation: { meanMm, p95Mm, maxMm } };
  } catch (error) {
    // A file that was packed and is taken as it is may be no surface of this mask: then there is nothing that it deviates from.
    if (!(error instanceof RangeError)) throw error;
    return { thinnestWall: wall, soundness };
  }
}

/**
 * The surface of every segment that has voxels, as the room makes it (the node `surface`), and what was left out and why.
 * Nothing is refused for its shape: a package is a record, and says what is not sound in it. Same inputs, same bytes (JB4).
 * @returns `bone`: the plan's bone as a mesh, RAS mm, as pictures show it; null where it has no voxels
 */
export function packagedSurfaces({ grid, labels, hu, bone, segments, volume, labelmap, plan, asPacked, graphMeshes, underCover = [] }: SurfaceInputs, limits: { each: number; together: number } = surfaceLimits): { surfaces: PackagedSurface[]; leftOut: Manifest["leftOut"]; bone: Mesh | null } {
  const masks = fromDense(grid, labels), surfaces: PackagedSurface[] = [], leftOut: Manifest["leftOut"] = [], present = valuesOf(labels), nameOf = new Map(segments.map(({ value, name }) => [value, name]));
  const leave = (value: number, why: string) => leftOut.push({ what: `Surface of segment ${value}${nameOf.has(value) ? `: ${[...nameOf.get(value)!].slice(0, 80).join("")}` : ""}`, why });
  let seen: Mesh | null = null, together = 0;
  for (const value of present) {
    if (underCover.includes(value)) continue;
    const isBone = value === bone, iso = segments.find((one) => one.value === value)?.iso, path = isBone ? bonePath : surfacePath(value, nameOf.get(value));
    const packed = iso === undefined ? undefined : asPacked?.get(path), blob = graphMeshes?.get(value);
    const made = packed ? null : blob ? decodeMesh(blob) : surfaceOfBits(bitBoxOf(masks, value), grid, { smooth: defaultSmooth, ...iso !== undefined && { volume: { hu, iso } } });
    const triangles = made ? made.triangles.length / 3 : 0;
    if (!isBone && triangles > limits.each) { leave(value, `it has ${triangles} triangles; a package takes a surface of at most ${limits.each}`); continue; }
    if (!isBone && together + triangles > limits.together) { leave(value, `with its ${triangles} triangles all surfaces would have more than ${limits.together}, the most that a package takes`); continue; }
    const stl = packed ?? encodeStl(made!), read = decodeStl(stl);
    if (!isBone) together += read.triangles.length / 3;
    // A bone that follows the CT is drawn as its file has it: who has the covered CT only draws the same picture of the file.
    if (isBone) seen = made && iso === undefined ? made : read;
    const followed = iso !== undefined && { volume, iso: sha256(canonicalBytes(iso)) };
    surfaces.push({ path, inputs: { labelmap, ...isBone ? { plan } : { segment: segmentHash(masks, value) }, ...followed }, stl, measured: measuredOf(read, thinnestWall(read), grid) });
  }
  for (const value of underCover) leave(value, "it reaches under the face's cover, and shows the face");
  for (const { value } of segments) if (!present.includes(value) && !underCover.includes(value)) leave(value, "the segment has no voxels");
  return { surfaces, leftOut, bone: seen };
}

/**
 * Meshes that the build graph holds of a labelmap's segments, by label value, so that a package need not make them again
 * (JB2). @param resultOf content hash of the artifact of a key; null where there is none
 */
export async function graphSurfaces(labelmap: Labelmap, labels: Uint8Array, segments: Segments, volume: string, blobs: Blobs, resultOf: (key: string) => Promise<string | null>): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>();
  for (const value of valuesOf(labels)) {
    const iso = segments.find((one) => one.value === value)?.iso, steps = segmentSteps(value, segmentHash(labelmap, value), iso === undefined ? null : { volume, iso }).slice(0, 2);
    const hash = await lastResult(steps, resultOf);
    if (hash !== null && await blobs.has(hash)) found.set(value, await blobs.get(hash));
  }
  return found;
}

/** Content hash of what the last of a chain of steps gave; null where one of them was not made. */
async function lastResult(steps: readonly Step[], resultOf: (key: string) => Promise<string | null>): Promise<string | null> {
  const results = new Map<string, string>();
  let last: string | null = null;
  for (let i = 0; i < steps.length; i++) {
    const { key } = statesOf(steps, (one) => results.get(one))[i];
    last = key === undefined ? null : await resultOf(key);
    if (key === undefined || last === null) return null;
    results.set(key, last);
  }
  return last;
}

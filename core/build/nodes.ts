import type { Step } from "./graph.ts";
import { implantNodeKinds } from "./implantNodes.ts";
import type { NodeKind } from "./node.ts";

/**
 * The surface of one label value of a labelmap, brick by brick: the list of core/surface/brickManifest. `volume` and `iso`
 * are the CT and the HU value that it follows where the mask's boundary does, or `notFollowed`.
 */
export const bricksNode: NodeKind = { name: "bricks", version: 4, inputs: ["segment", "volume", "iso"], priority: 0 };
/** Stands for the CT and the HU value of a surface that follows the mask alone. */
export const notFollowed = "none";
/** One mesh of these bricks. */
export const surfaceNode: NodeKind = { name: "surface", version: 4, inputs: ["bricks"], priority: 4 };
/** Faults of a surface as read back (core/surface/fileSoundness), components, genus and thinnest wall. */
export const soundnessNode: NodeKind = { name: "soundness", version: 3, inputs: ["surface"], priority: 10 };

/** A small picture of a surface, for the list of cases. */
export const pictureNode: NodeKind = { name: "picture", version: 1, inputs: ["surface"], priority: 20 };

/** A surface (out of a file, or of a segment) repaired, wrapped or cut anew by core/surface/mend; asked for by a person, apart from the graph of a case. */
export const mendNode: NodeKind = { name: "mend", version: 6, inputs: ["surface", "options"], priority: 5 };

/** Every kind of node there is. */
export const nodeKinds: readonly NodeKind[] = [bricksNode, surfaceNode, soundnessNode, pictureNode, mendNode, ...implantNodeKinds];
/** A kind by its name. */
export const nodeKind = (name: string): NodeKind | undefined => nodeKinds.find((kind) => kind.name === name);

/** The subject of what is made of one segment. */
export const segmentSubject = (value: number): string => `segment/${value}`;

/**
 * What a segment that holds voxels wants made. @param segmentHash of its voxels and the grid (core/mask/labelmap)
 * @param followed content hash of the CT and the HU value that the surface follows; null: the mask alone
 */
export function segmentSteps(value: number, segmentHash: string, followed: { volume: string; iso: number } | null = null): Step[] {
  const subject = segmentSubject(value), volume = { hash: followed?.volume ?? notFollowed }, iso = { hash: followed ? String(followed.iso) : notFollowed };
  return [
    { kind: bricksNode, subject, inputs: { segment: { hash: segmentHash }, volume, iso } },
    { kind: surfaceNode, subject, inputs: { bricks: { of: `${subject}:bricks` } } },
    { kind: soundnessNode, subject, inputs: { surface: { of: `${subject}:surface` } } },
    { kind: pictureNode, subject, inputs: { surface: { of: `${subject}:surface` } } },
  ];
}

import { isInside } from "../implant/signedDistances.ts";
import { denseLabels, type Labelmap } from "../mask/labelmap.ts";
import type { Grid } from "../space/grid.ts";
import { bitBoxOfDense } from "../surface/bitBox.ts";
import { triangleCentres } from "../surface/measure.ts";
import type { Mesh } from "../surface/mesh.ts";
import { drawParts, type Picture, type PicturePart } from "../surface/picture.ts";
import { defaultSmooth, surfaceOfBits } from "../surface/surfaceNets.ts";
import { buildTriangleTree, closestPoint } from "../surface/triangleTree.ts";
import { type DifferenceWord, differenceColors } from "./differenceColors.ts";

/** What one side of a comparison is: the masks, and the implant where one was built (RAS mm). */
export interface Compared { labelmap: Labelmap; implant: Mesh | null }

/** An implant's triangle lies beyond the other implant from this on, mm: what is smaller is rounding, not a change. */
export const leastChangeMm = 0.05;
/** Where the viewer stands unless the change says otherwise: in front, above. */
const fromTheFront = [0.5, 1, 0.35] as const;

/** Triangles of a surface that lie outside of another by more than `leastChangeMm`, and the rest. */
function splitBy(mesh: Mesh, other: Mesh | null): { beyond: Mesh; rest: Mesh } {
  const beyond: number[] = [], rest: number[] = [], tree = other && buildTriangleTree(other), centres = triangleCentres(mesh);
  for (let t = 0; t < mesh.triangles.length; t += 3) {
    const [x, y, z] = [centres[t], centres[t + 1], centres[t + 2]], found = tree && closestPoint(tree, x, y, z);
    const isBeyond = !tree || !found || (found.distance > leastChangeMm && !isInside(tree, x, y, z, found));
    (isBeyond ? beyond : rest).push(mesh.triangles[t], mesh.triangles[t + 1], mesh.triangles[t + 2]);
  }
  const part = (triangles: number[]): Mesh => ({ positions: mesh.positions, triangles: Uint32Array.from(triangles) });
  return { beyond: part(beyond), rest: part(rest) };
}

/** Voxels as 0 or 1: the same label in both (where one is asked for, that one), another label than before, no label any more. */
function masksOf(before: Labelmap, after: Labelmap, of: number | null): { kept: Uint8Array; added: Uint8Array; removed: Uint8Array } {
  const old = denseLabels(before), now = denseLabels(after), kept = new Uint8Array(now.length), added = new Uint8Array(now.length), removed = new Uint8Array(now.length);
  for (let at = 0; at < now.length; at++) {
    if (now[at] === old[at]) kept[at] = now[at] > 0 && (of === null || now[at] === of) ? 1 : 0;
    else if (now[at] > 0) added[at] = 1;
    else removed[at] = 1;
  }
  return { kept, added, removed };
}

interface Part extends PicturePart { word: DifferenceWord }

/** Hidden behind the rest, a change shines through with this much of its colour. */
const throughShare = 0.45;

/**
 * Masks and implant of two versions of one grid in one picture, seen from where they differ: what stayed, what was added, what
 * was removed. A change behind something shines through it. Drawn on the CPU, the same bytes everywhere (JB5).
 * @param of the label value whose mask is shown where it stayed (changes are shown of all of them); null: all
 * @returns the picture and which of `differenceColors` are in it; null where nothing differs
 */
export function differencePicture(before: Compared, after: Compared, of: number | null, width = 780, height = 600): { picture: Picture; shown: DifferenceWord[] } | null {
  const { grid } = after.labelmap, { kept, added, removed } = masksOf(before.labelmap, after.labelmap, of), parts: Part[] = [];
  const add = (word: DifferenceWord, mesh: Mesh | null | undefined): void => { if (mesh && mesh.triangles.length > 0) parts.push({ word, mesh, rgb: differenceColors[word].rgb, isSmooth: true }); };
  const surfaceOf = (voxels: Uint8Array): Mesh | null => { const found = bitBoxOfDense(grid, voxels, 1); return found && surfaceOfBits(found.box, grid, { smooth: defaultSmooth }); };
  add("mask", surfaceOf(kept));
  add("added", surfaceOf(added));
  add("removed", surfaceOf(removed));
  const fresh = after.implant && splitBy(after.implant, before.implant);
  add("implant", fresh?.rest);
  add("added", fresh?.beyond);
  add("removed", before.implant && splitBy(before.implant, after.implant).beyond);
  const isChange = ({ word }: Part): boolean => word === "added" || word === "removed", changes = parts.filter(isChange);
  if (changes.length === 0) return null;
  const from = directionOf(changes, grid), picture = drawParts(parts, width, height, from);
  // The same frame with nothing but the changes in it.
  const alone = drawParts(parts.map((part) => (isChange(part) ? part : { ...part, mesh: { positions: part.mesh.positions, triangles: new Uint32Array() } })), width, height, from);
  for (let at = 0; at < alone.rgba.length; at += 4) {
    if (alone.rgba[at + 3] === 0) continue;
    for (let c = 0; c < 3; c++) if (picture.rgba[at + c] !== alone.rgba[at + c]) picture.rgba[at + c] = Math.floor((1 - throughShare) * picture.rgba[at + c] + throughShare * alone.rgba[at + c]);
  }
  return { picture, shown: (Object.keys(differenceColors) as DifferenceWord[]).filter((word) => parts.some((part) => part.word === word)) };
}

/** From the volume's middle to where the changes are on average, a little from above; from the front where they lie in the middle. */
function directionOf(changes: readonly Part[], { dims, origin, spacing }: Grid): readonly [number, number, number] {
  const sum = [0, 0];
  let corners = 0;
  for (const { mesh: { positions: P, triangles: T } } of changes) for (const v of T) { sum[0] += P[3 * v]; sum[1] += P[3 * v + 1]; corners++; }
  const [x, y] = [0, 1].map((i) => sum[i] / corners - (origin[i] + ((dims[i] - 1) / 2) * spacing[i])), far = Math.sqrt(x * x + y * y);
  return far < 1 ? fromTheFront : [x, y, 0.35 * far];
}

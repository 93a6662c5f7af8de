import * as Y from "yjs";
import { blobStroke, followMasks, MaskAuthor } from "../core/draft/masksDoc.ts";
import { portionsOf } from "../core/mask/brickRuns.ts";
import { denseLabels, type Labelmap } from "../core/mask/labelmap.ts";
import { MaskFold } from "../core/mask/maskFold.ts";
import { runsFromPredicate } from "../core/mask/rasterize.ts";
import type { BrickRuns, Layer } from "../core/mask/stroke.ts";
import type { Grid } from "../core/space/grid.ts";
import { invertRigid } from "../core/space/rigid.ts";
import { carryMask } from "../core/volume/carryMask.ts";
import type { DerivedVolume } from "../core/volume/derive.ts";
import { rigidOf } from "../core/volume/reorient.ts";
import type { Blobs } from "../server/platform/blobs.ts";

/** What is drawn in a case when a volume is made of its, layer by layer. */
export interface DrawnMasks { grid: Grid; values: readonly number[]; layers: { layer: Layer; labelmap: Labelmap }[] }
export interface CarriedSegment { layer: Layer; value: number; voxelsBefore: number; voxels: number }
/** The masks of a derived volume: the runs of each segment, and how they came about. */
export interface CarriedMasks { segments: (CarriedSegment & { bricks: BrickRuns[] })[]; isExact: boolean; farthestMm: number }

/** Carries masks to a derived volume by their place in the patient; what they have under a face's cover shows the face, and stays behind. Runs in the thread that makes the volume. */
export function carryMasks({ grid, values, layers }: DrawnMasks, made: DerivedVolume): CarriedMasks {
  const back = made.turn ? invertRigid(rigidOf(grid, made.turn)) : undefined, all: CarriedMasks = { segments: [], isExact: true, farthestMm: 0 };
  for (const { layer, labelmap } of layers) {
    const labels = denseLabels(labelmap), carried = carryMask(labels, grid, made.grid, back), before = new Float64Array(256), after = new Float64Array(256);
    for (const value of labels) before[value]++;
    if (made.covered) for (let at = 0; at < made.covered.length; at++) if (made.covered[at] !== 0) carried.labels[at] = 0;
    for (const value of carried.labels) after[value]++;
    all.isExact &&= carried.isExact;
    all.farthestMm = Math.max(all.farthestMm, carried.farthestMm);
    for (const value of values) {
      if (before[value] > 0) all.segments.push({ layer, value, voxelsBefore: before[value], voxels: after[value], bricks: runsFromPredicate(made.grid, (at) => carried.labels[at] === value) });
    }
  }
  return all;
}

/** Most bytes of runs in one blob, well below the limit of a stroke's. */
const mostBytes = 32 * 1024 * 1024;

/** The first strokes of a derived case: one of each segment, its voxels in the blob store. Null where no voxel is left. */
export async function maskStrokes(grid: Grid, segments: CarriedMasks["segments"], clientId: number, blobs: Blobs): Promise<Uint8Array | null> {
  const doc = new Y.Doc(), fold = new MaskFold(grid);
  doc.clientID = clientId;
  const stop = followMasks(doc, fold), author = new MaskAuthor(doc, fold);
  let isEmpty = true;
  for (const { layer, value, bricks } of segments) for (const portion of portionsOf(bricks, mostBytes)) {
    const { bytes, content } = blobStroke(grid, portion);
    author.drawBlob(value, content(await blobs.put(bytes)), layer);
    isEmpty = false;
  }
  stop();
  return isEmpty ? null : Y.encodeStateAsUpdate(doc);
}

import { segmentSteps } from "../core/build/nodes.ts";
import { encodeLabelmap, segmentHash } from "../core/mask/labelmap.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { recordSettled, segmentValues, type WantedSegment } from "../server/record/builds.ts";
import type { DraftFolds } from "./draftFold.ts";

/** The first of the two steps of a rebuild (ARCHITECTURE §6): fold the log, compute keys, queue what is not known. */
export async function settleCase(caseId: string, db: Db, blobs: Blobs, folds: DraftFolds): Promise<void> {
  const draft = await folds.read(caseId);
  if (!draft) return;
  const labelmap = draft.fold.labelmap();
  const counts = draft.fold.voxelCounts();
  const manifestHash = await blobs.put(encodeLabelmap(labelmap));
  const wanted: WantedSegment[] = (await segmentValues(db, caseId)).map((value) => {
    const voxels = counts.get(value) ?? 0;
    return { value, voxels, steps: voxels === 0 ? [] : segmentSteps(value, segmentHash(labelmap, value)) };
  });
  await recordSettled(db, caseId, draft.seq, { manifestHash, labelmapHash: draft.fold.hash() }, wanted);
}

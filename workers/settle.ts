import type { Step } from "../core/build/graph.ts";
import { implantNode, implantSteps, implantSubject, noRegion, planFor, printNode, scanOfGrid } from "../core/build/implantNodes.ts";
import { segmentSteps } from "../core/build/nodes.ts";
import { planDataOf, readPlan } from "../core/implant/plan.ts";
import { encodeLabelmap, type Labelmap, segmentHash } from "../core/mask/labelmap.ts";
import { canonicalBytes } from "../core/review/canonicalJson.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { recordSettled, segmentsFollowed, type WantedImplants, type WantedSegment } from "../server/record/builds.ts";
import { scanOfCase } from "../server/record/ctReport.ts";
import { readPlanDraft } from "../server/record/planLog.ts";
import type { DraftFolds } from "./draftFold.ts";

/** What the plan's implants want made. A plan that breaks a rule keeps what was made of it last. @param segmentName what a segment's voxels are named by */
async function implantsWanted(caseId: string, segmentName: (value: number) => string, db: Db, blobs: Blobs): Promise<WantedImplants> {
  const wanted: { steps: Step[]; held: string[] } = { steps: [], held: [] };
  const drafts = [...await readPlanDraft(db, caseId)], place = drafts.length > 0 ? await scanOfCase(db, caseId) : null, scan = place ? await blobs.put(canonicalBytes(place)) : scanOfGrid;
  for (const [id, parameters] of drafts) {
    const read = readPlan(planDataOf(parameters));
    if ("faults" in read) { wanted.held.push(implantSubject(id)); continue; }
    const { bone, region } = read.plan, planOf = (node: string) => blobs.put(canonicalBytes(planFor(node, read.plan)));
    wanted.steps.push(...implantSteps(id, {
      plan: await planOf(implantNode.name), printPlan: await planOf(printNode.name), bone: segmentName(bone), region: region === null ? noRegion : segmentName(region), scan,
    }));
  }
  return wanted;
}

/** What a labelmap is stored and its segments are named as. */
interface Named { labelmapHash: string; manifestHash: Promise<string>; segments: Map<number, string> }
/** The labelmap that each of the cases settled last had, the newest at the end: one that is asked for again costs nothing. */
const mostNamed = 16, named = new Map<string, Named>();
function namedOf(caseId: string, labelmapHash: string, labelmap: () => Labelmap, blobs: Blobs): Named {
  const before = named.get(caseId), now = before?.labelmapHash === labelmapHash ? before : { labelmapHash, manifestHash: blobs.put(encodeLabelmap(labelmap())), segments: new Map<number, string>() };
  named.delete(caseId);
  named.set(caseId, now);
  // What could not be stored is stored the next time.
  now.manifestHash.catch(() => { if (named.get(caseId) === now) named.delete(caseId); });
  for (const oldest of named.keys()) {
    if (named.size <= mostNamed) break;
    named.delete(oldest);
  }
  return now;
}

/** The first of the two steps of a rebuild (ARCHITECTURE §6): fold the log, compute keys, queue what is not known. */
export async function settleCase(caseId: string, db: Db, blobs: Blobs, folds: DraftFolds): Promise<void> {
  const draft = await folds.read(caseId);
  if (!draft) return;
  const labelmap = draft.fold.labelmap();
  const counts = draft.fold.voxelCounts();
  const labelmapHash = draft.fold.hash(), { segments, manifestHash } = namedOf(caseId, labelmapHash, () => labelmap, blobs);
  const segmentName = (value: number): string => {
    const name = segments.get(value) ?? segmentHash(labelmap, value);
    segments.set(value, name);
    return name;
  };
  // While the labelmap goes to the disk the segments are named.
  const wanted: WantedSegment[] = (await segmentsFollowed(db, caseId)).map(({ value, followed }) => {
    const voxels = counts.get(value) ?? 0;
    return { value, voxels, steps: voxels === 0 ? [] : segmentSteps(value, segmentName(value), followed) };
  });
  const implants = await implantsWanted(caseId, segmentName, db, blobs);
  await recordSettled(db, caseId, draft.seq, { manifestHash: await manifestHash, labelmapHash }, wanted, implants);
}

import { isMadeOf, nodeId } from "../core/build/node.ts";
import { scanOfGrid } from "../core/build/implantNodes.ts";
import { bricksNode, nodeKind, notFollowed } from "../core/build/nodes.ts";
import { decodeBrickManifest } from "../core/surface/brickManifest.ts";
import type { FollowedVolume } from "../core/surface/interpolate.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { isWanted, recordArtifact, recordFailure, releaseClaim, takeClaim, useKnownArtifact } from "../server/record/artifacts.ts";
import { lookAgain, newestGood, type NodeJob } from "../server/record/builds.ts";
import { followedVolume } from "./followedVolumes.ts";
import { NodeRefused } from "./nodeQuestion.ts";
import { nodeTimeoutMs, runNode, Superseded } from "./nodeThreads.ts";

/** Inputs that are voxels of the settled labelmap, named by their own hash. */
const voxelInputs: readonly string[] = ["segment", "bone", "region"];

/** Runs an act on each of many, some at a time. */
async function someAtATime<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  await Promise.all(Array.from({ length: 8 }, async () => { for (const one of rest) await act(one); }));
}

/**
 * The bytes of a node's inputs by name; voxels come as the whole settled labelmap. What a list of bricks names comes by
 * hash; to make a list, the newest one of the segment comes along as `before`.
 */
async function inputsOf({ caseId, subject, node, inputs, manifestHash }: NodeJob, db: Db, blobs: Blobs): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for (const [name, hash] of Object.entries(inputs)) {
    if (node === bricksNode.name && (name === "volume" || name === "iso")) continue;
    if (name === "scan" && hash === scanOfGrid) continue;
    if (voxelInputs.includes(name)) found.labelmap ??= await blobs.get(manifestHash);
    else found[name] = await blobs.get(hash);
  }
  if (found.bricks) {
    const { bricks } = decodeBrickManifest(found.bricks);
    await someAtATime([...new Set(bricks.map(({ mesh }) => mesh))], async (hash) => { found[hash] = await blobs.get(hash); });
  }
  if (node === bricksNode.name) {
    const newest = await newestGood(db, caseId, subject, node);
    if (newest) found.before = await blobs.get(newest);
  }
  return found;
}
/** The CT that a segment's bricks follow; undefined where they follow the mask alone, or for another node. */
async function followedBy({ node, inputs: { volume, iso } }: NodeJob, blobs: Blobs): Promise<FollowedVolume | undefined> {
  return node !== bricksNode.name || volume === notFollowed ? undefined : { hu: await followedVolume(volume, blobs), iso: Number(iso), volume };
}

const valueOf = (subject: string): number => Number(/^segment\/(\d+)$/.exec(subject)?.[1] ?? 0);

/** The second step: one node of the graph, computed once however often it is asked for (JB1, JB2). */
export async function rebuildNode(job: NodeJob, isLastAttempt: boolean, worker: string, db: Db, blobs: Blobs): Promise<void> {
  const kind = nodeKind(job.node);
  // Queued by another version of the program: the next settle asks in its own words.
  if (!kind || !isMadeOf(kind, job.inputs)) return;
  if (await useKnownArtifact(db, job.key)) return;
  if (!await isWanted(db, job.key)) return;
  // Somebody else makes it, or died making it: look again later.
  if (!await takeClaim(db, job.key, worker, nodeTimeoutMs(job.node) + 10_000)) return lookAgain(db, job);
  try {
    const started = performance.now();
    const [inputs, followed] = await Promise.all([inputsOf(job, db, blobs), followedBy(job, blobs)]);
    const { content, facts, parts = [] } = await runNode({ node: job.node, value: valueOf(job.subject), inputs, hashes: job.inputs, ...followed && { followed } }, () => isWanted(db, job.key));
    await someAtATime(parts, async (part) => { await blobs.put(part); });
    const blobHash = await blobs.put(content);
    await recordArtifact(db, worker, { key: job.key, node: nodeId(kind), inputs: job.inputs, blobHash, facts, ms: Math.round(performance.now() - started) });
  } catch (error) {
    await releaseClaim(db, job.key, worker);
    if (error instanceof Superseded) return;
    if (error instanceof NodeRefused) return recordFailure(db, job.key, error.message);
    if (isLastAttempt) await recordFailure(db, job.key, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

import { and, eq } from "drizzle-orm";
import { nodeId, nodeKey } from "../../core/build/node.ts";
import { mendNode } from "../../core/build/nodes.ts";
import type { MendedFacts, MendOptions } from "../../core/surface/mend.ts";
import { artifact, fileSurface, segment, surfaceMend, user } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { queueNode } from "./builds.ts";
import { currentSurface } from "./cases.ts";
import { announce } from "./events.ts";
import { type FileSurfaceKind, insertFileSurface, listFileSurfaces } from "./fileSurfaces.ts";
import { Impossible } from "./members.ts";

/** Most results of a case that wait to be kept or discarded. */
const mostWaiting = 8;

/** A surface that can be mended: what it is called, the mesh, and what was said of the file that it came from. */
interface Mendable { name: string; blobHash: string; kind: FileSurfaceKind; format: string; unit: string; space: string }

/** @param source `file/<id>` or `segment/<value>` @throws Impossible where there is no such surface now */
async function mendable(tx: Tx, caseId: string, source: string): Promise<Mendable> {
  const [, what, which] = /^(file|segment)\/([0-9a-f-]+)$/.exec(source) ?? [];
  if (what === "file") {
    const found = (await listFileSurfaces(tx, caseId)).find(({ id }) => id === which);
    if (!found) throw new Impossible("This surface is not in the case any more.");
    return found;
  }
  const value = Number(which), [named] = await tx.select({ name: segment.name }).from(segment).where(and(eq(segment.caseId, caseId), eq(segment.value, value)));
  const found = named && await currentSurface(tx, caseId, value);
  if (!found) throw new Impossible("The surface of this segment is not made yet. Try again when it is current.");
  return { name: named.name, blobHash: found.blobHash, kind: "other", format: "segment", unit: "mm", space: "ras" };
}

/**
 * Asks for a surface to be mended, in a worker: a node of the build graph whose result waits under its key until somebody keeps
 * or discards it. @param optionsHash of the options' canonical JSON, which the blob store has @throws Impossible
 */
export async function askMend(db: Db, actorId: string, caseId: string, source: string, options: MendOptions, optionsHash: string): Promise<string> {
  return db.transaction(async (tx) => {
    if ((await tx.select({ id: surfaceMend.id }).from(surfaceMend).where(eq(surfaceMend.caseId, caseId))).length >= mostWaiting) throw new Impossible(`${mostWaiting} mended surfaces wait already. Keep or discard one first.`);
    const { name, blobHash } = await mendable(tx, caseId, source), inputs = { surface: blobHash, options: optionsHash }, key = nodeKey(mendNode, inputs);
    const [same] = await tx.select({ id: surfaceMend.id }).from(surfaceMend).where(and(eq(surfaceMend.caseId, caseId), eq(surfaceMend.key, key)));
    if (same) throw new Impossible("This is being made already, or waits to be kept.");
    const [{ id }] = await tx.insert(surfaceMend).values({ caseId, source, name, surfaceHash: blobHash, options, key, requestedBy: actorId }).returning({ id: surfaceMend.id });
    await appendAudit(tx, { actorId, caseId, action: "surface.mendAsked", object: { of: source, surface: blobHash, options, key } });
    const [known] = await tx.select({ key: artifact.key }).from(artifact).where(eq(artifact.key, key));
    if (!known) await queueNode(tx, { caseId, subject: `mend/${id}`, node: mendNode.name, key, inputs, manifestHash: "" }, mendNode.priority, {});
    await announce(tx, { caseId, topic: "case" });
    return id;
  });
}

/** What was asked for and is neither kept nor discarded, oldest first; `facts` and `blobHash` once it is made. */
export async function listMends(db: Db | Tx, caseId: string) {
  const rows = await db.select({ id: surfaceMend.id, source: surfaceMend.source, name: surfaceMend.name, options: surfaceMend.options, key: surfaceMend.key, surfaceHash: surfaceMend.surfaceHash, error: surfaceMend.error, by: user.name, facts: artifact.facts, blobHash: artifact.blobHash })
    .from(surfaceMend).innerJoin(user, eq(user.id, surfaceMend.requestedBy)).leftJoin(artifact, eq(artifact.key, surfaceMend.key)).where(eq(surfaceMend.caseId, caseId)).orderBy(surfaceMend.createdAt);
  return rows.map((row) => ({ ...row, facts: row.facts as MendedFacts | null, state: row.facts ? "made" as const : row.error === null ? "making" as const : "failed" as const }));
}

async function takeMend(tx: Tx, caseId: string, id: string) {
  const found = (await listMends(tx, caseId)).find((one) => one.id === id);
  const gone = found && await tx.delete(surfaceMend).where(and(eq(surfaceMend.id, id), eq(surfaceMend.caseId, caseId))).returning({ id: surfaceMend.id });
  if (!found || gone?.length !== 1) throw new Impossible("This was kept or discarded already.");
  return found;
}

/** Keeps a mended surface beside the one that it came of, with the report of what was done. @throws Impossible */
export async function keepMend(db: Db, actorId: string, caseId: string, id: string, shown: { name: string; color: string }): Promise<string> {
  return db.transaction(async (tx) => {
    const { source, surfaceHash, options, key, facts, blobHash } = await takeMend(tx, caseId, id);
    if (!facts || blobHash === null) throw new Impossible("This surface is not made yet.");
    const [, file] = /^file\/(.+)$/.exec(source) ?? [], [from] = file ? await tx.select().from(fileSurface).where(eq(fileSurface.id, file)) : [];
    const { kind, format, unit, space } = from ?? { kind: "other" as const, format: "segment", unit: "mm", space: "ras" };
    const { after, report } = facts, said = { of: source, surface: surfaceHash, node: nodeId(mendNode), key, options };
    const made = await insertFileSurface(tx, actorId, caseId, { ...shown, kind, format, unit, space, blobHash, facts: { ...after, mended: { ...said, report } } });
    await appendAudit(tx, { actorId, caseId, action: "surface.mended", object: { id: made, ...said, blob: blobHash, largestDisplacementMm: report.largestDisplacementMm, holesFilled: report.changes?.holesFilled ?? null, holesLeftOpen: report.changes?.holesLeftOpen ?? null } });
    await announce(tx, { caseId, topic: "case" });
    return made;
  });
}

/** Discards what was asked for, made or not; one that is being made is not made to its end. @throws Impossible */
export async function dropMend(db: Db, actorId: string, caseId: string, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { source, key } = await takeMend(tx, caseId, id);
    await appendAudit(tx, { actorId, caseId, action: "surface.mendDiscarded", object: { of: source, key } });
    await announce(tx, { caseId, topic: "case" });
  });
}

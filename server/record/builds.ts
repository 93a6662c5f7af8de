import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { causeOf } from "../../core/build/cause.ts";
import { statesOf, type Step, type StepState, stepId } from "../../core/build/graph.ts";
import { isMadeOf } from "../../core/build/node.ts";
import { nodeKind, segmentSubject } from "../../core/build/nodes.ts";
import type { Grid } from "../../core/space/grid.ts";
import { artifact, build, caseTable, draftLog, segment, settled } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** A log entry as the fold needs it. */
export interface LoggedUpdate { seq: number; update: Uint8Array }

/** The grid of a case, or null while it has no volume. */
export async function gridOf(db: Db, caseId: string): Promise<Grid | null> {
  const [row] = await db.select({ grid: caseTable.grid }).from(caseTable).where(eq(caseTable.id, caseId));
  return row?.grid ?? null;
}

/** Updates of a case's masks after entry `afterSeq`, in log order. */
export async function updatesAfter(db: Db, caseId: string, afterSeq: number): Promise<LoggedUpdate[]> {
  return db.select({ seq: draftLog.seq, update: draftLog.update }).from(draftLog)
    .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"), sql`${draftLog.seq} > ${afterSeq}`))
    .orderBy(draftLog.seq);
}

/** Label values of a case that are not deleted. */
export async function segmentValues(db: Db, caseId: string): Promise<number[]> {
  return (await segmentsFollowed(db, caseId)).map(({ value }) => value);
}

/** The same, each with the CT and the HU value that its surface follows; null: the mask alone. */
export async function segmentsFollowed(db: Db, caseId: string): Promise<{ value: number; followed: { volume: string; iso: number } | null }[]> {
  const rows = await db.select({ value: segment.value, iso: segment.iso, volume: caseTable.volumeHash }).from(segment)
    .innerJoin(caseTable, eq(caseTable.id, segment.caseId)).where(and(eq(segment.caseId, caseId), isNull(segment.deletedAt)));
  return rows.map(({ value, iso, volume }) => ({ value, followed: iso === null || volume === null ? null : { volume, iso } })).sort((a, b) => a.value - b.value);
}

/** What a settled draft wants made of one segment; no step: the segment has no voxel. */
export interface WantedSegment { value: number; voxels: number; steps: Step[] }

/** What a settled plan wants made; `held`: subjects whose plan does not read now and whose last results stay, told to be held by their error. */
export interface WantedImplants { steps: Step[]; held: readonly string[] }

/** What stands at the steps of a held subject. */
const heldMessage = "The plan breaks a rule now: this is of the plan as it was before.";

/** A job of one node: what to make, under which key, of what. `manifestHash`: the labelmap of the settled draft. */
export interface NodeJob { caseId: string; subject: string; node: string; key: string; inputs: Record<string, string>; manifestHash: string }

/** Content hashes of the artifacts of these keys. */
async function resultsOf(tx: Tx, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.select({ key: artifact.key, blobHash: artifact.blobHash }).from(artifact).where(inArray(artifact.key, [...keys]));
  return new Map(rows.map((row) => [row.key, row.blobHash]));
}

/** The states of a graph, asking for the artifacts of the keys that come up on the way; those that it had, all at once. */
async function statesKnown(tx: Tx, steps: readonly Step[], had: readonly string[]): Promise<{ states: StepState[]; results: Map<string, string> }> {
  const results = await resultsOf(tx, had), asked = new Set(had);
  for (;;) {
    const states = statesOf(steps, (key) => results.get(key));
    const fresh = states.flatMap(({ key }) => (key === undefined || asked.has(key) ? [] : [key]));
    if (fresh.length === 0) return { states, results };
    for (const key of fresh) asked.add(key);
    for (const [key, hash] of await resultsOf(tx, fresh)) results.set(key, hash);
  }
}

/** Content hash of the newest result that a step of a case had, whatever has changed since; null before the first. */
export async function newestGood(db: Db, caseId: string, subject: string, node: string): Promise<string | null> {
  const [row] = await db.select({ blobHash: artifact.blobHash }).from(build).innerJoin(artifact, eq(artifact.key, build.goodKey))
    .where(and(eq(build.caseId, caseId), eq(build.subject, subject), eq(build.node, node)));
  return row?.blobHash ?? null;
}

type Row = typeof build.$inferSelect;
const rowId = ({ subject, node }: Pick<Row, "subject" | "node">) => `${subject}:${node}`;
const shownState = { current: "current", ready: "rebuilding", waiting: "waiting" } as const;

/** Entries of a log: those after `since`, up to `seq`. */
interface LogRange { since: number; seq: number }

/**
 * Writes where each step is now, and queues what can be made. @param news entries that the logs got since the last time; null:
 * nothing was drawn or planned, a result is there @returns the keys that were queued
 */
async function writeStates(tx: Tx, caseId: string, news: { masks: LogRange; plan: LogRange } | null, manifestHash: string, steps: readonly Step[], before: ReadonlyMap<string, Row>, voxels: ReadonlyMap<string, number>): Promise<string[]> {
  const { states, results } = await statesKnown(tx, steps, [...before.values()].flatMap(({ key }) => (key === "" ? [] : [key])));
  const keys = new Map(states.map((state) => [stepId(state.step), state.key]));
  const queued: string[] = [], changed = new Map<string, Pick<Row, "cause" | "since" | "seq">>();
  // Cases that somebody has open come before those that nobody looks at.
  const [{ isOpen }] = await tx.execute<{ isOpen: boolean }>(sql`select exists (select 1 from room_lease where case_id = ${caseId} and until > now()) as "isOpen"`);
  for (const { step, key = "", state } of states) {
    const { subject, kind, inputs } = step, shown = shownState[state], old = before.get(`${subject}:${kind.name}`);
    const counted = voxels.get(subject) ?? old?.voxels ?? 0;
    const isSame = old !== undefined && old.key === key && key !== "";
    // A failed step is tried again when what it is made of changes; one on its way is on its way.
    if (isSame && ((old.state === shown && (news === null || old.error === null)) || (old.state === "failed" && shown === "rebuilding")) && old.voxels === counted) continue;
    const why = isSame ? old : reasonOf(step, key, old, news, changed);
    if (why !== old) changed.set(stepId(step), why);
    const row = { caseId, subject, node: kind.name, inputs: { ...inputs }, key, cause: why.cause, since: why.since, goodKey: shown === "current" ? key : old?.goodKey ?? "", seq: why.seq, state: shown, error: null, voxels: counted };
    await tx.insert(build).values(row).onConflictDoUpdate({ target: [build.caseId, build.subject, build.node], set: { ...row, updatedAt: sql`now()` } });
    if (shown !== "rebuilding" || (isSame && old.state === "rebuilding")) continue;
    const hashes = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, "hash" in input ? input.hash : results.get(keys.get(input.of) ?? "") ?? ""]));
    await queueNode(tx, { caseId, subject, node: kind.name, key, inputs: hashes, manifestHash }, kind.priority, { isOpen });
    queued.push(key);
  }
  await announce(tx, { caseId, topic: "builds" });
  return queued;
}

/** Why a step is asked for, and with which entries of a log it came. */
function reasonOf(step: Step, key: string, old: Row | undefined, news: { masks: LogRange; plan: LogRange } | null, changed: ReadonlyMap<string, Pick<Row, "cause" | "since" | "seq">>): Pick<Row, "cause" | "since" | "seq"> {
  const known = news && causeOf(step, old?.inputs, (id) => changed.get(id)?.cause);
  // A result above is there, or what is waited for is still the same.
  if (known === null && old && (news === null || old.key === "" || key === "" || old.key === key)) return old;
  const cause = known ?? "program", above = Object.values(step.inputs).flatMap((input) => ("of" in input ? changed.get(input.of) ?? [] : [])).find((one) => one.cause === cause);
  const { since, seq } = above ?? (cause === "plan" ? news?.plan : news?.masks) ?? { since: 0, seq: 0 };
  return { cause, since, seq };
}

/** What people look at first has takers of its own, so that it never waits behind what takes long. */
const taskOf = (priority: number): string => (priority === 0 ? "firstNode" : "node");

/** Behind everything of a case that is open. */
const unwatched = 100;

/** Queues a node; the same one waits once, however often it is asked for. */
export async function queueNode(tx: Tx | Db, job: NodeJob, priority: number, { again = false, isOpen = true }: { again?: boolean; isOpen?: boolean }): Promise<void> {
  await tx.execute(sql`
    select graphile_worker.add_job(${taskOf(priority)}, ${JSON.stringify(job)}::json, job_key := ${`node${again ? "-again" : ""}:${job.key}`}, max_attempts := 5,
      priority := ${isOpen ? priority : priority + unwatched}, run_at := now() + make_interval(secs => ${again ? 3 : 0}))`);
}

/** Asks for a node again in some seconds, under a job of its own (the one that asks is still locked). */
export const lookAgain = (db: Db, job: NodeJob): Promise<void> => queueNode(db, job, nodeKind(job.node)?.priority ?? 0, { again: true });

/**
 * Records what a settled draft wants and queues what is not known yet, in one transaction: a key that has an artifact
 * becomes current at once, so an undo back to an earlier state computes nothing.
 * @returns the keys that were queued.
 */
export async function recordSettled(db: Db, caseId: string, seq: number, { manifestHash, labelmapHash }: { manifestHash: string; labelmapHash: string }, wanted: readonly WantedSegment[], implants: WantedImplants = { steps: [], held: [] }): Promise<string[]> {
  return db.transaction(async (tx) => {
    // A slower settle of an older log must not overwrite a newer one's wishes.
    const [newer] = await tx.select({ seq: settled.seq, planSeq: settled.planSeq }).from(settled).where(eq(settled.caseId, caseId)).for("update");
    if (newer && newer.seq > seq) return [];
    const [{ planSeq }] = await tx.select({ planSeq: sql<number>`coalesce(max(${draftLog.seq}), 0)::int` }).from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "plan")));
    await tx.insert(settled).values({ caseId, seq, planSeq, manifestHash, labelmapHash }).onConflictDoUpdate({ target: settled.caseId, set: { seq, planSeq, manifestHash, labelmapHash, at: sql`now()` } });
    const news = { masks: { since: newer?.seq ?? 0, seq }, plan: { since: newer?.planSeq ?? 0, seq: planSeq } };
    const before = new Map((await tx.select().from(build).where(eq(build.caseId, caseId)).for("update")).map((row) => [rowId(row), row]));
    const steps = [...wanted.flatMap((one) => one.steps), ...implants.steps];
    const empty = wanted.filter((one) => one.steps.length === 0).map(({ value }) => ({ subject: segmentSubject(value), node: "surface" }));
    const kept = new Set([...steps.map(stepId), ...empty.map(rowId)]);
    for (const row of before.values()) {
      if (!kept.has(rowId(row)) && !implants.held.includes(row.subject)) await tx.delete(build).where(and(eq(build.caseId, caseId), eq(build.subject, row.subject), eq(build.node, row.node)));
    }
    // What stays is of an older plan than the one that is there: whoever reads the rows alone must not take it for checked.
    if (implants.held.length > 0) await tx.update(build).set({ error: heldMessage }).where(and(eq(build.caseId, caseId), inArray(build.subject, [...implants.held]), eq(build.state, "current")));
    for (const one of empty) {
      const row = { caseId, ...one, inputs: {}, key: "", cause: "masks" as const, ...news.masks, state: "empty" as const, error: null, voxels: 0 };
      if (before.get(rowId(one))?.state === "empty") continue;
      await tx.insert(build).values(row).onConflictDoUpdate({ target: [build.caseId, build.subject, build.node], set: { ...row, updatedAt: sql`now()` } });
    }
    return writeStates(tx, caseId, news, manifestHash, steps, before, new Map(wanted.map(({ value, voxels }) => [segmentSubject(value), voxels])));
  });
}

/**
 * Asks anew for what failed in a case, as if it had not been tried: one step by its key, or all. What depends on it goes on by itself.
 * @param actorId who asks; null where the program does @throws Impossible where nothing of it is failed
 */
export async function retryFailed(db: Db, actorId: string | null, caseId: string, key?: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.select({ caseId: settled.caseId }).from(settled).where(eq(settled.caseId, caseId)).for("update");
    const again = await tx.update(build).set({ state: "waiting", error: null, updatedAt: sql`now()` })
      .where(and(eq(build.caseId, caseId), eq(build.state, "failed"), key === undefined ? undefined : eq(build.key, key))).returning({ key: build.key, node: build.node });
    if (again.length === 0) throw new Impossible("This is no failed step any more: it is being made again, or the draft has changed.");
    await advance(tx, caseId);
    await appendAudit(tx, { actorId, caseId, action: "artifact.retried", object: { steps: again } });
  });
}

/** Something a case waited for is known: goes on with what lies below it. */
export async function advance(tx: Tx, caseId: string): Promise<void> {
  const [draft] = await tx.select().from(settled).where(eq(settled.caseId, caseId)).for("update");
  if (!draft) return;
  const rows = await tx.select().from(build).where(eq(build.caseId, caseId)).for("update");
  const isForeign = ({ node, state, inputs }: Row) => { const kind = nodeKind(node); return kind !== undefined && state !== "empty" && !isMadeOf(kind, inputs); };
  if (rows.some(isForeign)) {
    // Written by a release with another graph: the whole is asked for anew.
    await tx.execute(sql`select graphile_worker.add_job('settle', ${JSON.stringify({ caseId })}::json, job_key := ${`settle:${caseId}`}, queue_name := ${`case:${caseId}`})`);
    return;
  }
  const steps = rows.flatMap((row): Step[] => {
    const kind = nodeKind(row.node);
    return kind && row.state !== "empty" ? [{ kind, subject: row.subject, inputs: row.inputs }] : [];
  }).sort((one, other) => one.kind.priority - other.kind.priority || (one.subject < other.subject ? -1 : 1));
  await writeStates(tx, caseId, null, draft.manifestHash, steps, new Map(rows.map((row) => [rowId(row), row])), new Map());
}

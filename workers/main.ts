import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { run, type Task, type TaskList, type WorkerEvents } from "graphile-worker";
import { z } from "zod";
import { derivation } from "../core/volume/derivation.ts";
import { openBlobs } from "../server/platform/blobs.ts";
import { openDatabase } from "../server/platform/db.ts";
import { log } from "../server/platform/log.ts";
import { endLostImports } from "../server/record/imports.ts";
import { parseSettings } from "../server/platform/settings.ts";
import { makeDemoCase } from "./demoCase.ts";
import { DraftFolds } from "./draftFold.ts";
import { deriveVolume } from "./deriveVolume.ts";
import { importUpload } from "./importUpload.ts";
import { sweepDecodingFolders } from "./decodingFolders.ts";
import { judgeRegion } from "./judgeRegion.ts";
import { Alive, announcePools, freeTheDead, livingOf } from "./liveness.ts";
import { rebuildNode } from "./rebuild.ts";
import { demoVersionStep, lookAfterDemo, watchDemo } from "./package/demoVersion.ts";
import { freezeJob, packageJob } from "./package/versionWork.ts";
import { settleCase } from "./settle.ts";

const settings = parseSettings(process.env);
const database = openDatabase(settings.databaseUrl);
const blobs = openBlobs(join(settings.dataDir, "blobs"));
const folds = new DraftFolds(database.db, blobs);
const worker = randomUUID();

const settleJob = z.object({ caseId: z.uuid() });
const nodeJob = z.object({
  caseId: z.uuid(), subject: z.string(), node: z.string(), key: z.string(), inputs: z.record(z.string(), z.string()), manifestHash: z.string(),
});
const versionJob = z.object({ jobId: z.uuid() });
const importJob = z.object({ uploadId: z.uuid() });
const regionJob = z.object({ caseId: z.uuid(), id: z.uuid(), userId: z.string() });
const deriveJob = z.object({ caseId: z.uuid(), id: z.uuid(), userId: z.string(), derivation });
/** How often the jobs of workers that died are looked for. */
const sweepMs = 5000;
const isLast = (job: { attempts: number; max_attempts: number }) => job.attempts >= job.max_attempts;

const node: Task = (payload, { job }) => rebuildNode(nodeJob.parse(payload), isLast(job), worker, database.db, blobs);
/** What people wait for with their eyes on it; it has slots of its own, whatever else is under way. */
const firstTasks: TaskList = {
  settle: (payload) => settleCase(settleJob.parse(payload).caseId, database.db, blobs, folds),
  firstNode: node,
};
const taskList: TaskList = {
  node,
  import: (payload, { job }) => importUpload(importJob.parse(payload).uploadId, settings.dataDir, isLast(job), database.db, blobs, worker),
  derive: (payload) => deriveVolume(deriveJob.parse(payload), database.db, blobs, folds),
  judgeRegion: (payload, { job }) => judgeRegion(regionJob.parse(payload), isLast(job), database.db, blobs),
  freeze: (payload, { job }) => freezeJob(versionJob.parse(payload).jobId, isLast(job), settings.version, database.db, blobs),
  package: (payload, { job }) => packageJob(versionJob.parse(payload).jobId, isLast(job), settings.version, database.db, blobs),
  demoCase: async () => { await makeDemoCase(database.db, blobs); await lookAfterDemo(database.db); },
  demoVersion: async () => { if (await demoVersionStep(database.db)) await lookAfterDemo(database.db); },
};

const alive = new Alive(settings.databaseUrl, worker);
await alive.keep();
const sweep = async () => {
  // Who lost their connection may not be alone: the others have until the next time to say that they live.
  if (await alive.keep()) return log("warn", "worker.saidAliveAgain", { worker });
  const dead = await freeTheDead(alive.line);
  if (dead.length > 0) log("warn", "worker.freedTheDead", { dead: dead.length });
  const folders = await sweepDecodingFolders(settings.dataDir, (ids) => livingOf(alive.line, ids)), lost = await endLostImports(database.db);
  for (const id of lost) await rm(join(settings.dataDir, "uploads", id), { recursive: true, force: true });
  if (folders + lost.length > 0) log("warn", "import.leftBehind", { folders, lost: lost.length });
};
await sweep();
const sweeps = setInterval(() => void sweep().catch((error: unknown) => log("error", "worker.sweepFailed", { reason: error instanceof Error ? error.message : "unknown" })), sweepMs);

let isStopping = false;
/**
 * What a pool of takers tells. Two pools that look for work at the same moment can hide a case's job from each other (each
 * locks the queues while it looks), so each looks once more, and not at the same moment.
 */
function eventsOf(secondLookMs: number): WorkerEvents {
  const events = new EventEmitter() as WorkerEvents;
  announcePools(events, alive, (error) => log("error", "worker.notAnnounced", { reason: error instanceof Error ? error.message : "unknown" }));
  events.on("pool:listen:notification", ({ workerPool }) => { setTimeout(() => { if (!isStopping) workerPool.nudge(1); }, secondLookMs); });
  return events;
}
const options = { connectionString: settings.databaseUrl, concurrency: 2, noHandleSignals: true, pollInterval: 2000 };
// No task comes by the clock: an empty list, so that no crontab file is looked for.
const firstRunner = await run({ ...options, events: eventsOf(12), taskList: firstTasks }, undefined, []);
const runner = await run({ ...options, events: eventsOf(45), taskList }, undefined, []);
if (settings.mode === "demo") await runner.addJob("demoCase", {}, { jobKey: "demoCase" });
const demoWatch = settings.mode === "demo" ? watchDemo(database.db, sweepMs, (error) => log("error", "worker.demoNotLookedAfter", { reason: error instanceof Error ? error.message : "unknown" })) : undefined;

log("info", "worker.ready", { worker });

async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log("info", "worker.stopping", { worker, signal });
  clearInterval(sweeps);
  await Promise.all([demoWatch?.(), firstRunner.stop(), runner.stop()]);
  await Promise.all([alive.line.end({ timeout: 5 }), database.close()]);
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));

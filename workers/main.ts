import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { run, type TaskList } from "graphile-worker";
import { z } from "zod";
import { openBlobs } from "../server/platform/blobs.ts";
import { openDatabase } from "../server/platform/db.ts";
import { log } from "../server/platform/log.ts";
import { parseSettings } from "../server/platform/settings.ts";
import { makeDemoCase } from "./demoCase.ts";
import { DraftFolds } from "./draftFold.ts";
import { importUpload } from "./importUpload.ts";
import { rebuildSurface } from "./rebuild.ts";
import { settleCase } from "./settle.ts";

const settings = parseSettings(process.env);
const database = openDatabase(settings.databaseUrl);
const blobs = openBlobs(join(settings.dataDir, "blobs"));
const folds = new DraftFolds(database.db, blobs);
const worker = randomUUID();

const settleJob = z.object({ caseId: z.uuid() });
const surfaceJob = z.object({ caseId: z.uuid(), value: z.number().int().min(1).max(127), key: z.string(), manifestHash: z.string() });
const importJob = z.object({ uploadId: z.uuid() });
const isLast = (job: { attempts: number; max_attempts: number }) => job.attempts >= job.max_attempts;

const taskList: TaskList = {
  settle: (payload) => settleCase(settleJob.parse(payload).caseId, database.db, blobs, folds),
  surface: (payload, { job }) => rebuildSurface(surfaceJob.parse(payload), isLast(job), worker, database.db, blobs),
  import: (payload, { job }) => importUpload(importJob.parse(payload).uploadId, settings.dataDir, isLast(job), database.db, blobs),
  demoCase: () => makeDemoCase(database.db, blobs),
};

// Who holds this lock is alive: /api/health reads it from pg_locks (the key spells «CASE»).
const aliveLock = 0x43415345;
const alive = await database.sql.reserve();
// Nobody else alive: what is still locked or claimed belongs to workers that were killed, and graphile-worker would
// leave it, and with it every later settle of that case, for four hours.
const [{ isAlone }] = await alive`select pg_try_advisory_lock(${aliveLock}) as "isAlone"`;
if (isAlone) {
  await alive`select graphile_worker.force_unlock_workers(array(
    select locked_by from graphile_worker._private_jobs where locked_by is not null
    union select locked_by from graphile_worker._private_job_queues where locked_by is not null))`;
  await alive`delete from claim`;
}
await alive`select pg_advisory_lock_shared(${aliveLock})`;
if (isAlone) await alive`select pg_advisory_unlock(${aliveLock})`;

const runner = await run({ connectionString: settings.databaseUrl, concurrency: 2, noHandleSignals: true, taskList, pollInterval: 2000 });
if (settings.mode === "demo") await runner.addJob("demoCase", {}, { jobKey: "demoCase" });

log("info", "worker.ready", { worker });

let isStopping = false;
async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log("info", "worker.stopping", { worker, signal });
  await runner.stop();
  alive.release();
  await database.close();
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));

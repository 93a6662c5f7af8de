// A full rebuild request of a case in which nothing changed: fold, keys, record. On a made head with several segments, against
// a PostgreSQL of its own; once as a worker that knows the case, once as one that has just started.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import * as Y from "yjs";
import { blobStroke, followMasks, MaskAuthor } from "../../core/draft/masksDoc.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import { rasterizeBrush, threshold } from "../../core/mask/rasterize.ts";
import { headCt } from "../../core/phantom/headCt.ts";
import { rasPoint } from "../../core/space/grid.ts";
import { migrate } from "../../drizzle/migrate.ts";
import { segment, user } from "../../drizzle/schema.ts";
import { openBlobs } from "../../server/platform/blobs.ts";
import { openDatabase } from "../../server/platform/db.ts";
import type { NodeJob } from "../../server/record/builds.ts";
import { appendToLog } from "../../server/record/draftLog.ts";
import { createCase } from "../../server/record/imports.ts";
import { startPostgres } from "../../server/start/postgres.mjs";
import { DraftFolds } from "../../workers/draftFold.ts";
import { rebuildNode } from "../../workers/rebuild.ts";
import { settleCase } from "../../workers/settle.ts";
import { alternate, report } from "./measure.ts";

const dir = await mkdtemp(join("/tmp", "caseroom-bench-"));
await chmod(dir, 0o755);
const running = await startPostgres({ dataDir: dir, options: [] }), url = running.urlOf("postgres");
await migrate(url);
const database = openDatabase(url), { db } = database, blobs = openBlobs(join(dir, "blobs"));
try {
  const { grid, hu } = headCt(5, [192, 192, 150]), balls = 8;
  await db.insert(user).values({ id: "u", name: "U", email: "u@example.org" });
  const caseId = await db.transaction((tx) => createCase(tx, "u", { volumeHash: "00", grid, report: {} }));
  for (let i = 0; i < balls; i++) await db.insert(segment).values({ caseId, value: i + 2, name: `S ${i}`, color: "#ffffff", createdBy: "u" });
  const doc = new Y.Doc(), fold = new MaskFold(grid);
  followMasks(doc, fold)();
  const author = new MaskAuthor(doc, fold), { bytes, content } = blobStroke(grid, threshold(grid, hu, 226, 3071));
  author.drawBlob(1, content(await blobs.put(bytes)));
  const middle = grid.dims.map((n, i) => grid.origin[i] + grid.spacing[i] * n / 2);
  for (let i = 0; i < balls; i++) author.draw(i + 2, rasterizeBrush(grid, { shape: "ball", radiusMm: 6, plane: 2, points: [rasPoint(middle[0] + 14 * (i - 4), middle[1], middle[2])] }));
  await db.transaction((tx) => appendToLog(tx, caseId, "masks", { seq: 0, checksum: "" }, [{ update: Y.encodeStateAsUpdate(doc), userId: "u", sessionId: "s" }]));
  const warm = new DraftFolds(db, blobs), jobs = async () => [...await db.execute<{ payload: NodeJob }>(sql`select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier in ('firstNode', 'node')`)];
  await settleCase(caseId, db, blobs, warm);
  let made = 0;
  for (let queued = await jobs(); queued.length > 0; queued = await jobs()) {
    await db.execute(sql`delete from graphile_worker._private_jobs`);
    for (const { payload } of queued) { await rebuildNode(payload, true, "w", db, blobs); made++; }
  }
  const times = await alternate({ known: () => settleCase(caseId, db, blobs, warm), started: () => settleCase(caseId, db, blobs, new DraftFolds(db, blobs)) }, 15, 2), queued = (await jobs()).length;
  report("rebuild", [
    { what: "Nothing changed: full rebuild request, a worker that knows the case", ours: times.known.medianMs, unit: "ms", target: "≤ 50", met: times.known.medianMs <= 50 && queued === 0, note: `p95 ${times.known.p95Ms.toFixed(1)}; ${queued} nodes run of ${made}` },
    { what: "The same, a worker that has just started", ours: times.started.medianMs, unit: "ms", note: `p95 ${times.started.p95Ms.toFixed(1)}; folds the log anew` },
  ], { grid: grid.dims, segments: balls + 1 });
} finally {
  await database.close();
  await running.stop();
  await rm(dir, { recursive: true, force: true });
}
process.exit(0);

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { endOf } from "../../../app/cases/import/importEnd.ts";
import { openBlobs } from "../../../server/platform/blobs.ts";
import { finishUpload, ownUpload, startUpload, uploadsToKeep } from "../../../server/record/uploads.ts";
import { importUpload } from "../../../workers/importUpload.ts";
import { openApiBench } from "../../server/api/apiBench.ts";
import { dicomSlice, element } from "./dicomWriter.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>;
beforeAll(async () => { bench = await openApiBench(); });
afterAll(async () => { await bench.close(); });

it("two volumes in one series wait on the server for the person's choice, a day at most, and the chosen one is taken without being sent again", async () => {
  const { id } = await startUpload(bench.db, "engineer", { region: "face" }), dir = join(bench.dataDir, "uploads", id), blobs = openBlobs(join(bench.dataDir, "blobs"));
  await mkdir(dir, { recursive: true });
  for (const time of [1, 2]) for (const k of [0, 1, 2, 3]) await writeFile(join(dir, `${time}${k}.dcm`), dicomSlice({ z: 2 * k, index: k, sopUid: `1.2.${time}.${k}`, extra: [element(0x20, 0x12, "IS", String(time))] }));
  await bench.db.execute(sql`update upload set state = 'queued', received_bytes = 1 where id = ${id}`);
  await importUpload(id, bench.dataDir, true, bench.db, blobs);
  const asked = await ownUpload(bench.db, "engineer", id), end = asked && endOf(asked, []);
  expect([asked?.state, existsSync(join(dir, "10.dcm")), (await uploadsToKeep(bench.db)).has(id)]).toEqual(["receiving", true, true]);
  expect(end).toMatchObject({ kind: "refused", code: "several-series", choices: [{ series: "series 1", slices: 4, dims: [4, 3, 4] }, { series: "series 1#2", slices: 4 }] });
  // Left lying, it goes like any upload that waits.
  await bench.db.execute(sql`update upload set created_at = now() - interval '25 hours' where id = ${id}`);
  expect((await uploadsToKeep(bench.db)).has(id)).toBe(false);
  await finishUpload(bench.db, "engineer", id, { region: "face", series: "series 1#2" });
  expect(endOf(await ownUpload(bench.db, "engineer", id) ?? expect.fail("gone"), [])).toBeNull();
  await importUpload(id, bench.dataDir, true, bench.db, blobs);
  const done = await ownUpload(bench.db, "engineer", id);
  expect([done?.state, done?.error, existsSync(dir)]).toEqual(["done", null, false]);
  const [{ region, report }] = await bench.db.execute<{ region: string; report: { series: { verdict: string }[] } }>(sql`select region, report from "case" where id = ${done?.caseId}`);
  expect([region, report.series.map(({ verdict }) => verdict)]).toEqual(["face", ["split", "taken"]]);
});
